"""The parts a document's own marks divide it into, and what holds where: its pages and headings.

Only structure is decided here: which pages and headings begin a part that no passage may straddle.
Paragraphs, sentences and lengths within a part are the splitter's.
"""

import re
from bisect import bisect_right
from collections.abc import Set
from dataclasses import dataclass

from indexer import graphemes
from indexer.documents import Document, Mark

# Between the headings above a passage, outermost first.
HEADING_SEPARATOR = " › "

_LONGEST_PAGE_NUMBER = 9
_NOT_WORDS = re.compile(r"[\W_]+")
# A page's text goes on from the page before after one of these.
_UNFINISHED = (",", "-", "‐", "\u00ad", "，", "、", "،", "؛", ";", "၊", "፣")
_FINISHED = tuple(".!?…:。！？．｡։؟۔।॥።។៕။།\"'”’»)」』）")


@dataclass(frozen=True, slots=True)
class Section:
    """A run of the text from one mark to the next.

    :param start: where its first character that is not whitespace stands.
    :param end: where the next section begins, or the text ends.
    :param bare: whether it is a heading with nothing under it.
    """

    start: int
    end: int
    bare: bool = False


class Outline:
    """A document's marks, ready to be asked.

    :param document: the document; its marks may be in any order and beyond its end.

    `sections` are its parts in order. `continued` are the places where a page begins in the middle
    of a sentence, and so no part.
    """

    def __init__(self, document: Document) -> None:
        text = document.text
        marks = sorted(document.marks, key=lambda mark: mark.start)
        placed = [(_place(text, mark.start), mark) for mark in marks]
        self._text = text
        self._placed = [(place, mark) for place, mark in placed if place < len(text)]
        self._page_starts: list[int] = []
        self._pages: list[int | None] = []
        self._heading_starts: list[int] = []
        self._headings: list[tuple[str, ...]] = []
        open_headings: list[Mark] = []
        for place, mark in self._placed:
            if mark.kind == "page":
                self._page_starts.append(place)
                self._pages.append(_number(mark.label))
                continue
            open_headings = [above for above in open_headings if above.level < mark.level]
            open_headings.append(mark)
            labels = (" ".join(heading.label.split()) for heading in open_headings)
            self._heading_starts.append(place)
            self._headings.append(tuple(label for label in labels if label))
        self.continued: Set[int] = set()
        self.sections = self._find_sections()
        self._bare_ends = {section.start: section.end for section in self.sections if section.bare}

    def page(self, position: int) -> int | None:
        """Return the page that `position` stands on, or None."""
        index = bisect_right(self._page_starts, position)
        return self._pages[index - 1] if index else None

    def heading(self, position: int) -> str | None:
        """Return the headings above what begins at `position`, or None.

        Where headings follow one another with nothing between them ("Part I", "Chapter 1"), what
        begins with the first stands under the last, unless that one is not below the first.
        """
        path = self._path(position)
        while position in self._bare_ends:
            position = self._bare_ends[position]
            deeper = self._path(position)
            if deeper[: len(path)] != path:
                break
            path = deeper
        return HEADING_SEPARATOR.join(path) or None

    def _path(self, position: int) -> tuple[str, ...]:
        index = bisect_right(self._heading_starts, position)
        return self._headings[index - 1] if index else ()

    def _find_sections(self) -> list[Section]:
        text = self._text
        headings = {place: mark.label for place, mark in self._placed if mark.kind == "heading"}
        pages = {place for place, mark in self._placed if mark.kind == "page"} - headings.keys()
        self.continued = {place for place in pages if _goes_on(text, place)}
        labels = dict.fromkeys(pages - self.continued, "") | headings
        starts = sorted({_place(text, 0), *labels})
        ends = [*starts[1:], len(text)]
        return [
            Section(start, end, _is_bare(text, start, end, labels.get(start, "")))
            for start, end in zip(starts, ends, strict=True)
            if start < end
        ]


def _number(label: str) -> int | None:
    return int(label) if label.isdecimal() and len(label) <= _LONGEST_PAGE_NUMBER else None


def _place(text: str, position: int) -> int:
    """Return the first character that is not whitespace from `position`, as a cluster begins."""
    position = min(max(position, 0), len(text))
    return graphemes.skip_space(text, graphemes.before(text, position))


def _goes_on(text: str, place: int) -> bool:
    """Say whether a page begins in the middle of a sentence."""
    before = text[max(0, place - 80) : place].rstrip()
    if not before:
        return False
    following = text[place]
    lowercase = following.islower() and not "\u10d0" <= following <= "\u10ff"
    return before.endswith(_UNFINISHED) or (lowercase and not before.endswith(_FINISHED))


def _is_bare(text: str, start: int, end: int, label: str) -> bool:
    if not label or end - start > 2 * len(label) + 40:
        return False
    words = _NOT_WORDS.sub("", label)
    return bool(words) and _NOT_WORDS.sub("", text[start:end]) == words
