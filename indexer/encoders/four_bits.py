"""Rows of numbers at four bits each: sixteen common levels, and a scale a row.

Row by row a trained table's values are spread like a bell, so levels fitted to that spread (Lloyd,
1982; Max, 1960) lose less than even steps. The mean of a text's rows loses less than any row does.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_LEVELS = 16
_SAMPLE = 1_000_000  # values the levels are fitted to
_ROUNDS = 40
_ROWS_AT_ONCE = 8_192  # dequantised together, so that a whole table needs no second one beside it


@dataclass(frozen=True)
class FourBits:
    """A table at four bits a value.

    :param codes: uint8 [rows, width / 2], two places in `levels` a byte, the first in the low half.
    :param scale: float16 [rows].
    :param levels: float32 [16], ascending.
    """

    codes: NDArray[np.uint8]
    scale: NDArray[np.float16]
    levels: Floats

    @property
    def width(self) -> int:
        """Values a row."""
        return 2 * int(self.codes.shape[1])

    def rows(self, which: "NDArray[np.integer] | slice") -> Floats:
        """Return some rows: float32 [n, width]."""
        values: Floats = self._pairs[self.codes[which]].view(np.float32)
        values *= self.scale[which].astype(np.float32)[:, None]
        return values

    @cached_property
    def _pairs(self) -> NDArray[np.complex64]:
        """The two levels of each byte, side by side, so that both are looked up at once."""
        low, high = np.meshgrid(self.levels, self.levels)
        pairs: NDArray[np.complex64] = np.stack([low, high], axis=-1).view(np.complex64).ravel()
        return pairs


class KeptRows:
    """A table whose rows are dequantised when they are first asked for, and kept.

    A search needs a few hundred of 131,072 rows, mostly those of the search before it. Memory is
    taken as rows are filled, up to four bytes a value of the whole table.

    :param table: at four bits a value.
    """

    def __init__(self, table: FourBits) -> None:
        self._table = table
        self._rows = np.empty((len(table.codes), table.width), np.float32)
        self._filled = np.zeros(len(table.codes), np.bool_)

    def holding(self, tokens: NDArray[np.integer]) -> Floats:
        """Return the table, float32 [rows, width], of which the rows of `tokens` are filled.

        Threads may ask at once: what two of them fill, they fill alike.
        """
        missing = ~self._filled[tokens]
        if missing.any():
            which = np.unique(tokens[missing])
            for first in range(0, len(which), _ROWS_AT_ONCE):
                some = which[first : first + _ROWS_AT_ONCE]
                self._rows[some] = self._table.rows(some)
                self._filled[some] = True
        return self._rows


def quantise(table: Floats) -> FourBits:
    """Round a table to four bits a value.

    :param table: float32 [rows, width]; the width is even.
    """
    size = np.sqrt(np.mean(np.square(table), axis=1))
    size[size == 0] = 1
    levels = _fitted(table / size[:, None])
    middles = (levels[1:] + levels[:-1]) / 2
    scale = size
    for _ in range(3):
        codes = np.searchsorted(middles, table / scale[:, None]).astype(np.uint8)
        rounded = levels[codes]
        # The scale that brings the rounded row nearest to the row itself.
        fitted = (table * rounded).sum(axis=1) / np.square(rounded).sum(axis=1)
        scale = np.where(fitted > 0, fitted, size)
    scale = np.where(np.any(table, axis=1), scale, 0)
    return FourBits(codes[:, ::2] | codes[:, 1::2] << 4, scale.astype(np.float16), levels)


def _fitted(values: Floats) -> Floats:
    """Return the sixteen levels with the least squared distance to the values."""
    flat = values.ravel()
    flat = np.sort(flat[:: max(1, len(flat) // _SAMPLE)].astype(np.float64))
    sums = np.concatenate([[0], np.cumsum(flat)])
    levels = np.quantile(flat, (np.arange(_LEVELS) + 0.5) / _LEVELS)
    for _ in range(_ROUNDS):
        inner = np.searchsorted(flat, (levels[1:] + levels[:-1]) / 2)
        edges = np.concatenate([[0], inner, [len(flat)]])
        count = np.diff(edges)
        levels = np.where(count > 0, np.diff(sums[edges]) / np.maximum(count, 1), levels)
    return levels.astype(np.float32)
