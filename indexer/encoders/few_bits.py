"""Rows of numbers at few bits each: common levels, and a scale a row.

Row by row a trained table's values are spread like a bell, so levels fitted to that spread (Lloyd,
1982; Max, 1960) lose less than even steps. The mean of a text's rows loses less than any row does.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_SAMPLE = 1_000_000  # values the levels are fitted to
_ROUNDS = 40
_ROWS_AT_ONCE = 8_192  # dequantised together, so that a whole table needs no second one beside it


@dataclass(frozen=True)
class FewBits:
    """A table at four or two bits a value.

    :param codes: uint8 [rows, width / values a byte], places in `levels`, the first in the lowest
        bits.
    :param scale: float16 [rows].
    :param levels: float32 [16] or [4], ascending.
    """

    codes: NDArray[np.uint8]
    scale: NDArray[np.float16]
    levels: Floats

    @property
    def width(self) -> int:
        """Values a row."""
        return _a_byte(self.levels) * int(self.codes.shape[1])

    def rows(self, which: "NDArray[np.integer] | slice") -> Floats:
        """Return some rows: float32 [n, width]."""
        values: Floats = self._bytes[self.codes[which]].view(np.float32)
        values *= self.scale[which].astype(np.float32)[:, None]
        return values

    @cached_property
    def _bytes(self) -> NDArray[np.complexfloating]:
        """The levels of each byte, side by side in one number, so that one look finds them."""
        together = _a_byte(self.levels)
        spelled = [levels[::-1] for levels in product(self.levels.tolist(), repeat=together)]
        found: NDArray[np.complexfloating] = (
            np.array(spelled, np.float32).view(f"c{4 * together}").ravel()
        )
        return found


class KeptRows:
    """Tables whose rows are dequantised when they are first asked for, and kept.

    A search needs a few hundred of 131,072 rows, mostly those of the search before it. Memory is
    taken as rows are filled, up to four bytes a value of the whole tables.

    :param tables: of the same width; the rows of each are numbered on from those before it.
    """

    def __init__(self, *tables: FewBits) -> None:
        self._tables = tables
        counts = [len(table.codes) for table in tables]
        self._first = np.cumsum([0, *counts[:-1]])
        self._rows = np.empty((sum(counts), tables[0].width), np.float32)
        self._filled = np.zeros(len(self._rows), np.bool_)

    def holding(self, tokens: NDArray[np.integer]) -> Floats:
        """Return the tables, float32 [rows, width], of which the rows of `tokens` are filled.

        Threads may ask at once: what two of them fill, they fill alike.
        """
        missing = ~self._filled[tokens]
        if missing.any():
            which = np.unique(tokens[missing])
            for table, before in zip(self._tables, self._first, strict=True):
                own = which[(which >= before) & (which < before + len(table.codes))]
                for first in range(0, len(own), _ROWS_AT_ONCE):
                    some = own[first : first + _ROWS_AT_ONCE]
                    self._rows[some] = table.rows(some - before)
                    self._filled[some] = True
        return self._rows


def quantise(table: Floats, bits: int = 4) -> FewBits:
    """Round a table to few bits a value.

    :param table: float32 [rows, width]; the values of a row fill whole bytes.
    :param bits: 4 or 2.
    """
    size = np.sqrt(np.mean(np.square(table), axis=1))
    size[size == 0] = 1
    count = 1 << bits
    levels = _fitted(table / size[:, None], count) if len(table) else np.zeros(count, np.float32)
    middles = (levels[1:] + levels[:-1]) / 2
    scale = size
    for _ in range(3):
        codes = np.searchsorted(middles, table / scale[:, None]).astype(np.uint8)
        rounded = levels[codes]
        # The scale that brings the rounded row nearest to the row itself.
        fitted = (table * rounded).sum(axis=1) / np.square(rounded).sum(axis=1)
        scale = np.where(fitted > 0, fitted, size)
    scale = np.where(np.any(table, axis=1), scale, 0)
    together = _a_byte(levels)
    packed = codes[:, ::together].copy()
    for place in range(1, together):
        packed |= codes[:, place::together] << (place * bits)
    return FewBits(packed, scale.astype(np.float16), levels)


def _a_byte(levels: Floats) -> int:
    """Return how many values a byte holds."""
    return {16: 2, 4: 4}[len(levels)]


def _fitted(values: Floats, count: int) -> Floats:
    """Return so many levels with the least squared distance to the values."""
    flat = values.ravel()
    flat = np.sort(flat[:: max(1, len(flat) // _SAMPLE)].astype(np.float64))
    sums = np.concatenate([[0], np.cumsum(flat)])
    levels = np.quantile(flat, (np.arange(count) + 0.5) / count)
    for _ in range(_ROUNDS):
        inner = np.searchsorted(flat, (levels[1:] + levels[:-1]) / 2)
        edges = np.concatenate([[0], inner, [len(flat)]])
        number = np.diff(edges)
        levels = np.where(number > 0, np.diff(sums[edges]) / np.maximum(number, 1), levels)
    return levels.astype(np.float32)
