"""The tokens of texts by their words: a word is cut once, and most words have been met before.

The tokenizer splits a text at white space before it does anything that could reach across it, so
the tokens of a text are those of its words, end to end. Cutting is nearly all the work of a static
encoder; of the words of 100,000 sentences in a hundred languages a quarter is new, of a folder's
documents far fewer.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]
Rows = NDArray[np.int32]
Counts = NDArray[np.int64]
# Cuts words: the ids of their tokens, end to end, and how many each word has, int64 [words].
Cut = Callable[[list[str]], tuple[Ids, Counts]]
# Takes words and their tokens; finds where those begin and end in their word, int32 [tokens, 2].
Place = Callable[[list[str], Ids, Counts], Rows]

# Words kept: as many as make some 50 MB. The commonest are soon met again once all are forgotten.
MOST_WORDS = 262_144
# A longer "word" is a sentence in a script without spaces, and will hardly come again.
LONGEST_WORD = 24
# Python's white space that is none to the tokenizer.
_ODD = ("\x1c", "\x1d", "\x1e", "\x1f")
_LAST_SPACE = 0x3000
_ODD_WORD = re.compile("[^ ]+")


class WordTokens:
    """Keeps the tokens of words; threads may ask at once.

    :param cut: cuts those that are not kept.
    :param place: finds the places of their tokens when they are first asked for.
    """

    def __init__(self, cut: Cut, place: Place) -> None:
        self._cut, self._place = cut, place
        self._lock = Lock()
        self._numbers = _Numbers()
        self._ids: Ids = np.empty(0, np.int32)
        self._places: Rows = np.empty((0, 2), np.int32)
        # Of each word: where its tokens begin, and, after the last, where they end; and whether
        # their places are known.
        self._edges: Counts = np.zeros(1, np.int64)
        self._placed = np.zeros(0, np.bool_)

    def __len__(self) -> int:
        """Return how many words are kept."""
        return len(self._numbers)

    def of(self, words: Iterable[str]) -> tuple[Ids, Counts]:
        """Return the tokens of words, as `cut` does.

        :raises Exception: what `cut` raises; nothing is kept then.
        """
        with self._lock:
            at, count = self._tokens(self._numbered(words))
            return self._ids[at], count

    def in_place(self, words: Sequence[str]) -> tuple[Ids, Rows, Counts]:
        """Return the tokens of words and their places, int32 [tokens, 2]: in letters of a word.

        :raises Exception: as `of` does.
        """
        with self._lock:
            which = self._numbered(words)
            missing = np.flatnonzero(~self._placed[which])
            if len(missing):
                new, first = np.unique(which[missing], return_index=True)
                at, count = self._tokens(new)
                unplaced = [words[place] for place in missing[first].tolist()]
                self._places[at] = self._place(unplaced, self._ids[at], count)
                self._placed[new] = True
            at, count = self._tokens(which)
            return self._ids[at], self._places[at], count

    def _numbered(self, words: Iterable[str]) -> Counts:
        """Return the number of each word; those that are new are cut."""
        numbers = self._numbers
        if len(numbers) > MOST_WORDS:
            numbers.clear()
        before = len(numbers)
        try:
            which = np.fromiter(map(numbers.__getitem__, words), np.int64)
            if unknown := numbers.new + numbers.once:
                self._keep(before, *self._cut(unknown))
                # What is not kept stands behind what is, until the next words overwrite it.
                which = np.where(which < 0, len(numbers) - 1 - which, which)
        except BaseException:
            numbers.forget_new()
            raise
        numbers.settle()
        return which

    def _tokens(self, which: Counts) -> tuple[Counts, Counts]:
        """Return where the tokens of words are, end to end, and how many each word has."""
        start = self._edges[which]
        count = self._edges[which + 1] - start
        first = np.cumsum(count) - count
        return np.arange(int(count.sum())) + np.repeat(start - first, count), count

    def _keep(self, words: int, ids: Ids, counts: Counts) -> None:
        """Write the tokens of words behind those of the first `words`."""
        first = int(self._edges[words])
        self._ids = _with_room(self._ids, first + len(ids))
        self._places = _with_room(self._places, first + len(ids))
        self._edges = _with_room(self._edges, words + len(counts) + 1)
        self._placed = _with_room(self._placed, words + len(counts))
        self._ids[first : first + len(ids)] = ids
        self._edges[words + 1 : words + 1 + len(counts)] = first + np.cumsum(counts)
        self._placed[words : words + len(counts)] = False


class _Numbers(dict[str, int]):
    """Numbers words as they come; what is too long to keep gets numbers below zero.

    `new` and `once` hold what came since it was last settled: the words that are kept, in the order
    of their numbers, and those that are not.
    """

    def __init__(self) -> None:
        super().__init__()
        self.new: list[str] = []
        self.once: list[str] = []

    def __missing__(self, word: str) -> int:
        if len(word) > LONGEST_WORD:
            self.once.append(word)
            return -len(self.once)
        number = self[word] = len(self)
        self.new.append(word)
        return number

    def settle(self) -> None:
        self.new, self.once = [], []

    def forget_new(self) -> None:
        for word in self.new:
            del self[word]
        self.settle()


def split(texts: Sequence[str]) -> list[list[str]]:
    """Split texts into words as the tokenizer would."""
    if _is_odd("".join(texts)):
        return [_ODD_WORD.findall(text) for text in texts]
    return list(map(str.split, texts))


def split_in_place(texts: Sequence[str]) -> tuple[list[list[str]], Counts]:
    """Split texts into words; int64 [words], where each begins in its text."""
    joined = " ".join(["", *texts])
    if _is_odd(joined):
        found = [list(_ODD_WORD.finditer(text)) for text in texts]
        starts = (word.start() for of_text in found for word in of_text)
        return [[word[0] for word in of_text] for of_text in found], np.fromiter(starts, np.int64)
    words = list(map(str.split, texts))
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    space = _spaces().take(codes, mode="clip")
    lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
    before = np.repeat(np.cumsum(lengths) - lengths, list(map(len, words)))
    return words, np.flatnonzero(space[:-1] & ~space[1:]) - before


def _is_odd(text: str) -> bool:
    return any(map(text.__contains__, _ODD))


@cache
def _spaces() -> NDArray[np.bool_]:
    """Tell of each character whether it is white space; none after the last of these is."""
    return np.array([chr(code).isspace() for code in range(_LAST_SPACE + 2)])


def _with_room(array: NDArray[Any], size: int) -> NDArray[Any]:
    """Return an array of at least so many rows that begins with those of another."""
    if len(array) >= size:
        return array
    larger = np.empty((max(size, 2 * len(array)), *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger
