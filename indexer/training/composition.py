"""Token vectors composed of a row of their own and of the n-grams of letters in them.

A thin language sees most of its pieces a few times only. What their letters have in common with
pieces that were seen often teaches them too (Bojanowski and others, 2017). The sum is written into
the table that ships, so an encoder that loads it knows nothing of n-grams.
"""

import zlib
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from indexer.encoders.protocol import Vectors
from indexer.training.rows import RowTable, mean_of
from indexer.training.tokens import gather_runs

# N-grams share rows where their checksums collide: as many rows as there are pieces are enough.
ROWS = 1 << 17
SHORTEST, LONGEST = 3, 5
_AT_ONCE = 8_192


def n_grams(piece: str) -> set[str]:
    """Return the n-grams of a piece, its mark of a word's start included, without itself."""
    return {
        piece[start : start + size]
        for size in range(SHORTEST, LONGEST + 1)
        for start in range(len(piece) - size + 1)
        if size < len(piece)
    }


class ComposedTable:
    """A trainable [pieces + bigrams, dimension] table whose pieces share what n-grams have learned.

    :param pieces: the vocabulary, in the order of token ids.
    :param bigrams: how many rows of pairs of pieces follow; they begin at zero.
    """

    def __init__(
        self, pieces: Sequence[str], dimension: int, deviation: float, seed: int, bigrams: int = 0
    ) -> None:
        self._own = RowTable(len(pieces) + bigrams, dimension, deviation, seed)
        self._own.table[len(pieces) :] = 0
        self._shared = RowTable(ROWS, dimension, deviation, seed + 1)
        numbers = [
            sorted(zlib.crc32(gram.encode()) % ROWS for gram in n_grams(piece)) for piece in pieces
        ]
        numbers += [[]] * bigrams
        self._offsets = np.zeros(len(numbers) + 1, np.int64)
        np.cumsum([len(row) for row in numbers], out=self._offsets[1:])
        self._grams = np.fromiter((n for row in numbers for n in row), np.int32, self._offsets[-1])

    def pool(self, tokens: NDArray[np.int32], offsets: NDArray[np.int64]) -> torch.Tensor:
        """Return the mean composed rows of some texts, ready to be differentiated.

        :param tokens: int32, the tokens of the texts end to end.
        :param offsets: int64 [n + 1], where each text begins and the last ends.
        :return: float32 [n, dimension].
        """
        rows, places = self._own.numbered(tokens)
        composed = self._own.gather(rows) + self._shared.pool(*self._grams_of(rows))
        return mean_of(composed, places, offsets)

    def update(self, rate: float, step: int) -> None:
        """Apply the gradient of the last pooled texts."""
        self._own.update(rate, step)
        self._shared.update(rate, step)

    def composed(self) -> Vectors:
        """Return the token vectors as they are now: float32 [rows, dimension]."""
        table: Vectors = self._own.table.numpy().copy()
        for start in range(0, len(table), _AT_ONCE):
            rows = np.arange(start, min(start + _AT_ONCE, len(table)))
            grams, offsets = self._grams_of(rows)
            table[rows] += mean_of(self._shared.table, torch.from_numpy(grams), offsets).numpy()
        return table

    def state(self) -> dict[str, torch.Tensor]:
        """Return what a resumed run needs."""
        return {"own": self._own.state(), "shared": self._shared.state()}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from a state."""
        self._own.restore(state["own"])
        self._shared.restore(state["shared"])

    def _grams_of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        start = self._offsets[rows]
        return gather_runs(self._grams, start, self._offsets[rows + 1] - start)
