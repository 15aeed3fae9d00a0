"""A table of token vectors of which each batch touches few rows.

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
    """A trainable [vocabulary, dimension] table, updated by Adam row by row.

    A row's moments change only when it is seen; the bias is corrected by the common step count, as
    torch's SparseAdam does.
    """

    def __init__(self, vocabulary: int, dimension: int, deviation: float, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        shape = (vocabulary, dimension)
        self.table = torch.empty(shape).normal_(0, deviation, generator=generator)
        self.mean = torch.zeros(shape)
        self.square = torch.zeros(shape)
        self._local = np.zeros(vocabulary, np.int64)
        self._rows = torch.empty(0)
        self._weights = torch.empty(0)

    def pool(self, tokens: NDArray[np.int32], offsets: NDArray[np.int64]) -> torch.Tensor:
        """Return the mean rows of some texts, ready to be differentiated.

        :param tokens: int32, the tokens of the texts end to end.
        :param offsets: int64 [n + 1], where each text begins and the last ends.
        :return: float32 [n, dimension].
        """
        local = self._local
        local[tokens] = 1
        rows = np.flatnonzero(local)
        local[rows] = np.arange(len(rows))
        numbered = torch.from_numpy(local[tokens])
        local[rows] = 0
        self._rows = torch.from_numpy(rows)
        self._weights = self.table[self._rows].requires_grad_()
        starts = torch.from_numpy(offsets[:-1])
        return functional.embedding_bag(numbered, self._weights, starts, mode="mean")

    def update(self, rate: float, step: int, epsilon: float = 1e-8) -> None:
        """Apply the gradient of the last pooled texts.

        :param rate: the learning rate.
        :param step: the number of this step, from 1.
        """
        rows, gradient = self._rows, self._weights.grad
        assert gradient is not None
        mean = self.mean[rows].lerp_(gradient, 1 - _MEAN_DECAY)
        square = self.square[rows].mul_(_SQUARE_DECAY)
        square.addcmul_(gradient, gradient, value=1 - _SQUARE_DECAY)
        self.mean[rows], self.square[rows] = mean, square
        bias = math.sqrt(1 - _SQUARE_DECAY**step) / (1 - _MEAN_DECAY**step)
        weights = self._weights.detach()
        weights.addcdiv_(mean, square.sqrt_().add_(epsilon), value=-rate * bias)
        self.table[rows] = weights

    def state(self) -> dict[str, torch.Tensor]:
        """Return what a resumed run needs."""
        return {"table": self.table, "mean": self.mean, "square": self.square}

    def restore(self, state: dict[str, torch.Tensor]) -> None:
        """Go on from a state."""
        self.table, self.mean, self.square = state["table"], state["mean"], state["square"]
