"""How much a stretch of text says, counted so that one limit fits every script.

A page of Chinese is a third of its English translation in characters, and a passage should hold
about the same matter in both. Every character therefore has a size; limits are given in the size
of a Latin letter times the characters wanted. Nothing here knows what a passage is.
"""

import numpy as np
from numpy.typing import NDArray

# Sizes are whole numbers so that sums stay exact.
LETTER = 3
# Chinese, Japanese and Korean: 800 Latin letters are as large as 300 of these. On parallel texts
# (documentation, health, everyday sentences) a Chinese translation has 0.38 of the characters of
# its English original, a Japanese one 0.58 and a Korean one 0.59.
EAST_ASIAN = 8
# Scripts without spaces that write vowels as marks: 800 Latin letters are as large as 600 of these.
# They say as much a character as English does (Thai 0.95, Khmer 1.05, Burmese 1.29 of its
# characters), but encoders' vocabularies have few of their words and spend close to a token a
# character on them: 600 still fit before the 512 tokens at which many encoders stop reading, where
# 800 do not.
SOUTH_EAST_ASIAN = 4

_EAST_ASIAN = (
    (0x1100, 0x1200), (0x2E80, 0xA4D0), (0xA960, 0xA980), (0xAC00, 0xD800), (0xF900, 0xFB00),
    (0xFE30, 0xFE50), (0xFF00, 0xFFF0), (0x16FE0, 0x18E00), (0x1AFF0, 0x1B300), (0x20000, 0x40000),
)  # fmt: skip
_SOUTH_EAST_ASIAN = (
    (0x0E00, 0x10A0), (0x1780, 0x1800), (0x1950, 0x1AB0), (0x1B00, 0x1B80), (0xA980, 0xAAE0),
)  # fmt: skip
# Spaces, digits and marks that many scripts share are as large as the letter before them.
_SHARED = (
    (0x00, 0x41), (0x5B, 0x61), (0x7B, 0xAA), (0xAB, 0xB5), (0xB6, 0xBA), (0xBB, 0xC0),
    (0x2000, 0x2070), (0x3000, 0x3001),
)  # fmt: skip
_FIRST_LARGE = _SOUTH_EAST_ASIAN[0][0]

# Text is measured this many characters at a time, so that the working arrays stay small.
_BLOCK = 1 << 20


def _table() -> NDArray[np.uint8]:
    table = np.full(0x110000, LETTER, np.uint8)
    for ranges, size in (
        (_EAST_ASIAN, EAST_ASIAN),
        (_SOUTH_EAST_ASIAN, SOUTH_EAST_ASIAN),
        (_SHARED, 0),
    ):
        for first, last in ranges:
            table[first:last] = size
    return table


_TABLE = _table()


class Sizes:
    """The sizes of all stretches of one text.

    :param text: the text; offsets below are offsets in it.
    """

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._sums = None if text.isascii() else _running_sums(text)

    @property
    def uniform(self) -> bool:
        """Whether every character has the size of a Latin letter."""
        return self._sums is None

    def between(self, start: int, end: int) -> int:
        """Return the size of `text[start:end]`."""
        if self._sums is None:
            return (end - start) * LETTER
        return int(self._sums[end]) - int(self._sums[start])

    def reach(self, start: int, size: int) -> int:
        """Return the largest offset such that `text[start:offset]` is no larger than `size`."""
        if self._sums is None:
            return min(self._length, start + size // LETTER)
        limit = int(self._sums[start]) + size
        return int(np.searchsorted(self._sums, limit, side="right")) - 1


def _running_sums(text: str) -> NDArray[np.int64] | None:
    """Return int64 [len(text) + 1], the size of the text before each offset, or None if uniform."""
    blocks = [
        np.frombuffer(text[at : at + _BLOCK].encode("utf-32-le", "surrogatepass"), np.uint32)
        for at in range(0, len(text), _BLOCK)
    ]
    if all(int(block.max()) < _FIRST_LARGE for block in blocks):
        return None
    sums = np.zeros(len(text) + 1, np.int64)
    at, before = 0, LETTER
    for block in blocks:
        sizes = _TABLE[block]
        # A shared character takes the size of the nearest letter before it.
        letters = np.where(sizes > 0, np.arange(len(sizes)), -1)
        np.maximum.accumulate(letters, out=letters)
        filled = np.where(letters >= 0, sizes[letters], before).astype(np.int64)
        np.cumsum(filled, out=sums[at + 1 : at + 1 + len(block)])
        sums[at + 1 : at + 1 + len(block)] += sums[at]
        at, before = at + len(block), int(filled[-1])
    return sums
