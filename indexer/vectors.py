"""FAISS and nothing else: nearest neighbours over an index's vectors, as a view of SQLite."""

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Vectors

Ids = NDArray[np.int64]


class VectorView:
    """Exact nearest neighbours by cosine over the passages of an index, for several threads."""

    def search(
        self, queries: Vectors, limit: int, allowed: Ids | None = None
    ) -> tuple[Ids, Vectors]:
        """Find the passages nearest to each query.

        :param queries: float32 [n, d], unit rows.
        :param limit: how many passages for each query.
        :param allowed: passage ids to choose from, in any order; None allows all.
        :return: (ids int64 [n, k], cosines float32 [n, k]), best first, k = limit; where there are
            fewer passages the ids are -1 and the cosines -1.
        """
        raise NotImplementedError
