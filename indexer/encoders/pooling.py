"""Token rows to one mean row a text: the same bits in any batch, in bounded memory."""

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Vectors

Tokens = NDArray[np.int32]
Lengths = NDArray[np.int64]

# Texts summed at a time: 512 sums of 432 floats, and as many rows, stay in a core's cache.
_TEXTS = 512
# A longer text is summed in pieces of so many tokens, counted from its own start: adding millions
# of rows one by one in float32 would lose two digits.
_PIECE = 2_048


def mean_rows(
    out: Vectors,
    tokens: Tokens,
    lengths: Lengths,
    table: Vectors,
    weights: Vectors | None = None,
    weighted: int = 0,
) -> None:
    """Write the mean row of each text's tokens into `out`; a text without tokens stays as it is.

    :param out: float32 [n, width].
    :param tokens: int32, the tokens of n texts end to end.
    :param lengths: int64 [n], how many tokens each has.
    :param table: float32 [vocabulary, width].
    :param weights: float32, what each token's row counts in the first `weighted` columns; else 1.
    """
    filled = np.flatnonzero(lengths)
    lengths = lengths[filled]
    pieces = -(-lengths // _PIECE)
    if not len(filled):
        return
    if pieces.max() == 1:
        sums = _sums(tokens, lengths, table, weights, weighted)
    else:
        first = np.cumsum(pieces) - pieces
        sizes = np.full(int(pieces.sum()), _PIECE, np.int64)
        sizes[first + pieces - 1] = lengths - _PIECE * (pieces - 1)
        parts = _sums(tokens, sizes, table, weights, weighted).astype(np.float64)
        sums = np.add.reduceat(parts, first, axis=0).astype(np.float32)
    out[filled] = sums / lengths[:, None].astype(np.float32)


def _sums(
    tokens: Tokens, lengths: Lengths, table: Vectors, weights: Vectors | None, weighted: int
) -> Vectors:
    """Return the sum of each run's rows: float32 [runs, width]; no run is empty.

    The longest runs come first, so those that have a token at some place are the first so many: the
    rows at one place are added to their sums in one go, several times faster than run by run.
    """
    width = table.shape[1]
    sums = np.empty((len(lengths), width), np.float32)
    starts = np.cumsum(lengths) - lengths
    longest_first = np.argsort(-lengths, kind="stable")
    room = np.empty((min(_TEXTS, len(lengths)), width), np.float32)
    for begin in range(0, len(lengths), _TEXTS):
        group = longest_first[begin : begin + _TEXTS]
        start, length = starts[group], lengths[group]
        having = np.searchsorted(-length, -np.arange(int(length[0])), side="left")
        total = np.zeros((len(group), width), np.float32)
        for place, count in enumerate(having.tolist()):
            rows = room[:count]
            # "clip" only spares a copy: every token is in the table.
            at = start[:count] + place
            table.take(tokens[at], axis=0, out=rows, mode="clip")
            if weights is not None:
                rows[:, :weighted] *= weights[at, None]
            total[:count] += rows
        sums[group] = total
    return sums
