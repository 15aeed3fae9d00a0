"""The sentence or two of a passage that answer the query best.

Sentences are encoded by the encoder that made the index, all of one search in one call. The
snippet is a run of the passage's own text, so it can be found and marked in it.
"""

import unicodedata
from collections.abc import Sequence

import numpy as np
from indexer.sentences import sentences
from numpy.typing import NDArray

from indexer.encoders.protocol import Encoder

Span = tuple[int, int]
# A best sentence narrower than this, in columns of a terminal, takes its better neighbour along:
# less than a line seldom says enough to judge a hit by.
SHORT = 80


def best_spans(texts: Sequence[str], query: NDArray[np.float32], encoder: Encoder) -> list[Span]:
    """Choose a snippet in each passage.

    :param texts: the passages.
    :param query: float32 [d], the query's unit vector.
    :param encoder: the encoder that made `query`.
    :return: one (start, end) a passage, in characters of that passage.
    """
    spans = [_trimmed_sentences(text) for text in texts]
    # A passage of one sentence has nothing to choose from.
    asked = [
        text[start:end]
        for text, found in zip(texts, spans, strict=True)
        if len(found) > 1
        for start, end in found
    ]
    cosines = encoder.encode(asked, kind="document") @ query
    chosen: list[Span] = []
    position = 0
    for text, found in zip(texts, spans, strict=True):
        if len(found) == 1:
            chosen.append(found[0])
            continue
        chosen.append(_choose(text, found, cosines[position : position + len(found)]))
        position += len(found)
    return chosen


def first_span(text: str) -> Span:
    """Return the passage's first sentence, for passages too far down to choose for."""
    return _trimmed_sentences(text)[0]


def _trimmed_sentences(text: str) -> list[Span]:
    """Sentences without the blanks around them; the whole text where there is none."""
    trimmed = []
    for start, end in sentences(text):
        sentence = text[start:end]
        left = start + len(sentence) - len(sentence.lstrip())
        right = left + len(sentence.strip())
        if right > left:
            trimmed.append((left, right))
    return trimmed or [(0, len(text))]


def _choose(text: str, found: list[Span], cosines: NDArray[np.float32]) -> Span:
    best = int(np.argmax(cosines))
    start, end = found[best]
    if _columns(text[start:end]) >= SHORT:
        return start, end
    neighbours = [n for n in (best - 1, best + 1) if 0 <= n < len(found)]
    other = max(neighbours, key=lambda n: float(cosines[n]))
    return min(start, found[other][0]), max(end, found[other][1])


def _columns(text: str) -> int:
    """Count a wide character (Chinese, Japanese, Korean) as two."""
    return len(text) + sum(unicodedata.east_asian_width(char) in "WF" for char in text)
