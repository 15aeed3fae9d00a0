"""Short texts cut from long ones: what people type is a word or the start of a sentence.

Cut by characters and tokenized anew, because half a word falls into other pieces than a whole one.
"""

import random

import numpy as np
import regex
from numpy.typing import NDArray

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}'’\-]*")
# A "word" longer than this in a text of few words is a run of a script without spaces.
_LONGEST_WORD = 14


def start_of(text: str, generator: random.Random) -> str:
    """Return the first 8 to 29 characters."""
    return text[: generator.randint(8, 29)]


def run_of(text: str, generator: random.Random) -> str:
    """Return two to four words in a row, or a run of characters where there are few words."""
    words = text.split()
    if len(words) < 3:
        place = generator.randrange(max(1, len(text) - 8))
        return text[place : place + generator.randint(4, 24)]
    place = generator.randrange(len(words))
    return " ".join(words[place : place + generator.randint(2, 4)])


def word_of(text: str, generator: random.Random) -> str:
    """Return one word of at least two letters, or "" where there is none."""
    words = [word for word in _WORD.findall(text) if len(word) >= 2]
    if not words:
        return ""
    word: str = generator.choice(words)
    if len(word) > _LONGEST_WORD and len(words) < 4:
        place = generator.randrange(len(word) - 4)
        return word[place : place + generator.randint(2, 6)]
    return word


SHORTENINGS = (start_of, run_of, word_of)


def sampled(label: NDArray[np.int64], most: int, repeats: int, seed: int) -> NDArray[np.int64]:
    """Choose the texts that are shortened: int64, some of the texts' numbers, label by label.

    :param label: int64 [texts], ascending.
    :param most: texts of a label, at most.
    :param repeats: how often a text of a thin label is shortened, at most.
    """
    generator = np.random.default_rng(seed)
    chosen = []
    for number in np.unique(label).tolist():
        first, last = np.searchsorted(label, [number, number + 1]).tolist()
        wanted = min(most, repeats * (last - first))
        if wanted <= last - first:
            own = generator.permutation(last - first)[:wanted]
        else:
            own = generator.integers(0, last - first, wanted)
        chosen.append(own + first)
    return np.concatenate(chosen) if chosen else np.zeros(0, np.int64)
