"""A first look at all rows, at one byte a number, that proves what it leaves out.

A scan takes as long as the memory takes to give the rows, so half as many bytes are half the wait.
What a row's code says of its product with a query is off by less than can be told beforehand (by
Cauchy and Schwarz), so a row whose code says little enough cannot be among the nearest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Vectors
from indexer.viewfile import rotation, scalars

_LARGEST = 127  # of a signed byte that has its negative
_BLOCK = 4_096  # rows made into codes at a time
# Rows that stand for all: by their mean, and by their largest number, which some others exceed.
_SAMPLE, _MORE = 10_000, 1.1
# What float32 may lose of a product of two unit vectors, several times over.
_ROUNDING = 1e-5


class Coarse:
    """Codes of the rows of a base.

    Their mean is taken off first and the rest is turned at random: encoders mostly have a number or
    two that is large in every row, which would leave few steps for all others.

    :param rows: float16 [n, d], n of one at least.
    """

    def __init__(self, rows: NDArray[np.float16]) -> None:
        width = rows.shape[1]
        sample = rows[:: -(-len(rows) // _SAMPLE)].astype(np.float32)
        self._mean: Vectors = sample.mean(axis=0)
        self._rotation: Any = rotation(width)
        self._scale = _scale(self._turned(sample - self._mean)) / _MORE
        # Beside whole numbers FAISS multiplies whole numbers.
        self._codes: Any = scalars(width, "QT_8bit_direct_signed")
        self._codes.is_trained = True
        self._longest = self._most_lost = 0.0
        for first in range(0, len(rows), _BLOCK):
            turned = self._turned(rows[first : first + _BLOCK] - self._mean)
            codes = np.rint(turned * self._scale).clip(-_LARGEST, _LARGEST)
            self._codes.add(codes)
            self._longest = max(self._longest, _longest(turned))
            self._most_lost = max(self._most_lost, _longest(turned - codes / self._scale))

    def nearest(self, query: Vectors, count: int) -> tuple[NDArray[np.int64], float]:
        """Find the rows that seem nearest.

        :param query: float32 [d], of unit length or shorter.
        :param count: how many.
        :return: int64 [count] places of rows, and what the cosine of no other row exceeds.
        """
        count = min(count, int(self._codes.ntotal))
        turned = self._turned(query[None, :])
        scale = _scale(turned)
        codes = np.rint(turned * scale)
        found, places = self._codes.search(codes, count)
        if count == self._codes.ntotal:
            return places[0], -np.inf
        off = _longest(turned - codes / scale) * self._longest
        off += _longest(codes / scale) * self._most_lost + _ROUNDING
        least = float(found[0, -1]) / (scale * self._scale)
        return places[0], least + float(query @ self._mean) + off

    def _turned(self, rows: Vectors) -> Vectors:
        turned: Vectors = self._rotation.apply(np.ascontiguousarray(rows, np.float32))
        return turned


def _scale(rows: Vectors) -> float:
    """Return what brings the largest number to the largest code."""
    largest = float(np.abs(rows).max())
    return _LARGEST / largest if largest > 0 else 1.0


def _longest(rows: Vectors) -> float:
    return float(np.sqrt(np.einsum("ij,ij->i", rows, rows).max()))
