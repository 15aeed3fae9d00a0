"""The sentence or two of a passage that answer the query best.

A sentence's cosine is the sum of its words' shares (`explaining`) over the length of their vectors'
sum, so that a long sentence wins nothing by its length. Where the passage's own token vectors are
not at hand, its sentences are encoded, all of one search in one call. The snippet is a run of the
passage's own text, so it can be found and marked in it.
"""

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.cutting import best_cut
from indexer.encoders.protocol import Encoder, TokenVectors
from indexer.sentences import each_sentence

Span = tuple[int, int]
# A best sentence narrower than this, in columns of a terminal, takes its better neighbour along:
# less than a line seldom says enough to judge a hit by.
SHORT = 80
# A sentence wider than this is cut where a word or a phrase ends, in any script, and its parts are
# chosen among like sentences: three lines of a terminal, which a reader takes in at a glance.
LONG = 240
# How far from parts of equal length a cut may lie, as a share of that length.
_GIVE = 0.25
_FIRST_WIDE = "\u1100"
# Readers put it between paragraphs.
PARAGRAPH = "\n\n"


def best_spans(
    texts: Sequence[str],
    query: NDArray[np.float32],
    encoder: Encoder,
    tokens: Sequence[TokenVectors | None] = (),
) -> list[Span]:
    """Choose a snippet in each passage.

    :param texts: the passages.
    :param query: float32 [d], the query's unit vector.
    :param encoder: the encoder that made `query`.
    :param tokens: of each passage, with their places in it; None where they are not at hand.
    :return: one (start, end) a passage, in characters of that passage.
    """
    spans = list(map(choosable, texts))
    known = list(tokens) or [None] * len(texts)
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
            chosen.append(_choose(text, found, _cosines(found, own, query)))
        else:
            chosen.append(_choose(text, found, encoded[position : position + len(found)]))
            position += len(found)
    return chosen


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


def first_span(text: str) -> Span:
    """Return the passage's first sentence, for passages too far down to choose for."""
    found = _trimmed_sentences(text)
    first = next(found)
    return next((span for span in (first, *found) if not _is_heading(text, *span)), first)


def choosable(text: str) -> list[Span]:
    """Return the sentences that may answer: those that are no heading, unless all are."""
    found = list(_trimmed_sentences(text))
    return [span for span in found if not _is_heading(text, *span)] or found


def _is_heading(text: str, start: int, end: int) -> bool:
    """Whether a sentence is a short paragraph of its own without a mark at its end."""
    # Most sentences end with a mark, which takes the least time to see.
    if end > start and unicodedata.category(text[end - 1]).startswith("P"):
        return False
    before, after = text[:start].rstrip(" \t"), text[end:].lstrip(" \t")
    alone = (not before or before.endswith(PARAGRAPH)) and (
        not after or after.startswith(PARAGRAPH)
    )
    return alone and _columns(text[start:end]) < SHORT


def _trimmed_sentences(text: str) -> Iterator[Span]:
    """Sentences, long ones in parts; the whole text where there is none."""
    some = False
    for start, end in each_sentence(text):
        some = True
        # No character is wider than two columns.
        if 2 * (end - start) <= LONG or (columns := _columns(text[start:end])) <= LONG:
            yield start, end
            continue
        for part in _parts(text, start, end, columns):
            left, right = _stripped(text, *part)
            if right > left:
                yield left, right
    if not some:
        yield 0, len(text)


def _stripped(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    left = start + len(part) - len(part.lstrip())
    return left, left + len(part.strip())


def _parts(text: str, start: int, end: int, columns: int) -> Iterator[Span]:
    """Cut a sentence that is too long, so many columns, into parts of about equal length."""
    count = -(-columns // LONG)
    for left in range(count, 1, -1):
        length = (end - start) / left
        ideal, give = start + round(length), round(_GIVE * length)
        low, high = max(ideal - give, start + 1), max(ideal + give, start + 2)
        cut = best_cut(text, start, low, high, high, ideal)
        yield start, cut
        start = cut
    yield start, end


def _choose(text: str, found: list[Span], cosines: NDArray[np.float32]) -> Span:
    best = int(np.argmax(cosines))
    start, end = found[best]
    if _columns(text[start:end]) >= SHORT:
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


def _columns(text: str) -> int:
    """Count a wide character (Chinese, Japanese, Korean) as two."""
    # Looking up every character takes a hundred times as long.
    if text.isascii() or max(text) < _FIRST_WIDE:
        return len(text)
    return sum(map(_WIDTHS.__getitem__, text))


class _Widths(dict[str, int]):
    """Columns of characters, each looked up once."""

    def __missing__(self, char: str) -> int:
        self[char] = width = 2 if unicodedata.east_asian_width(char) in "WF" else 1
        return width


_WIDTHS = _Widths()
