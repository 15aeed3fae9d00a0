"""A pool of texts of all languages mixed, and how far up a translation stands in it.

Accuracy between two languages hides what a person meets: a passage in the query's own language that
is not the answer stands before the answer in another. Here every text competes with every other,
and the share of the query's own language among those above the translation is the bias.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Vectors
from indexer.parallel_text import ParallelTexts

# Queries of a language: 200 put a mean within 3 points or so, and 22,600 against the 146,000 texts
# of Tatoeba's 112 languages take half a minute of a core at 256 dimensions.
QUERIES_A_LANGUAGE = 200
# Cosines held at a time: 128 MiB.
_COSINES = 2**25


@dataclass(frozen=True, slots=True)
class LanguageFigures:
    """How queries in one language fare in the mixed pool; all but the number in percent.

    :param language: the code.
    :param queries: how many were asked.
    :param reciprocal_rank: the mean of 1 / rank of the first translation.
    :param own_share: of the texts ranked above a translation, those in the query's own language,
        the mean over queries; None where none had any above.
    :param pool_share: the language's share of the pool.
    """

    language: str
    queries: int
    reciprocal_rank: float
    own_share: float | None
    pool_share: float


class MixedPool:
    """The distinct texts of parallel sets, by language, and which translate which.

    :param sets: parallel texts.
    """

    def __init__(self, sets: Sequence[ParallelTexts]) -> None:
        found: dict[str, dict[str, int]] = {}
        for one in sets:
            for language, texts in zip(one.languages, (one.first, one.second), strict=True):
                known = found.setdefault(language, {})
                for text in texts:
                    known.setdefault(text, len(known))
        # A language's texts stand together, so its share of a ranking is a slice.
        self.slices: dict[str, slice] = {}
        self.texts: list[str] = []
        for language in sorted(found):
            start = len(self.texts)
            self.texts += found[language]
            self.slices[language] = slice(start, len(self.texts))
        self._translations: list[set[int]] = [set() for _ in self.texts]
        for one in sets:
            first, second = (self.slices[language].start for language in one.languages)
            ids, other_ids = (found[language] for language in one.languages)
            for text, other in zip(one.first, one.second, strict=True):
                here, there = first + ids[text], second + other_ids[other]
                self._translations[here].add(there)
                self._translations[there].add(here)

    @property
    def languages(self) -> list[str]:
        """The language of each text."""
        return [
            language for language, own in self.slices.items() for _ in range(own.start, own.stop)
        ]

    def figures(self, queries: Vectors, documents: Vectors) -> tuple[LanguageFigures, ...]:
        """Rank the pool for some queries of each language.

        A translation of a translation may well be one too: it counts neither as right nor as wrong.

        :param queries: the pool's vectors as queries, float32 [texts, d].
        :param documents: the same as documents.
        :return: by language.
        """
        return tuple(
            self._language(language, queries, documents) for language in sorted(self.slices)
        )

    def _language(self, language: str, queries: Vectors, documents: Vectors) -> LanguageFigures:
        own = self.slices[language]
        size = own.stop - own.start
        asked = min(size, QUERIES_A_LANGUAGE)
        places = [own.start + number * size // asked for number in range(asked)]
        step = max(1, _COSINES // len(documents))
        ranks: list[float] = []
        shares: list[float] = []
        for start in range(0, asked, step):
            some = places[start : start + step]
            for place, cosines in zip(some, queries[some] @ documents.T, strict=True):
                better = self._better(place, cosines)
                above = float(better.sum())
                ranks.append(1 + above)
                if above:
                    shares.append(float(better[own].sum()) / above)
        return LanguageFigures(
            language,
            asked,
            100 * float(np.mean(1 / np.array(ranks))),
            100 * float(np.mean(shares)) if shares else None,
            100 * (size - 1) / max(len(documents) - 1, 1),
        )

    def _better(self, place: int, cosines: Vectors) -> NDArray[np.float32]:
        """Return 1 for what stands above the first translation, and a half for what ties with it.

        :param cosines: float32 [texts], written over.
        :return: float32 [texts].
        """
        right = self._translations[place]
        beside = {place}.union(*(self._translations[one] for one in right)) | right
        best = cosines[list(right)].max()
        cosines[list(beside)] = -np.inf
        better: NDArray[np.float32] = (cosines > best).astype(np.float32)
        better[cosines == best] = 0.5
        return better
