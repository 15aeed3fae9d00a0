"""Queries over the full-text table: the passages that hold a query's words, and how much of it.

A passage is scored by the share of the query's words it holds, each word counted by its rarity
(the inverse document frequency of BM25). How often a word stands in a passage hardly matters:
passages are of one size, and most words that matter stand there once. SQLite's own `bm25` walks
every posting list twice to the end; here each is walked once, and one that turns out long not even
that.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.segmentation import Piece, pieces
from search.columns import Ids, numbers
from search.query import Query, Wanted

# A word in more than this share of all passages tells them apart too little to be read for, and
# past 100,000 passages a word in more than this many: reading 20,000 ids takes some 3 ms.
COMMON_SHARE = 0.2
COMMON_PASSAGES = 20_000
# Distinct terms looked for: all those of a passage of ordinary length.
MOST_TERMS = 64


@dataclass(frozen=True, slots=True)
class Matches:
    """The passages that hold some of a query's words.

    :param ids: int64 [n] ascending.
    :param shares: float64 [n], how much of the query each holds, from 0 to 1.
    """

    ids: Ids
    shares: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Term:
    """A term of a query.

    :param expression: what finds it, in the language of FTS5.
    :param weight: what the person gave it; what is found by several terms shares it among them.
    """

    expression: str
    weight: float


def search(connection: sqlite3.Connection, query: Query, passages: int) -> Matches:
    """Find the passages that hold a query's words.

    Words in more than a fifth of all passages are left out while others are found.

    :param query: the query.
    :param passages: how many passages the index holds.
    """
    common = min(int(COMMON_SHARE * passages), COMMON_PASSAGES)
    rare: list[tuple[Ids, float]] = []
    often: list[_Term] = []
    whole = 0.0
    for term in _terms(query):
        ids = _holding(connection, term.expression, common + 1)
        if len(ids) > common:
            often.append(term)
            continue
        worth = term.weight * _rarity(len(ids), passages)
        whole += worth
        if len(ids):
            rare.append((ids, worth))
    if not rare:
        for term in often:
            ids = _holding(connection, term.expression, COMMON_PASSAGES)
            worth = term.weight * _rarity(len(ids), passages)
            whole += worth
            rare.append((ids, worth))
    return _summed(rare, whole)


def holding_any(connection: sqlite3.Connection, phrases: tuple[str, ...]) -> Ids:
    """Return the ids of the passages that hold any of some words or phrases, ascending."""
    found = [
        _holding(connection, expression, -1)
        for phrase in phrases
        if (expression := _phrase(list(pieces(phrase))))
    ]
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)


def _terms(query: Query) -> list[_Term]:
    """Return the distinct terms of a query; a repeated one counts once.

    Where a person has put something into quotation marks, that is what is to stand in the passages,
    and the words around it are left to their meaning.
    """
    phrases = [wanted for wanted in query.wanted if wanted.phrase and any(pieces(wanted.text))]
    terms: dict[str, float] = {}
    for wanted in phrases or query.wanted:
        for term in _terms_of(wanted):
            if len(terms) >= MOST_TERMS:
                break
            terms[term.expression] = max(term.weight, terms.get(term.expression, 0.0))
    return [_Term(expression, weight) for expression, weight in terms.items() if weight > 0]


def _terms_of(wanted: Wanted) -> Iterator[_Term]:
    if wanted.phrase:
        yield _Term(_phrase(list(pieces(wanted.text))), wanted.weight)
        return
    for piece in pieces(wanted.text):
        yield from _terms_of_piece(piece, wanted.weight)


def _terms_of_piece(piece: Piece, weight: float) -> Iterator[_Term]:
    if piece.kind == "hangul" and (parts := piece.parts):
        # A word is found with whatever particle follows it: 위험 in 위험은.
        for part in parts:
            yield _Term(_in("parts", part), weight / len(parts))
    elif piece.kind == "hangul":
        yield _Term(_in("words", piece.text) + "*", weight)
    elif piece.kind == "run" and len(piece.parts) == 1:
        yield _Term(_in("parts", piece.text), weight)
    else:
        for word in piece.words:
            yield _Term(_in("words", word), weight)


def _phrase(found: list[Piece]) -> str:
    """Return what finds words side by side, or "" where there is none.

    A single grapheme at the end of a phrase may begin a run, and at its beginning end one, of which
    only the pairs stand in order; so the first is looked for apart.
    """
    if not found:
        return ""
    first, last = found[0], found[-1]
    if len(found) == 1:
        if first.kind == "run" and len(first.parts) == 1:
            return _in("parts", first.text)
        if first.kind == "hangul" and first.parts:
            return " AND ".join(_in("parts", part) for part in first.parts)
    apart = ""
    if first.kind == "run" and len(first.parts) == 1:
        apart, found = _in("parts", first.text) + " AND ", found[1:]
    words = " ".join(word for piece in found for word in piece.words)
    open_end = last.kind == "hangul" or (last.kind == "run" and len(last.parts) == 1)
    return apart + _in("words", words) + ("*" if open_end else "")


def _in(column: str, terms: str) -> str:
    """Return what finds terms side by side in a column; terms hold letters and digits alone."""
    return f'{column} : "{terms}"'


def _holding(connection: sqlite3.Connection, expression: str, most: int) -> Ids:
    """Return the ids of passages, ascending, no more than `most` unless that is negative.

    SQLite joins them into one string; see `filters`.
    """
    joined = connection.execute(
        "SELECT group_concat(rowid) FROM "
        "(SELECT rowid FROM passages_fts WHERE passages_fts MATCH ? LIMIT ?)",
        (expression, most),
    ).fetchone()[0]
    return np.sort(numbers(joined))


def _rarity(holding: int, passages: int) -> float:
    """Return the inverse document frequency that BM25 uses (Robertson and Zaragoza, 2009)."""
    passages = max(passages, holding)
    return math.log1p((passages - holding + 0.5) / (holding + 0.5))


def _summed(found: list[tuple[Ids, float]], whole: float) -> Matches:
    """Add up what each passage holds; ids lie close together, so each gets a place."""
    if not found or whole <= 0:
        return Matches(np.empty(0, np.int64), np.empty(0, np.float64))
    ids = np.concatenate([some for some, _ in found])
    worths = np.repeat([worth for _, worth in found], [len(some) for some, _ in found])
    if not len(ids):
        return Matches(ids, np.empty(0, np.float64))
    first = int(ids.min())
    sums = np.bincount(ids - first, worths)
    places = np.flatnonzero(sums)
    return Matches(places + first, sums[places] / whole)
