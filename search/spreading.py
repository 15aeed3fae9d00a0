"""The order of a page of results, beyond each document's own score: copies, languages, variety."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Vectors
from indexer.segmentation import pieces

# Copies share this much of their words (Jaccard), in one language; and their vectors are this near,
# which is quicker to tell.
SAME_WORDS = 0.8
SAME_MEANING = 0.95
# Maximal marginal relevance (Carbonell and Goldstein, 1998): how much likeness to the query counts
# beside unlikeness to what is already listed.
RELEVANCE = 0.7


def alike(languages: Sequence[str], vectors: Vectors) -> NDArray[np.bool_]:
    """Return which texts may be copies of one another, without a look at them: bool [n, n].

    :param languages: of each; a translation is no copy.
    :param vectors: float32 [n, d], unit rows.
    """
    codes = np.array(languages)
    found: NDArray[np.bool_] = (vectors @ vectors.T >= SAME_MEANING) & (codes[:, None] == codes)
    np.fill_diagonal(found, False)
    return found


def copies(texts: Mapping[int, str], near: NDArray[np.bool_]) -> list[int]:
    """Find texts that are nearly those of earlier ones.

    :param texts: those that may be, by their places; best first.
    :param near: bool [n, n], which of all texts may be copies of one another, as `alike` says.
    :return: for each text the place of the earlier one it copies, or its own.
    """
    words: dict[int, frozenset[str]] = {}

    def words_of(place: int) -> frozenset[str]:
        if place not in words:
            words[place] = frozenset(word for piece in pieces(texts[place]) for word in piece.words)
        return words[place]

    first = list(range(len(near)))
    for place, earlier in np.argwhere(np.tril(near)).tolist():
        originals = first[place] == place and first[earlier] == earlier
        if originals and _jaccard(words_of(place), words_of(earlier)) >= SAME_WORDS:
            first[place] = earlier
    return first


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    either = len(one | other)
    return len(one & other) / either if either else 1.0


def over_languages(languages: Sequence[str]) -> list[int]:
    """Spread a list over its languages: each document doubles the place of those in its language.

    :param languages: of each document, best first.
    :return: the places in their new order; the first stays first.
    """
    taken: Counter[str] = Counter()
    left = list(range(len(languages)))
    order = []
    while left:
        best = min(left, key=lambda place: (place + 1) * 2 ** taken[languages[place]])
        left.remove(best)
        taken[languages[best]] += 1
        order.append(best)
    return order


def diverse(relevance: Sequence[float], vectors: Vectors) -> list[int]:
    """Order by maximal marginal relevance.

    :param relevance: likeness to the query, best first.
    :param vectors: float32 [n, d], unit rows.
    :return: the places in their new order; the first stays first.
    """
    likeness = vectors @ vectors.T
    left = list(range(len(relevance)))
    order: list[int] = []
    while left:
        best = max(
            left,
            key=lambda place: (
                RELEVANCE * relevance[place]
                - (1 - RELEVANCE) * max((float(likeness[place, one]) for one in order), default=0.0)
            ),
        )
        left.remove(best)
        order.append(best)
    return order
