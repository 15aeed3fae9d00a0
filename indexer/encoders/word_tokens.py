"""The tokens of texts by their words: a word is cut once, and most words have been met before.

The tokenizer splits a text at white space before it does anything that could reach across it, so
the tokens of a text are those of its words, end to end. Cutting is nearly all the work of a static
encoder; of the words of 100,000 sentences in a hundred languages a quarter is new, of a folder's
documents far fewer.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]
Counts = NDArray[np.int64]
# Cuts words. Of the tokens of all of them, end to end, int32 [tokens, 3]: their ids, and where they
# begin and end in their word; or [tokens, 1], their ids alone. int64 [words], how many each has.
Cut = Callable[[list[str]], tuple[Rows, Counts]]

# Words kept: as many as make some 50 MB. The commonest are soon met again once all are forgotten.
MOST_WORDS = 262_144
# A longer "word" is a sentence in a script without spaces, and will hardly come again.
LONGEST_WORD = 24
# Python's white space that is none to the tokenizer.
_ODD = ("\x1c", "\x1d", "\x1e", "\x1f")
_ODD_WORD = re.compile("[^ ]+")


class WordTokens:
    """Keeps the tokens of words; threads may ask at once.

    :param cut: cuts those that are not kept.
    :param columns: how many numbers it gives of each token.
    """

    def __init__(self, cut: Cut, columns: int) -> None:
        self._cut = cut
        self._lock = Lock()
        self._numbers = _Numbers()
        self._rows: Rows = np.empty((0, columns), np.int32)
        # Of each word: where its rows begin, and, after the last, where they end.
        self._edges: Counts = np.zeros(1, np.int64)

    def of(self, words: Iterable[str]) -> tuple[Rows, Counts]:
        """Return the tokens of words, as `cut` does.

        :raises Exception: what `cut` raises; nothing is kept then.
        """
        with self._lock:
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
            start = self._edges[which]
            count = self._edges[which + 1] - start
            first = np.cumsum(count) - count
            place = np.arange(int(count.sum())) + np.repeat(start - first, count)
            return self._rows[place], count

    def _keep(self, words: int, rows: Rows, counts: Counts) -> None:
        """Write the tokens of words behind those of the first `words`."""
        first = int(self._edges[words])
        self._rows = _with_room(self._rows, first + len(rows))
        self._edges = _with_room(self._edges, words + len(counts) + 1)
        self._rows[first : first + len(rows)] = rows
        self._edges[words + 1 : words + 1 + len(counts)] = first + np.cumsum(counts)


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
    if any(map("".join(texts).__contains__, _ODD)):
        return [_ODD_WORD.findall(text) for text in texts]
    return list(map(str.split, texts))


def split_in_place(texts: Sequence[str]) -> tuple[list[list[str]], Counts]:
    """Split texts into words; int64 [words], where each begins in its text."""
    words = split(texts)
    starts = list(map(_starts, texts, words))
    return words, np.concatenate([np.zeros(0, np.int64), *starts])


def _starts(text: str, words: list[str]) -> Counts:
    lengths = np.fromiter(map(len, words), np.int64, len(words)) + 1
    if int(lengths.sum()) - 1 == len(text):  # one space between all of them, and none around
        return np.cumsum(lengths) - lengths
    starts = np.empty(len(words), np.int64)
    at = 0
    for number, word in enumerate(words):
        starts[number] = at = text.index(word, at)
        at += len(word)
    return starts


def _with_room(array: NDArray[Any], size: int) -> NDArray[Any]:
    """Return an array of at least so many rows that begins with those of another."""
    if len(array) >= size:
        return array
    larger = np.empty((max(size, 2 * len(array)), *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger
