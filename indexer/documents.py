"""What a reader returns and what the splitter returns.

Plain frozen values without behaviour of their own, so that readers, the splitter, the index and
the searcher share nothing else.
"""

from dataclasses import dataclass
from typing import Literal

MarkKind = Literal["page", "heading"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a document's text from which something holds: a page or a heading begins.

    :param start: offset in `Document.text`, in characters, at which the page or section begins.
    :param kind: "page" (label is the page's number as a string, from "1"; slides and sheets
        count as pages) or "heading".
    :param label: the page number, or the heading's text as shown to a person.
    :param level: the heading's depth, from 1; 0 for a page.
    """

    start: int
    kind: MarkKind
    label: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one file, ready to be split.

    :param text: the whole text, with paragraphs separated by a blank line.
    :param title: the title the file itself gives, or None.
    :param media_type: such as "text/markdown".
    :param marks: pages and headings, in ascending order of `start`.
    """

    text: str
    title: str | None
    media_type: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of a document's text: `text == document.text[start:end]`, exactly.

    :param ordinal: the passage's position in its document, from 0.
    :param page: the page the passage begins on, as the format counts, or None.
    :param heading: the headings above the passage, joined by " › ", or None.
    """

    ordinal: int
    start: int
    end: int
    text: str
    page: int | None = None
    heading: str | None = None
