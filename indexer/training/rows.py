"""A table of vectors of which each batch touches few rows.

Only the rows of a batch are gathered, differentiated and updated, so a step costs the same whatever
the vocabulary.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

# Adam's usual decay of the two moments (Kingma and Ba, 2015).
_MEAN_DECAY, _SQUARE_DECAY = 0.9, 0.999


class RowTable:
    """A trainable [count, dimension] table, updated by Adam row by row.

    A row's moments change only when it is seen; the bias is corrected by the common step count, as
    torch's SparseAdam does.
    """

    def __init__(self, count: int, dimension: int, deviation: float, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        # A row and its two moments lie side by side: a batch reads and writes them in one go.
        self._state = torch.zeros((count, 3, dimension))
        self.table.normal_(0, deviation, generator=generator)
        self._local = np.zeros(count, np.int64)
        self._rows = torch.empty(0, dtype=torch.int64)
        self._weights = torch.empty(0)

    @property
    def table(self) -> torch.Tensor:
        """The rows as they are now: float32 [count, dimension]."""
        return self._state[:, 0]

    def numbered(self, tokens: NDArray[np.int32]) -> tuple[NDArray[np.int64], torch.Tensor]:
        """Return the distinct tokens, sorted, and for each token its place among them."""
        local = self._local
        local[tokens] = 1
        rows = np.flatnonzero(local)
        local[rows] = np.arange(len(rows))
        places = torch.from_numpy(local[tokens])
        local[rows] = 0
        return rows, places

    def gather(self, rows: NDArray[np.int64]) -> torch.Tensor:
        """Return some distinct rows, ready to be differentiated: float32 [n, dimension]."""
        self._rows = torch.from_numpy(rows)
        self._weights = self.table.index_select(0, self._rows).requires_grad_()
        return self._weights

    def pool(self, tokens: NDArray[np.int32], offsets: NDArray[np.int64]) -> torch.Tensor:
        """Return the mean rows of some texts, ready to be differentiated.

        :param tokens: int32, the tokens of the texts end to end.
        :param offsets: int64 [n + 1], where each text begins and the last ends.
        :return: float32 [n, dimension]; zeros for a text without tokens.
        """
        rows, places = self.numbered(tokens)
        return mean_of(self.gather(rows), places, offsets)

    def update(self, rate: float, step: int, epsilon: float = 1e-8) -> None:
        """Apply the gradient of the rows last gathered.

        :param rate: the learning rate.
        :param step: the number of this step, from 1.
        """
        gradient = self._weights.grad
        assert gradient is not None
        state = self._state.index_select(0, self._rows)
        weights, mean, square = state.unbind(1)
        mean.lerp_(gradient, 1 - _MEAN_DECAY)
        square.mul_(_SQUARE_DECAY).addcmul_(gradient, gradient, value=1 - _SQUARE_DECAY)
        bias = math.sqrt(1 - _SQUARE_DECAY**step) / (1 - _MEAN_DECAY**step)
        weights.addcdiv_(mean, square.sqrt().add_(epsilon), value=-rate * bias)
        self._state.index_copy_(0, self._rows, state)

    def state(self) -> torch.Tensor:
        """Return what a resumed run needs."""
        return self._state

    def restore(self, state: torch.Tensor) -> None:
        """Go on from a state."""
        self._state = state


def mean_of(rows: torch.Tensor, places: torch.Tensor, offsets: NDArray[np.int64]) -> torch.Tensor:
    """Return the mean row of each run of places: float32 [n, dimension]."""
    return functional.embedding_bag(places, rows, torch.from_numpy(offsets[:-1]), mode="mean")
