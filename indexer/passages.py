"""A document's text to passages: the runs of text that are embedded, found and shown.

A passage is cut where its author would have cut it: at pages and headings, then between paragraphs,
then between sentences, and inside a sentence only when that one is longer than a passage may be.
Sizes do not depend on the encoder, so that changing the encoder never changes the passages.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Set

from indexer import graphemes
from indexer.cutting import best_cut
from indexer.documents import Document, Passage
from indexer.drawing import without_drawing
from indexer.sections import HEADING_SEPARATOR, Outline, Section
from indexer.sentences import paragraph_breaks, sentence_ends
from indexer.sizes import LETTER, Sizes

# Recorded with every index; another version means that passages may be cut elsewhere.
SPLITTER_VERSION = 1

# In `sizes`: 300 and 800 characters of a spaced script, 113 and 300 of Chinese, Japanese and
# Korean, 225 and 600 of Thai, Lao, Khmer, Burmese and Tibetan. No passage is larger than the
# maximum; one is smaller than the minimum only where a section or the sentences leave no choice.
MINIMUM = 300 * LETTER
MAXIMUM = 800 * LETTER
# What text longer than the maximum is divided into: the middle of the range, so that there is room
# on both sides to find the end of a paragraph.
TARGET = 550 * LETTER
# A section smaller than this ("You need: a spanner.") says too little to be found for its own sake.
SCRAP = 100 * LETTER

# Of a title or heading put before a passage: enough to name the subject, too little to drown it.
LONGEST_PREFIX = 120
_MARKUP = "#=*_~`-–—•> \t\n\r"


def split(document: Document) -> list[Passage]:
    """Divide a document into passages.

    Every character of the text that is not whitespace is in exactly one passage, and no grapheme
    cluster is torn. The time taken is linear in the length of the text.

    :param document: the document; its marks need not be sorted or within the text.
    :return: its passages in the order of the text; none for a text of nothing but whitespace.
    """
    outline = Outline(document)
    splitter = _Splitter(document.text, outline.continued)
    passages: list[Passage] = []
    for section in _without_scraps(_joined(outline.sections, splitter.sizes), splitter.sizes):
        for start, end in splitter.divide(section.start, section.end):
            passages.append(
                Passage(
                    ordinal=len(passages),
                    start=start,
                    end=end,
                    text=document.text[start:end],
                    page=outline.page(start),
                    heading=outline.heading(start),
                )
            )
    return passages


def embedded_text(passage: Passage, title: str | None) -> str:
    """Return what is embedded for a passage: its text after what says where it stands.

    :param passage: the passage.
    :param title: the document's title, or None.
    :return: the title and the nearest heading, a line each, where they are known and the text does
        not begin with them already, and then the passage's text without what is drawn in it.
    """
    heading = (passage.heading or "").rsplit(HEADING_SEPARATOR, 1)[-1]
    prefixes: list[str] = []
    opening = _plain(passage.text[: 4 * LONGEST_PREFIX])
    for name in (title or "", heading):
        short = _shortened(" ".join(name.split()))
        plain = _plain(short)
        if not plain or any(_plain(prefix) == plain for prefix in prefixes):
            continue
        if opening.startswith(plain):
            opening = opening[len(plain) :].lstrip(_MARKUP)
        else:
            prefixes.append(short)
    return without_drawing("\n".join([*prefixes, passage.text]))


def _plain(text: str) -> str:
    """Return a text's beginning as it compares: without markup, case and kinds of whitespace."""
    return " ".join(text.lstrip(_MARKUP).casefold().split())


def _shortened(name: str) -> str:
    if len(name) <= LONGEST_PREFIX:
        return name
    space = name.rfind(" ", LONGEST_PREFIX // 2, LONGEST_PREFIX + 1)
    return name[: space if space > 0 else graphemes.before(name, LONGEST_PREFIX)]


def _joined(sections: Iterable[Section], sizes: Sizes) -> Iterator[Section]:
    """Join headings with nothing under them to what follows, and tiny sections to one another."""

    def tiny(section: Section) -> bool:
        return sizes.between(section.start, section.end) < MINIMUM

    run: list[Section] = []
    for section in _with_bare_joined(sections):
        if not tiny(section):
            yield from _grown(run, sizes)
            run = []
            yield section
        elif run and tiny(run[-1]) and _fit(run[-1], section, sizes):
            run[-1] = Section(run[-1].start, section.end)
        else:
            run.append(section)
    yield from _grown(run, sizes)


def _without_scraps(sections: Iterable[Section], sizes: Sizes) -> list[Section]:
    """Join a section of a few words to the one before it, if both fit one passage."""
    kept: list[Section] = []
    for section in sections:
        scrap = sizes.between(section.start, section.end) < SCRAP
        if kept and scrap and _fit(kept[-1], section, sizes):
            kept[-1] = Section(kept[-1].start, section.end)
        else:
            kept.append(section)
    return kept


def _grown(run: list[Section], sizes: Sizes) -> list[Section]:
    """Return a run of joined tiny sections; the last, if still tiny, joins backwards."""
    if len(run) > 1:
        before, last = run[-2:]
        if sizes.between(last.start, last.end) < MINIMUM and _fit(before, last, sizes):
            return [*run[:-2], Section(before.start, last.end)]
    return run


def _fit(first: Section, last: Section, sizes: Sizes) -> bool:
    return sizes.between(first.start, last.end) <= MAXIMUM


def _with_bare_joined(sections: Iterable[Section]) -> Iterator[Section]:
    start: int | None = None
    end = 0
    for section in sections:
        start, end = section.start if start is None else start, section.end
        if not section.bare:
            yield Section(start, end)
            start = None
    if start is not None:
        yield Section(start, end)


class _Splitter:
    """Divides stretches of one text."""

    def __init__(self, text: str, continued: Set[int]) -> None:
        self.sizes = Sizes(text)
        self._text = text
        # A sentence that goes on over a page makes one paragraph of what stands around.
        breaks = [found for found in paragraph_breaks(text) if found[1] not in continued]
        self._starts = [0, *(end for _, end in breaks)]
        self._ends = [*(start for start, _ in breaks), len(text)]
        self._cached: tuple[int, int] = (0, 0)
        self._cached_ends: list[int] = []

    def divide(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the (start, end) of the passages of one section, without whitespace around them."""
        end = graphemes.drop_space(self._text, start, end)
        section = start
        start = graphemes.skip_space(self._text, start)
        while start < end:
            rest = self.sizes.between(start, end)
            if rest <= MAXIMUM:
                yield start, end
                return
            cut = self._cut(section, start, end, rest)
            yield start, graphemes.drop_space(self._text, start, cut)
            start = graphemes.skip_space(self._text, cut)

    def _cut(self, section: int, start: int, end: int, rest: int) -> int:
        """Choose where the passage from `start` ends, with `rest` to come before `end`."""
        parts = -(-rest // TARGET)
        ideal = self.sizes.reach(start, rest // parts)
        low = self.sizes.reach(start, MINIMUM)
        high = self.sizes.reach(start, min(MAXIMUM, rest - MINIMUM))
        cut = _nearest(self._ends, low, high, ideal)
        if cut is not None:
            return cut
        paragraph = bisect_left(self._ends, low)
        ends = self._sentence_ends(
            max(section, self._starts[paragraph]), min(end, self._ends[paragraph])
        )
        # A row or list item ends with its line; no cell must be cut off its row.
        window = ends[bisect_left(ends, low) : bisect_right(ends, high)]
        rows = [row for row in window if self._text[row - 1] == "\n"]
        cut = _nearest(rows or window, low, high, ideal)
        if cut is not None:
            return cut
        return self._cut_between(start, low, high, ideal, ends, paragraph)

    def _cut_between(
        self, start: int, low: int, high: int, ideal: int, ends: list[int], paragraph: int
    ) -> int:
        """Choose where to cut when no sentence ends in the wanted range."""
        limit = self.sizes.reach(start, MAXIMUM)
        # The whitespace that follows a sentence, however much, is in no passage.
        after = graphemes.drop_space(self._text, start, ends[bisect_right(ends, high)])
        index = bisect_left(ends, low)
        before = ends[index - 1] if index else self._ends[paragraph - 1] if paragraph else start
        choices = [after] if after <= limit else []
        if before > start:
            sentence = graphemes.skip_space(self._text, before)
            if sentence >= after or self.sizes.between(sentence, after) <= MAXIMUM:
                choices.append(before)
        if choices:
            return min(choices, key=lambda cut: abs(cut - ideal))
        return best_cut(self._text, start, low, high, limit, ideal)

    def _sentence_ends(self, start: int, stop: int) -> list[int]:
        if self._cached != (start, stop):
            self._cached = start, stop
            self._cached_ends = sentence_ends(self._text, start, stop)
        return self._cached_ends


def _nearest(ends: list[int], low: int, high: int, ideal: int) -> int | None:
    """Return the offset of the ascending `ends` from `low` to `high` that is nearest to `ideal`."""
    first, last = bisect_left(ends, low), bisect_right(ends, high)
    if first == last:
        return None
    index = bisect_left(ends, ideal, first, last)
    around = ends[max(first, index - 1) : min(last, index + 1)]
    return min(around, key=lambda end: abs(end - ideal))
