"""How sure it is that a hit answers its query, from 0 to 1.

A logistic function of how far a cosine, with what the passage's best sentence adds to it, lies
above those of passages that have nothing to do with the query, in their own deviations, so that it
means the same under any encoder. Its two numbers were fitted on the tuning halves by `python -m
benchmarks confidence`, which also measures them on the closing halves and on queries that nothing
answers.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from search.background import Background
from search.hits import Hit
from search.ranking import SHARE_POWER

# Of the largest of n cosines that nothing but chance brought about, which grows as the root of
# 2 ln n deviations; a query's own deviation is less than that of whole passages.
CHANCE = 0.3
SLOPE = 1.7
MIDDLE = 1.7
# A passage that holds every word of a query, down to its rarest, answers it in nineteen of twenty
# cases (known items of the sample folder), however far its vector is.
WORDS_ALONE = 0.95
# Below this the best hit is noise, and whoever shows results says so.
NOTHING = 0.1
NOTHING_ANSWERS = "Nothing in the index seems to answer this; what follows only comes nearest."


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges the passages of one search.

    :param background: of the index.
    :param null: the mean cosine of the query to unrelated passages.
    :param offsets: what a language's cosines lie above those of others.
    """

    background: Background
    null: float
    offsets: dict[str, float]

    def even(self, cosine: float, language: str | None) -> float:
        """Return a cosine without what its language adds to it."""
        return cosine - self.offsets.get(language or "", 0.0)

    def excess(self, cosine: float, language: str | None) -> float:
        """Return how far a cosine lies above chance, in deviations."""
        deviations = (self.even(cosine, language) - self.null) / self.background.deviation
        return deviations - CHANCE * math.sqrt(2 * math.log(max(2, self.background.passages)))

    def confidence(self, cosine: float, language: str | None, share: float = 0.0) -> float:
        """Return the probability that a passage answers.

        :param share: how much of the query's words it holds.
        """
        meant = 1 / (1 + math.exp(-SLOPE * (self.excess(cosine, language) - MIDDLE)))
        return 1 - (1 - meant) * (1 - words_confidence(share))


def words_confidence(share: float) -> float:
    """Return what the words alone say, where a query has no vector."""
    return WORDS_ALONE * float(share) ** SHARE_POWER


def nothing_answers(hits: Iterable[Hit]) -> bool:
    """Tell whether there are hits and all of them are noise."""
    best = max((hit.confidence for hit in hits), default=1.0)
    return best < NOTHING
