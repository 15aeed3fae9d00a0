"""Why a passage matched: each word's share of the cosine, and the query word it answers to.

The vector of a mean-pooled encoder is a sum of token vectors, so a cosine falls apart without
rest: cos(query, passage) = sum over query words j and passage words i of q_j . p_i, both sums
divided by their lengths. A word's share is its row's sum. The share is what the encoder compared,
no attribution made up afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.drawing import without_drawing
from indexer.encoders.pooling import run_sums
from indexer.encoders.protocol import Explainable, TokenVectors, Vectors
from indexer.segmentation import word_bounds

# A word answers to a query word from this cosine of the two on. Translations of a word mostly lie
# above 0.5, and words that have nothing to do with each other below 0.2.
ANSWERS = 0.22


@dataclass(frozen=True, slots=True)
class WordShare:
    """A word of a passage, or of the title and heading that are embedded with it.

    :param text: as it stands.
    :param start: where it begins in the passage's text, in characters; None for a word of the title
        or the heading.
    :param share: its part of the cosine; negative where it speaks against the match. The shares of
        all words and marks sum to the cosine.
    :param answers: the query word it answers to, or None.
    """

    text: str
    start: int | None
    share: float
    answers: str | None


@dataclass(frozen=True, slots=True)
class QueryWords:
    """A query taken apart into its words.

    :param words: as typed.
    :param vectors: float32 [n, d], of each word; they sum to the query's unit vector.
    """

    words: tuple[str, ...]
    vectors: Vectors


def query_words(query: str | Sequence[tuple[str, float]], encoder: Explainable) -> QueryWords:
    """Take a query apart for `shares`.

    :param query: a text, or several with their weights.
    """
    texts = [(query, 1.0)] if isinstance(query, str) else query
    words: list[str] = []
    parts = []
    rest = np.zeros((1, encoder.dimension), np.float32)
    found = encoder.token_vectors([text for text, _ in texts], kind="query")
    for (text, weight), tokens in zip(texts, found, strict=True):
        bounds, vectors = _words(text, tokens)
        vectors = weight * vectors
        spoken = [place for place, (start, end) in enumerate(bounds) if _says(text[start:end])]
        words += (text[start:end] for start, end in (bounds[place] for place in spoken))
        parts.append(vectors[spoken])
        # Marks count where the words are, so that nothing is lost of the sum.
        rest += vectors.sum(axis=0) - vectors[spoken].sum(axis=0)
    return QueryWords((*words, ""), _scaled(np.vstack([*parts, rest]).astype(np.float32)))


def shares(
    texts: Sequence[str], embedded: Sequence[str], query: QueryWords, encoder: Explainable
) -> list[tuple[WordShare, ...]]:
    """Return the words of passages with their shares, in their order.

    :param texts: the passages as they are shown.
    :param embedded: the same as they were embedded, after title and heading.
    """
    found = encoder.token_vectors(embedded, kind="document")
    return [
        tuple(_shares(text, whole, tokens, query))
        for text, whole, tokens in zip(texts, embedded, found, strict=True)
    ]


def _shares(text: str, whole: str, tokens: TokenVectors, query: QueryWords) -> Iterator[WordShare]:
    bounds, vectors = _words(whole, tokens)
    parts = vectors @ query.vectors.T
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True) * np.linalg.norm(query.vectors, axis=1)
    likeness = np.divide(parts, lengths, out=np.zeros_like(parts), where=lengths > 0)
    likeness[:, -1] = 0  # the marks of the query
    answered = likeness.argmax(axis=1)
    before = len(whole) - len(without_drawing(text))
    # What is drawn in the passage is not embedded, so positions may differ.
    same = len(whole) - before == len(text)
    at = 0
    for (start, end), row, alike, best in zip(
        bounds, parts.sum(axis=1).tolist(), likeness.max(axis=1).tolist(), answered, strict=True
    ):
        word = whole[start:end]
        place: int | None = None
        if start >= before and same:
            place = start - before
        elif start >= before:
            place = text.find(word, at)
            at = place + len(word) if place >= 0 else at
        answers = query.words[int(best)] if alike >= ANSWERS and row > 0 and _says(word) else None
        yield WordShare(word, place if place is None or place >= 0 else None, row, answers)


def _words(text: str, tokens: TokenVectors) -> tuple[list[tuple[int, int]], Vectors]:
    """Put tokens together to words; in scripts without spaces each token is one.

    :return: (start, end) of each word or mark, and the sums of their vectors, which sum to the
        text's unit vector.
    """
    words = word_bounds(text)
    starts, ends = np.array(words, np.int64).reshape(-1, 2).T
    last = np.maximum(tokens.ends - 1, tokens.starts)
    which = np.searchsorted(starts, last, side="right") - 1
    inside = (which >= 0) & (last < ends[which]) if len(words) else np.zeros(len(last), bool)
    # A token outside every word stands for itself, so it gets a number of its own.
    keys = np.where(inside, which, len(words) + np.arange(len(last)))
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    if not len(first):
        return [], tokens.vectors
    bounds = [
        words[key] if key < len(words) else (start, end)
        for key, start, end in zip(
            keys[first].tolist(),
            tokens.starts[first].tolist(),
            tokens.ends[first].tolist(),
            strict=True,
        )
    ]
    lengths = np.diff(first, append=len(last))
    every = np.arange(len(last), dtype=np.int32)
    return bounds, _scaled(run_sums(every, lengths, tokens.vectors))


def _scaled(sums: Vectors) -> Vectors:
    length = float(np.linalg.norm(sums.sum(axis=0)))
    return sums / length if length > 0 else sums


def _says(word: str) -> bool:
    return any(char.isalnum() for char in word)


def strongest(words: Sequence[WordShare], count: int) -> list[WordShare]:
    """Return the words that answer to the query with the largest shares, largest first.

    :param count: the most words; the same word twice counts once, with its first place.
    """
    found: dict[tuple[str, str], WordShare] = {}
    for word in sorted(words, key=lambda one: -one.share):
        if word.answers is not None:
            found.setdefault((word.text.casefold(), word.answers), word)
    return list(found.values())[:count]
