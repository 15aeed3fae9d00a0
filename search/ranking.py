"""Scored passages to an order of documents.

The one place where scores become an order. Dense and lexical retrieval are fused by their ranks;
whatever else is to count (calibration, balance across languages) changes `score` before `rank` and
nothing after it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

# Reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009), with their constant.
RANK_CONSTANT = 60
# The dense list counts 1. A passage of the lexical list counts this much times a power of the share
# of the query it holds, so that one which holds only the query's everyday words, as any passage in
# the query's language does, hardly moves, and an exact name or number comes first. Chosen on the
# tuning halves by `python -m benchmarks hybrid`.
LEXICAL_WEIGHT = 2.0
SHARE_POWER = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that a retriever found.

    :param passage: the passage's id.
    :param document: its document's id.
    :param cosine: its cosine similarity to the query; None where the query has no vector.
    :param score: what it is ordered by.
    :param reranked: what a reranker gave it; None where none has read it.
    """

    passage: int
    document: int
    cosine: float | None
    score: float
    reranked: float | None = None


@dataclass(frozen=True, slots=True)
class LexicalMatch:
    """A passage that holds words of the query.

    :param passage: the passage's id.
    :param share: how much of the query it holds, from 0 to 1.
    :param cosine: its cosine similarity to the query; None where the query has no vector.
    """

    passage: int
    share: float
    cosine: float | None


def fuse(
    dense: Sequence[tuple[int, float]], lexical: Iterable[LexicalMatch]
) -> dict[int, tuple[float | None, float]]:
    """Fuse two lists by rank; a passage of either is in the result.

    score = 1 / (60 + dense rank) + 2 share^8 / (60 + lexical rank), a term a list it is in.

    :param dense: (passage, cosine), best first.
    :param lexical: in any order; of equal shares the nearer one in meaning comes first.
    :return: passage to (cosine, score).
    """
    fused: dict[int, tuple[float | None, float]] = {
        passage: (cosine, 1 / (RANK_CONSTANT + rank))
        for rank, (passage, cosine) in enumerate(dense, start=1)
    }
    ordered = sorted(lexical, key=lambda one: (-one.share, -(one.cosine or 0.0), one.passage))
    for rank, match in enumerate(ordered, start=1):
        worth = LEXICAL_WEIGHT * match.share**SHARE_POWER / (RANK_CONSTANT + rank)
        cosine, score = fused.get(match.passage, (match.cosine, 0.0))
        fused[match.passage] = cosine, score + worth
    return fused


def reranked(
    candidates: Sequence[Candidate], scores: Sequence[float | None]
) -> list[tuple[Candidate, ...]]:
    """Order candidates by a reranker's scores, and those it has not read behind, as they were.

    :param candidates: best first.
    :param scores: one each, None for those not read.
    :return: as `rank` does; the score of one that was read is 1 + 1 / its place.
    """
    read = [
        replace(one, reranked=score)
        for one, score in zip(candidates, scores, strict=True)
        if score is not None
    ]
    read.sort(key=lambda one: -(one.reranked or 0.0))
    placed = [replace(one, score=1 + 1 / place) for place, one in enumerate(read, start=1)]
    unread = [one for one, score in zip(candidates, scores, strict=True) if score is None]
    return rank([*placed, *unread])


def rank(candidates: Iterable[Candidate]) -> list[tuple[Candidate, ...]]:
    """Group candidates by document; the best document and its best passage come first.

    Equal scores are ordered by passage id, so that the same search gives the same page twice.

    :return: one tuple a document, ordered by each document's best passage.
    """
    ordered = sorted(candidates, key=lambda found: (-found.score, found.passage))
    groups: dict[int, list[Candidate]] = {}
    for candidate in ordered:
        groups.setdefault(candidate.document, []).append(candidate)
    return [tuple(group) for group in groups.values()]
