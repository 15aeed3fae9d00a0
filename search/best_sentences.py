"""What the sentence of a passage that is nearest to a query adds to the passage's own nearness.

A passage's vector is that of all it says, so one that says what is asked in a single sentence lies
further from the query than one that is about it throughout. Only a sentence that is clearly near
counts: of ten sentences that have nothing to do with a query the nearest always seems to.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Vectors
from indexer.sentence_vectors import read_cosines
from search.columns import Ids

# A sentence counts by so much for all that its cosine is above this. Chosen on the first 1,500
# questions of `benchmarks.manual_pages`, and on the tuning halves of the samples and of the
# questions, which lose 0.2 of their reciprocal rank at most.
CLEAR = 0.5
WEIGHT = 4.0
# So many of the passages nearest by their own vectors are looked into.
LOOKED_INTO = 200
_AT_ONCE = 1_000


class BestSentences:
    """The sentences of passages beside one query, read once.

    :param connection: of the index.
    :param query: float32 [d], of unit length.
    """

    def __init__(self, connection: sqlite3.Connection, query: Vectors) -> None:
        self._connection = connection
        self._query = query
        self._best: dict[int, float] = {}
        self._cosines: dict[int, tuple[NDArray[np.float32], int, int]] = {}

    def best(self, passages: Ids) -> Vectors:
        """Return the cosine of each passage's best sentence: float32 [n], 0 where none are kept."""
        ids = passages.tolist()
        self._read(ids)
        return np.fromiter(map(self._best.__getitem__, ids), np.float32, len(ids))

    def known(self, passages: Sequence[int]) -> Vectors:
        """Return what `best` does, 0 for passages that it was not asked about: float32 [n]."""
        found = (self._best.get(id_, 0.0) for id_ in passages)
        return np.fromiter(found, np.float32, len(passages))

    def cosines(self, passages: Sequence[int]) -> list[NDArray[np.float32] | None]:
        """Return the cosines of each passage's sentences, None where none are kept."""
        self._read(passages)
        found = map(self._cosines.get, passages)
        return [None if one is None else one[0][one[1] : one[2]] for one in found]

    def _read(self, passages: Sequence[int]) -> None:
        unread = [id_ for id_ in passages if id_ not in self._best]
        for first in range(0, len(unread), _AT_ONCE):
            some = unread[first : first + _AT_ONCE]
            self._best.update(dict.fromkeys(some, 0.0))
            ids, edges, cosines = read_cosines(self._connection, some, self._query)
            if ids:
                self._best.update(zip(ids, np.maximum.reduceat(cosines, edges[:-1]), strict=True))
                places = ((cosines, start, end) for start, end in pairwise(edges))
                self._cosines.update(zip(ids, places, strict=True))


def added(best: Vectors) -> Vectors:
    """Return what best sentences add to the cosines of their passages.

    :param best: their own cosines, without what their languages add.
    """
    clear: Vectors = WEIGHT * np.maximum(best - CLEAR, 0)
    return clear
