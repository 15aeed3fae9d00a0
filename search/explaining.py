"""Why a passage matched: each word's share of the cosine, and the query word it answers to.

The vector of a mean-pooled encoder is a sum of token vectors, so a cosine falls apart without
rest: cos(query, passage) = sum over query words j and passage words i of q_j . p_i, both sums
divided by their lengths. A word's share is its row's sum. The share is what the encoder compared,
no attribution made up afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.drawing import without_drawing
from indexer.encoders.protocol import Explainable, TokenVectors, Vectors
from indexer.encoders.windowed import unit
from indexer.segmentation import word_bounds

# A word answers to a query word from this cosine of the two on. Of a dictionary's translations 63 %
# lie above it, of words that have nothing to do with each other 1.4 %.
ANSWERS = 0.24
# What is left of words in context without what all of a text share is less alike: of MiniLM's,
# scalded lies at 0.12 to burn, railway at 0.44 to train, and words that do not answer below 0.1.
ANSWERS_IN_CONTEXT = 0.1


class WordShare(NamedTuple):
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
    :param contextual: whether each word's vector also holds what its whole text says.
    """

    words: tuple[str, ...]
    vectors: Vectors
    contextual: bool = False


def query_words(
    query: str | Sequence[tuple[str, float]], encoder: Explainable, target: Vectors | None = None
) -> QueryWords:
    """Take a query apart for `shares`.

    :param query: a text, or several with their weights.
    :param target: float32 [d], the unit vector that was compared where it is not the query's own,
        as in a centred index; its words then sum to that.
    """
    texts = [(query, 1.0)] if isinstance(query, str) else query
    words: list[str] = []
    parts = []
    rest = np.zeros((1, encoder.dimension), np.float32)
    found = encoder.token_vectors([text for text, _ in texts], kind="query")
    for (text, weight), tokens in zip(texts, found, strict=True):
        (bounds,), sums = _words([text], [tokens])
        vectors = weight * _scaled(sums)
        spoken = [place for place, (start, end) in enumerate(bounds) if _says(text[start:end])]
        words += (text[start:end] for start, end in (bounds[place] for place in spoken))
        parts.append(vectors[spoken])
        # Marks count where the words are, so that nothing is lost of the sum.
        rest += vectors.sum(axis=0) - vectors[spoken].sum(axis=0)
    vectors = _scaled(np.vstack([*parts, rest]).astype(np.float32))
    if target is not None:
        vectors = _moved(vectors, target)
    return QueryWords((*words, ""), vectors, bool(getattr(encoder, "contextual", False)))


def shares(
    texts: Sequence[str],
    embedded: Sequence[str],
    query: QueryWords,
    encoder: Explainable,
    targets: Vectors | None = None,
    tokens: Sequence[TokenVectors] | None = None,
) -> list[tuple[WordShare, ...]]:
    """Return the words of passages with their shares, in their order.

    :param texts: the passages as they are shown.
    :param embedded: the same as they were embedded, after title and heading.
    :param targets: float32 [n, d], the vectors that were compared where they are not the passages'
        own; each one's words then sum to that.
    :param tokens: of `embedded`, where they are at hand.
    """
    if not texts:
        return []
    if tokens is None:
        tokens = encoder.token_vectors(embedded, kind="document")
    if targets is not None:
        tokens = [
            TokenVectors(one.starts, one.ends, _moved(_scaled(one.vectors), target))
            for one, target in zip(tokens, targets, strict=True)
        ]
    # All passages at once: numpy takes longer to be called than to add up the words of one.
    bounds, sums = _words(embedded, tokens)
    counts = list(map(len, bounds))
    runs = [slice(end - count, end) for end, count in zip(accumulate(counts), counts, strict=True)]
    parts = sums @ query.vectors.T
    if query.contextual:
        likeness = np.vstack([parts[:0], *(_in_context(sums[run], query) for run in runs)])
    else:
        likeness = _cosines(parts, sums, query.vectors)
    likeness[:, -1] = 0  # the marks of a query answer to nothing
    lengths = np.array([np.linalg.norm(sums[run].sum(axis=0)) for run in runs], np.float32)
    share = parts.sum(axis=1) / np.repeat(np.where(lengths > 0, lengths, 1), counts)
    least = ANSWERS_IN_CONTEXT if query.contextual else ANSWERS
    answering = np.flatnonzero((likeness.max(axis=1) >= least) & (share > 0))
    answer = dict(zip(answering.tolist(), likeness[answering].argmax(axis=1).tolist(), strict=True))
    found = []
    for text, whole, own, run in zip(texts, embedded, bounds, runs, strict=True):
        words = [whole[start:end] for start, end in own]
        answers: list[str | None] = [None] * len(words)
        for place in answer.keys() & range(run.start, run.stop):
            if _says(words[place - run.start]):
                answers[place - run.start] = query.words[answer[place]]
        places = _places(text, whole, own, words)
        found.append(tuple(map(WordShare, words, places, share[run].tolist(), answers)))
    return found


def placed(text: str, whole: str, tokens: TokenVectors) -> TokenVectors | None:
    """Return the tokens of an embedded passage where they stand in the passage as it is shown.

    Those of title and heading have negative places. None where what is drawn was left out.

    :param text: the passage as it is shown.
    :param whole: the same as it was embedded.
    """
    before = len(whole) - len(text)
    if without_drawing(text) != text:
        return None
    return TokenVectors(tokens.starts - before, tokens.ends - before, tokens.vectors)


def _places(
    text: str, whole: str, bounds: Sequence[tuple[int, int]], words: Sequence[str]
) -> list[int | None]:
    """Return where each word begins in the passage as it is shown."""
    before = len(whole) - len(without_drawing(text))
    if len(whole) - before == len(text):
        return [start - before if start >= before else None for start, _ in bounds]
    # What is drawn in the passage is not embedded, so positions differ.
    places: list[int | None] = []
    at = 0
    for (start, _), word in zip(bounds, words, strict=True):
        place = text.find(word, at) if start >= before else -1
        at = place + len(word) if place >= 0 else at
        places.append(place if place >= 0 else None)
    return places


def _cosines(parts: Vectors, vectors: Vectors, asked: Vectors) -> Vectors:
    """Return the cosines of words and query words, whose products are `parts`."""
    lengths = _lengths(vectors)[:, None] * _lengths(asked)
    cosines: Vectors = np.divide(parts, lengths, out=np.zeros_like(parts), where=lengths > 0)
    return cosines


def _in_context(vectors: Vectors, query: QueryWords) -> Vectors:
    """Return how alike words of a text and of a query are without what all of both share.

    All words of a text are alike in a transformer; what they share answers nothing.
    """
    vectors, asked = unit(vectors), unit(query.vectors)
    shared = np.vstack([vectors, asked[:-1]]).mean(axis=0)
    vectors, asked = vectors - shared, asked - shared
    return _cosines(vectors @ asked.T, vectors, asked)


def _lengths(vectors: Vectors) -> Vectors:
    lengths: Vectors = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return lengths


def _words(
    texts: Sequence[str],
    tokens: Sequence[TokenVectors],
) -> tuple[list[list[tuple[int, int]]], Vectors]:
    """Put tokens together to words; in scripts without spaces each token is one.

    :return: (start, end) of each word or mark of each text; the sums of their tokens' vectors, end
        to end.
    """
    # Texts stand end to end, with a space between them.
    bases = np.array([0, *accumulate(len(text) + 1 for text in texts)], np.int64)
    spaced = list(map(word_bounds, texts))
    flat = np.fromiter(chain.from_iterable(chain.from_iterable(spaced)), np.int64)
    placed_words = flat.reshape(-1, 2) + np.repeat(bases[:-1], list(map(len, spaced)))[:, None]
    # The last stands for "before every word", and ends before every token.
    starts, ends = np.vstack([placed_words, [[bases[-1], -1]]]).T
    counts = [len(one.starts) for one in tokens]
    base = np.repeat(bases[:-1], counts)
    token_starts = np.concatenate([one.starts for one in tokens]) + base
    token_ends = np.concatenate([one.ends for one in tokens]) + base
    vectors = np.concatenate([one.vectors for one in tokens])
    if not len(vectors):
        return [[] for _ in texts], vectors
    last = np.maximum(token_ends - 1, token_starts)
    which = np.searchsorted(starts, last, side="right") - 1
    inside = last < ends[which]
    # A token outside every word stands for itself, so it gets a number of its own.
    keys = np.where(inside, which, len(starts) + np.arange(len(last)))
    begins = np.ones(len(keys), np.bool_)
    begins[1:] = keys[1:] != keys[:-1]
    first = np.flatnonzero(begins)
    inside, which, base = inside[first], which[first], base[first]
    from_ = np.where(inside, starts[which], token_starts[first]) - base
    to = np.where(inside, ends[which], token_ends[first]) - base
    bounds = list(zip(from_.tolist(), to.tolist(), strict=True))
    edges = np.searchsorted(base, bases).tolist()
    return [bounds[one:next] for one, next in pairwise(edges)], _sums(vectors, first)


def _sums(rows: Vectors, first: NDArray[np.intp]) -> Vectors:
    """Return the sums of runs of rows that begin at `first`.

    Most words are of a few tokens; `numpy.add.reduceat` over rows takes six times as long.
    """
    sums = rows[first]
    lengths = np.concatenate([first[1:], [len(rows)]]) - first
    place = 1
    longer = np.flatnonzero(lengths > place)
    while len(longer):
        sums[longer] += rows[first[longer] + place]
        place += 1
        longer = longer[lengths[longer] > place]
    return sums


def _scaled(sums: Vectors) -> Vectors:
    length = float(np.linalg.norm(sums.sum(axis=0)))
    return sums / length if length > 0 else sums


def _moved(vectors: Vectors, target: Vectors) -> Vectors:
    """Spread over rows evenly what their sum lacks of a vector, such as a language's centre."""
    moved: Vectors = vectors + (target - vectors.sum(axis=0)) / max(1, len(vectors))
    return moved


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
