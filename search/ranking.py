"""Scored passages to an order of documents.

The one place where scores become an order. Dense retrieval gives each passage its cosine as its
score; whatever else is to count (fusion, calibration, balance across languages) changes `score`
before `rank` and nothing after it.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that a retriever found.

    :param passage: the passage's id.
    :param document: its document's id.
    :param cosine: its cosine similarity to the query.
    :param score: what it is ordered by.
    """

    passage: int
    document: int
    cosine: float
    score: float


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
