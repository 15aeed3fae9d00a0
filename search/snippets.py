"""The sentence or two of a passage that answer the query best.

A sentence's cosine is the sum of its words' shares (`explaining`) over the length of their vectors'
sum, so that a long sentence wins nothing by its length. Where the index keeps the vectors of a
passage's sentences, their cosines are at hand; where it does not, they come from the passage's
token vectors; and where these are missing too, its sentences are encoded, all of one search in one
call. The snippet is a run of the passage's own text, so it can be found and marked in it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Encoder, TokenVectors
from indexer.passage_sentences import PARAGRAPH, SHORT, Span, columns, sentences_of


def best_spans(
    texts: Sequence[str],
    query: NDArray[np.float32],
    encoder: Encoder,
    tokens: Sequence[TokenVectors | None] = (),
    told: Sequence[NDArray[np.float32] | None] = (),
) -> list[Span]:
    """Choose a snippet in each passage.

    :param texts: the passages.
    :param query: float32 [d], the query's unit vector.
    :param encoder: the encoder that made `query`.
    :param tokens: of each passage, with their places in it; None where they are not at hand.
    :param told: of each passage, the cosines of its sentences; None where they are not at hand.
    :return: one (start, end) a passage, in characters of that passage.
    """
    spans = list(map(sentences_of, texts))
    nothing: list[None] = [None] * len(texts)
    known = [
        _known(*one, query) for one in zip(spans, tokens or nothing, told or nothing, strict=True)
    ]
    # A passage of one sentence has nothing to choose from.
    asked = [
        text[start:end]
        for text, found, own in zip(texts, spans, known, strict=True)
        if len(found) > 1 and own is None
        for start, end in found
    ]
    encoded = encoder.encode(asked, kind="document") @ query if asked else np.empty(0, np.float32)
    chosen: list[Span] = []
    position = 0
    for text, found, own in zip(texts, spans, known, strict=True):
        if len(found) == 1:
            chosen.append(found[0])
        elif own is not None:
            chosen.append(_choose(text, found, own))
        else:
            chosen.append(_choose(text, found, encoded[position : position + len(found)]))
            position += len(found)
    return chosen


def _known(
    spans: Sequence[Span],
    tokens: TokenVectors | None,
    told: NDArray[np.float32] | None,
    query: NDArray[np.float32],
) -> NDArray[np.float32] | None:
    """Return each sentence's cosine, where nothing needs to be encoded for it."""
    # Those at hand may be of the sentences that another version found.
    if told is not None and len(told) == len(spans):
        return told
    return None if tokens is None or len(spans) == 1 else _cosines(spans, tokens, query)


def _cosines(
    spans: Sequence[Span], tokens: TokenVectors, query: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return each sentence's cosine: of the sum of its tokens' vectors."""
    starts, ends = np.array(spans, np.int64).T
    first = np.searchsorted(tokens.ends, starts, side="right")
    last = np.searchsorted(tokens.starts, ends, side="left")
    runs = zip(first.tolist(), last.tolist(), strict=True)
    sums = np.array([tokens.vectors[begin:end].sum(axis=0) for begin, end in runs])
    lengths = np.linalg.norm(sums, axis=1)
    along = sums @ query
    found: NDArray[np.float32] = np.divide(
        along, lengths, out=np.zeros_like(along), where=lengths > 0
    )
    return found


def _choose(text: str, found: list[Span], cosines: NDArray[np.float32]) -> Span:
    best = int(np.argmax(cosines))
    start, end = found[best]
    if columns(text[start:end]) >= SHORT:
        return start, end
    neighbours = [
        near
        for near in (best - 1, best + 1)
        if 0 <= near < len(found) and PARAGRAPH not in _between(text, found[best], found[near])
    ]
    if not neighbours:
        return start, end
    other = max(neighbours, key=lambda n: float(cosines[n]))
    return min(start, found[other][0]), max(end, found[other][1])


def _between(text: str, one: Span, other: Span) -> str:
    return text[min(one[1], other[1]) : max(one[0], other[0])]
