"""The passages nearest in meaning to one query, found by one scan wherever that is enough.

A scan of the vectors is the largest part of a search, and its two halves ask for the same one: by
meaning for the nearest passages of all, by words for the nearest of those that hold equally many.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from indexer.neighbours import of_one
from indexer.vectors import Near, VectorView
from search.best_sentences import LOOKED_INTO, BestSentences, added
from search.columns import Columns, Ids

Vector = NDArray[np.float32]

# Where there are several languages, so many times more are retrieved before what each language adds
# is taken off their cosines.
LANGUAGES_FACTOR = 16
# Where there are several languages, passages are looked into that are the nearest of so many times
# more, after what each language adds is taken off their cosines.
LOOKED_INTO_OF = 2
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
    :param sentences: those of the passages beside the query, where they count.
    """

    def __init__(
        self,
        vectors: VectorView,
        vector: Vector,
        allowed: Ids | None,
        held: Columns,
        offsets: dict[str, float],
        usual: int,
        sentences: BestSentences | None = None,
    ) -> None:
        self._vectors = vectors
        self._vector = vector
        self._allowed = allowed
        self._held = held
        self._offsets = offsets
        self._sentences = sentences
        self._several = len(offsets) > 1
        # So many by their own cosines, for those by which their languages' share is taken off.
        looked_into = 0 if sentences is None else LOOKED_INTO
        self._least = looked_into * (LOOKED_INTO_OF if self._several else 1)
        self._usual = min(self._asking(usual), len(held.ids))
        self._begun: Future[Near] | None = None
        self._near: Near | None = None

    def begin(self) -> None:
        """Let the usual scan run beside what the caller does next."""
        self._begun = self._vectors.nearest_beside(self._vector, self._usual, self._allowed)

    def first(self, wanted: int) -> tuple[list[tuple[int, float]], bool]:
        """Return the (passage, cosine) nearest in meaning, and whether no others are left.

        Best first by their cosines without what their languages add. What was not retrieved cannot
        stand among them if even the best of it, of the least favoured language, falls behind. What
        the best sentences of the nearest add is counted after that.
        """
        most = len(self._held.ids)
        wanted = min(wanted, most)
        most_added = max(0.0, -min(self._offsets.values(), default=0.0))
        for ids, cosines, all_there in self._lists(wanted, most):
            even = self._even(ids, cosines)
            order = np.argsort(-even, kind="stable")
            if not self._several or all_there:
                break
            if even[order[:wanted][-1]] >= cosines[-1] + most_added:
                break
        order = self._by_sentences(ids, even, order)[:wanted]
        pairs = list(zip(ids[order].tolist(), cosines[order].tolist(), strict=True))
        return pairs, len(pairs) < wanted or wanted == most

    def _by_sentences(self, ids: Ids, even: Vector, order: Ids) -> Ids:
        """Order passages, best first by their own vectors, by their best sentences as well.

        Those looked into are of the nearest so many, which every list begins with: how much more
        was retrieved, which differs from one search to the next, must change nothing.
        """
        if self._sentences is None:
            return order
        first = order[order < self._least][:LOOKED_INTO]
        nearness = even.copy()
        best = self._sentences.best(ids[first])
        nearness[first] += added(self._even(ids[first], best))
        return np.argsort(-nearness, kind="stable")

    def _lists(self, wanted: int, most: int) -> Iterator[tuple[Ids, Vector, bool]]:
        """Retrieve more and more: ids, cosines, and whether nothing is left to retrieve."""
        near = self._at_hand()
        if near.whole and (len(near.ids) < self._usual or len(near.ids) == most):
            yield near.ids, near.cosines, True
            return
        if len(near.ids) >= max(wanted, min(self._least, most)):
            yield near.ids, near.cosines, False
        asking = min(self._asking(wanted), most)
        if not (near.whole and len(near.ids) >= asking):
            ids, cosines = self._search(asking, self._allowed)
            yield ids, cosines, len(ids) < asking or asking == most
        asking = min(LANGUAGES_FACTOR * asking, most)
        yield *self._search(asking, self._allowed), True

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
            near = self._at_hand()
            places = np.minimum(np.searchsorted(ids, near.ids), len(ids) - 1)
            one_of_them = ids[places] == near.ids
            found, cosines = near.ids[one_of_them][:most], near.cosines[one_of_them][:most]
            if len(found) < min(most, len(ids)):
                found, cosines = self._search(most, ids)
        return dict(zip(found.tolist(), cosines.tolist(), strict=True))

    def _asking(self, wanted: int) -> int:
        return max(wanted * (LANGUAGES_FACTOR if self._several else 1), self._least)

    def _at_hand(self) -> Near:
        """Return what the usual scan finds, begun or not."""
        if self._near is None and self._begun is not None:
            self._near = self._begun.result()
        if self._near is None:
            self._near = self._vectors.nearest(self._vector, self._usual, self._allowed)
        return self._near

    def _search(self, count: int, allowed: Ids | None) -> tuple[Ids, Vector]:
        return of_one(self._vectors.search(self._vector[None, :], count, allowed))

    def _even(self, ids: Ids, cosines: Vector) -> Vector:
        """Return cosines without what languages add to them."""
        return cosines - self._added(ids) if self._several else cosines

    def _added(self, ids: Ids) -> Vector:
        """Return what the language of each passage adds to its cosine."""
        held = self._held
        offsets = (self._offsets.get(code, 0.0) for code in held.codes)
        of_code = np.array([*offsets, 0.0], np.float32)
        return of_code[held.places_of_languages(ids)]
