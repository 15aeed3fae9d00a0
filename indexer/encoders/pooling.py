"""Token rows to one mean row a text: the same bits in any batch, in bounded memory."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Vectors

Tokens = NDArray[np.int32]
Lengths = NDArray[np.int64]

# Tokens gathered at a time: 16,384 rows of 304 floats are 20 MB.
_TOKENS_AT_ONCE = 16_384
# A longer text is summed in pieces of so many tokens, counted from its own start. Adding millions
# of rows one by one in float32 would lose two digits, and gathering them would take gigabytes.
_PIECE = 4_096


def mean_rows(
    out: Vectors, tokens: Tokens, lengths: Lengths, rows: Callable[[Tokens], Vectors]
) -> None:
    """Write the mean row of each text's tokens into `out`; a text without tokens stays as it is.

    :param out: float32 [n, width].
    :param tokens: int32, the tokens of n texts end to end.
    :param lengths: int64 [n], how many tokens each has.
    :param rows: gives the rows of some tokens: float32 [tokens, width].
    """
    filled = np.flatnonzero(lengths)
    lengths = lengths[filled]
    pieces = -(-lengths // _PIECE)
    if not len(filled):
        return
    if pieces.max() == 1:
        sums = _sums(tokens, lengths, rows, out.shape[1])
    else:
        first = np.cumsum(pieces) - pieces
        sizes = np.full(int(pieces.sum()), _PIECE, np.int64)
        sizes[first + pieces - 1] = lengths - _PIECE * (pieces - 1)
        parts = _sums(tokens, sizes, rows, out.shape[1]).astype(np.float64)
        sums = np.add.reduceat(parts, first, axis=0).astype(np.float32)
    out[filled] = sums / lengths[:, None].astype(np.float32)


def _sums(
    tokens: Tokens, lengths: Lengths, rows: Callable[[Tokens], Vectors], width: int
) -> Vectors:
    """Return the sum of each run's rows: float32 [runs, width]; no run is empty."""
    sums = np.empty((len(lengths), width), np.float32)
    ends = np.cumsum(lengths)
    first = 0
    for last in _cuts(ends):
        begin = int(ends[first - 1]) if first else 0
        starts = np.concatenate([[0], ends[first : last - 1] - begin])
        sums[first:last] = np.add.reduceat(rows(tokens[begin : ends[last - 1]]), starts, axis=0)
        first = last
    return sums


def _cuts(ends: Lengths) -> Iterator[int]:
    """Yield the runs before which to cut, so that each part has about `_TOKENS_AT_ONCE`."""
    first, begin = 0, 0
    while first < len(ends):
        last = int(np.searchsorted(ends, begin + _TOKENS_AT_ONCE, side="right"))
        first = max(first + 1, last)
        yield first
        begin = int(ends[first - 1])
