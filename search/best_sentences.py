"""What the sentence of a passage that is nearest to a query adds to the passage's own nearness.

A passage's vector is that of all it says, so one that says what is asked in a single sentence lies
further from the query than one that is about it throughout. Only a sentence that is clearly near
counts: of ten sentences that have nothing to do with a query the nearest always seems to.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Vectors
from indexer.sentence_vectors import read_cosines
from search.columns import Ids

# A sentence counts by so much for all that its cosine is above this. Chosen on the tuning halves of
# the samples and of the questions, which lose nothing by it, and on the first 1,500 questions of
# `benchmarks.manual_pages`.
CLEAR = 0.5
WEIGHT = 4.0
# So many of the passages nearest by their own vectors are looked into.
LOOKED_INTO = 200


class BestSentences:
    """The sentences of passages beside one query, read once.

    :param connection: of the index.
    :param query: float32 [d], of unit length.
    """

    def __init__(self, connection: sqlite3.Connection, query: Vectors) -> None:
        self._connection = connection
        self._query = query
        self._cosines: dict[int, NDArray[np.float32] | None] = {}

    def cosines(self, passages: Sequence[int]) -> list[NDArray[np.float32] | None]:
        """Return the cosines of each passage's sentences, None where none are kept."""
        if unread := [id_ for id_ in passages if id_ not in self._cosines]:
            self._cosines.update(dict.fromkeys(unread))
            self._cosines.update(read_cosines(self._connection, unread, self._query))
        return [self._cosines[id_] for id_ in passages]

    def added(self, passages: Ids) -> Vectors:
        """Return what the best sentence of each passage adds to its cosine: float32 [n]."""
        best = np.array([_best(found) for found in self.cosines(passages.tolist())], np.float32)
        clear: Vectors = WEIGHT * np.maximum(best - CLEAR, 0)
        return clear


def _best(cosines: NDArray[np.float32] | None) -> float:
    return 0.0 if cosines is None else float(cosines.max())
