"""The sentences of a passage that may answer a question, or be shown of it.

They are those of `sentences` without headings, and with long ones in parts that a reader takes in
at a glance. The index keeps their vectors (`sentence_vectors`), a page of results shows the best.
"""

import unicodedata
from collections.abc import Iterator

from indexer.cutting import best_cut
from indexer.sentences import each_sentence

Span = tuple[int, int]
# What is narrower, in columns of a terminal, is less than a line: by itself and without a mark at
# its end it is a heading, and as a snippet it seldom says enough to judge a hit by.
SHORT = 80
# A sentence wider than this is cut where a word or a phrase ends, in any script, and its parts are
# sentences like others: three lines of a terminal.
LONG = 240
# How far from parts of equal length a cut may lie, as a share of that length.
_GIVE = 0.25
_FIRST_WIDE = "\u1100"
# Readers put it between paragraphs.
PARAGRAPH = "\n\n"


def first_sentence(text: str) -> Span:
    """Return the passage's first sentence, for passages too far down to choose for."""
    found = _trimmed_sentences(text)
    first = next(found)
    return next((span for span in (first, *found) if not _is_heading(text, *span)), first)


def sentences_of(text: str) -> list[Span]:
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
    return alone and columns(text[start:end]) < SHORT


def _trimmed_sentences(text: str) -> Iterator[Span]:
    """Sentences, long ones in parts; the whole text where there is none."""
    some = False
    for start, end in each_sentence(text):
        some = True
        # No character is wider than two columns.
        if 2 * (end - start) <= LONG or (width := columns(text[start:end])) <= LONG:
            yield start, end
            continue
        for part in _parts(text, start, end, width):
            left, right = _stripped(text, *part)
            if right > left:
                yield left, right
    if not some:
        yield 0, len(text)


def _stripped(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    left = start + len(part) - len(part.lstrip())
    return left, left + len(part.strip())


def _parts(text: str, start: int, end: int, width: int) -> Iterator[Span]:
    """Cut a sentence that is too long, so many columns wide, into parts of about equal length."""
    count = -(-width // LONG)
    for left in range(count, 1, -1):
        length = (end - start) / left
        ideal, give = start + round(length), round(_GIVE * length)
        low, high = max(ideal - give, start + 1), max(ideal + give, start + 2)
        cut = best_cut(text, start, low, high, high, ideal)
        yield start, cut
        start = cut
    yield start, end


def columns(text: str) -> int:
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
