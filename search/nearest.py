"""The passages nearest in meaning to one query, found by one scan wherever that is enough.

A scan of the vectors is the largest part of a search, and its two halves ask for the same one: by
meaning for the nearest passages of all, by words for the nearest of those that hold equally many.
"""

from __future__ import annotations

from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from indexer.vectors import VectorView
from search.columns import Columns, Ids

Vector = NDArray[np.float32]

# Where there are several languages, so many times more are retrieved before what each language adds
# is taken off their cosines.
LANGUAGES_FACTOR = 16
# Up to so many passages are picked out and compared, which takes a tenth of a scan of 100,000.
FEW = 1_000


class Nearest:
    """Passages by their nearness to the query of one search.

    :param vectors: of the index.
    :param vector: float32 [d], the query's, of unit length.
    :param allowed: the passages to choose from; None allows all.
    :param held: the languages of all passages.
    :param offsets: what each language adds to the cosines of its passages.
    :param usual: how many passages `first` is asked for in most searches.
    """

    def __init__(
        self,
        vectors: VectorView,
        vector: Vector,
        allowed: Ids | None,
        held: Columns,
        offsets: dict[str, float],
        usual: int,
    ) -> None:
        self._vectors = vectors
        self._vector = vector
        self._allowed = allowed
        self._held = held
        self._offsets = offsets
        self._several = len(offsets) > 1
        self._usual = usual
        self._begun: Future[tuple[Ids, Vector]] | None = None
        self._scanned = 0
        self._ids: Ids = np.empty(0, np.int64)
        self._cosines: Vector = np.empty(0, np.float32)

    def begin(self) -> None:
        """Let the usual scan run beside what the caller does next."""
        count = self._asking(self._usual)
        self._begun = self._vectors.search_beside(self._vector[None, :], count, self._allowed)

    def first(self, wanted: int) -> tuple[list[tuple[int, float]], bool]:
        """Return the (passage, cosine) nearest in meaning, and whether no others are left.

        Best first by their cosines without what their languages add. What was not retrieved cannot
        stand among them if even the best of it, of the least favoured language, falls behind.
        """
        most = len(self._held.ids)
        wanted = min(wanted, most)
        most_added = max(0.0, -min(self._offsets.values(), default=0.0))
        asking = self._asking(wanted)
        for last in (not self._several, True):
            asking = min(asking, most)
            ids, cosines = self._scan(asking)
            if self._several:
                even = cosines - self._added(ids)
                order = np.argsort(-even, kind="stable")[:wanted]
                exhausted = len(ids) < asking or asking == most
                if not (exhausted or last) and even[order[-1]] < cosines[-1] + most_added:
                    asking *= LANGUAGES_FACTOR
                    continue
                ids, cosines = ids[order], cosines[order]
            break
        pairs = list(zip(ids.tolist(), cosines.tolist(), strict=True))
        return pairs, len(pairs) < wanted or wanted == most

    def among(self, ids: Ids, most: int) -> dict[int, float]:
        """Return the cosines of the nearest of some passages.

        :param ids: int64 [n] ascending, all of them allowed.
        :param most: how many of them.
        """
        if not len(ids) or not most:
            return {}
        if len(ids) <= min(most, FEW):
            found, cosines = ids, self._vectors.rows(ids) @ self._vector
        elif len(ids) <= FEW:
            found, cosines = self._search(most, ids)
        else:
            near, cosines = self._scan(self._asking(self._usual))
            places = np.minimum(np.searchsorted(ids, near), len(ids) - 1)
            one_of_them = ids[places] == near
            found, cosines = near[one_of_them][:most], cosines[one_of_them][:most]
            if len(found) < min(most, len(ids)):
                found, cosines = self._search(most, ids)
        return dict(zip(found.tolist(), cosines.tolist(), strict=True))

    def _asking(self, wanted: int) -> int:
        return wanted * (LANGUAGES_FACTOR if self._several else 1)

    def _scan(self, count: int) -> tuple[Ids, Vector]:
        """Return the nearest passages and their cosines, from the last scan if it has them."""
        if self._begun is not None:
            self._ids, self._cosines = _found(self._begun.result())
            self._scanned, self._begun = self._asking(self._usual), None
        if count > self._scanned:
            self._ids, self._cosines = self._search(count, self._allowed)
            self._scanned = count
        return self._ids[:count], self._cosines[:count]

    def _search(self, count: int, allowed: Ids | None) -> tuple[Ids, Vector]:
        return _found(self._vectors.search(self._vector[None, :], count, allowed))

    def _added(self, ids: Ids) -> Vector:
        """Return what the language of each passage adds to its cosine."""
        held = self._held
        offsets = (self._offsets.get(code, 0.0) for code in held.codes)
        of_code = np.array([*offsets, 0.0], np.float32)
        places = held.places(ids)
        return of_code[np.where(places >= 0, held.languages[places], -1)]


def _found(one_search: tuple[Ids, Vector]) -> tuple[Ids, Vector]:
    """Return what was found for the only query of a search."""
    ids, cosines = one_search
    found = ids[0] >= 0
    return ids[0][found], cosines[0][found]
