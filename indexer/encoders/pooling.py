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
# A text of more tokens is summed by itself, in one pass over its rows.
_LONG = 32


def mean_rows(
    out: Vectors,
    tokens: Tokens,
    lengths: Lengths,
    table: Vectors,
    weights: Vectors | None = None,
) -> None:
    """Write the mean row of each text's tokens into `out`; a text without tokens stays as it is.

    :param out: float32 [n, width].
    :param tokens: int32, the tokens of n texts end to end.
    :param lengths: int64 [n], how many tokens each has.
    :param table: float32 [vocabulary, width].
    :param weights: float32, what each token's row counts; None counts each 1.
    """
    filled = np.flatnonzero(lengths)
    lengths = lengths[filled]
    pieces = -(-lengths // _PIECE)
    if not len(filled):
        return
    if pieces.max() == 1:
        sums = run_sums(tokens, lengths, table, weights)
    else:
        first = np.cumsum(pieces) - pieces
        sizes = np.full(int(pieces.sum()), _PIECE, np.int64)
        sizes[first + pieces - 1] = lengths - _PIECE * (pieces - 1)
        parts = run_sums(tokens, sizes, table, weights).astype(np.float64)
        sums = np.add.reduceat(parts, first, axis=0).astype(np.float32)
    counts = lengths[:, None].astype(np.float32)
    if len(filled) == len(out):
        np.divide(sums, counts, out=out)
    else:
        out[filled] = sums / counts


def run_sums(
    tokens: Tokens, lengths: Lengths, table: Vectors, weights: Vectors | None = None
) -> Vectors:
    """Return the sum of each run's rows: float32 [runs, width].

    :param tokens: int32, rows of the table, those of all runs end to end.
    :param lengths: int64 [runs], how many each run has: one at least, and 2,048 at most.
    :param table: float32 [rows, width].
    :param weights: float32, what each row counts; None counts each 1.

    A long run is summed by itself. Of the others the longest come first, so those that have a token
    at some place are the first so many: the rows at one place are added to their sums in one go,
    several times faster than run by run.
    """
    width = table.shape[1]
    sums = np.empty((len(lengths), width), np.float32)
    starts = np.cumsum(lengths) - lengths
    long = np.flatnonzero(lengths > _LONG)
    room = np.empty((_PIECE, width), np.float32)
    for run in long.tolist():
        span = slice(int(starts[run]), int(starts[run] + lengths[run]))
        # "clip" only spares a copy: every token is in the table.
        rows = table.take(tokens[span], axis=0, out=room[: lengths[run]], mode="clip")
        if weights is None or (weights[span] == 1).all():
            np.add.reduce(rows, axis=0, out=sums[run])
        else:
            np.einsum("i,ij->j", weights[span], rows, out=sums[run])
    short = np.flatnonzero(lengths <= _LONG)
    longest_first = short[np.argsort(-lengths[short], kind="stable")]
    for begin in range(0, len(short), _TEXTS):
        group = longest_first[begin : begin + _TEXTS]
        start, length = starts[group], lengths[group]
        having = np.searchsorted(-length, -np.arange(int(length[0])), side="left")
        total = np.zeros((len(group), width), np.float32)
        for place, count in enumerate(having.tolist()):
            rows = room[:count]
            at = start[:count] + place
            table.take(tokens[at], axis=0, out=rows, mode="clip")
            # Of most documents no word is weighted: then no pass over the rows is needed.
            if weights is not None and ((own := weights[at]) != 1).any():
                rows *= own[:, None]
            total[:count] += rows
        sums[group] = total
    return sums
