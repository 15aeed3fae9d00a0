"""HTML, by events rather than by a tree.

Pages come from anywhere: a tree of a hundred thousand nested elements exhausts the parser's depth
and loses the text at the bottom, while events cost the same at any depth. `fill_from_html` also
serves the formats that carry HTML inside (Markdown, e-mail, EPUB).
"""

import re
from pathlib import Path
from typing import Any, cast

from lxml import etree

from indexer.documents import Document
from indexer.readers.base import (
    DEFAULT_LIMITS,
    DocumentBuilder,
    Limits,
    one_line,
    read_bytes,
    unwrap,
)
from indexer.readers.encoding import decode

MEDIA_TYPE = "text/html"

# Where a page may name its encoding; browsers look at the first kilobyte, old generators write
# long comments before it.
_PRESCAN_BYTES = 4096
_META_CHARSET = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w:.-]+)", re.IGNORECASE)

# What a reader of the page does not see as its text.
_DROPPED = frozenset(
    "audio button canvas datalist embed iframe map nav noembed noframes noscript object script"
    " select style svg template textarea video".split()
)
# Links to other pages, as DocBook, Sphinx, Javadoc and wikis mark them beside the element `nav`.
# A table of contents has the words of every heading, and would answer every question in place of
# the section that does.
_NAVIGATION_CLASSES = frozenset(
    "breadcrumb breadcrumbs headerlink navbar navfooter navheader sphinxsidebar table-of-contents"
    " toc toctree-wrapper".split()
)
_NAVIGATION_ROLES = frozenset({"doc-toc", "navigation"})
# The text of a link from a heading to itself.
_PERMALINKS = frozenset("#¶§🔗")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    "address article aside blockquote body caption center details dialog dir div dl fieldset"
    " figcaption figure footer form head header hgroup hr html legend main menu ol p pre search"
    " section summary table tbody tfoot thead ul".split()
)
# A list's items and a table's rows stay together in one block, a line each.
_LINES = frozenset("br dd dt li option tr".split())
_CELLS = frozenset({"td", "th"})
_CELL_SEPARATOR = " | "

_FEED_CHARACTERS = 1_000_000
_SPACES = re.compile(r"[^\S\n]+")


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read an HTML file; see `registry.read`."""
    return parse(read_bytes(path, limits), limits)


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read HTML from bytes.

    :param data: the content of a file.
    :param limits: how much it may cost.
    :return: the text, with headings as marks, titled by `<title>` or else the first `<h1>`.
    :raises UnreadableFileError: if it is not text or has none.
    """
    builder = DocumentBuilder(limits)
    title = fill_from_html(builder, decode(data, _declared_encoding(data)))
    return builder.build(title, MEDIA_TYPE)


def fill_from_html(builder: DocumentBuilder, markup: str) -> str | None:
    """Add the blocks of a page, or of a piece of one, to a document.

    :param builder: receives headings and paragraphs in reading order.
    :param markup: HTML, however malformed.
    :return: the text of `<title>`, else of the first `<h1>`, else None.
    """
    markup = markup.replace("\0", " ")
    target = _Target(builder)
    parser = etree.HTMLParser(target=cast(Any, target), encoding="utf-8", huge_tree=True)
    for start in range(0, len(markup), _FEED_CHARACTERS):
        piece = markup[start : start + _FEED_CHARACTERS]
        parser.feed(piece.encode("utf-8", errors="replace"))
    if markup:
        parser.close()
    target.flush()
    return target.title or target.first_heading


def _declared_encoding(data: bytes) -> str | None:
    head = data[:_PRESCAN_BYTES]
    match = _META_CHARSET.search(head) or _XML_ENCODING.search(head)
    if match is None:
        return None
    name = match.group(1).decode("ascii", errors="replace").lower()
    # A declaration that could be read byte by byte is not in UTF-16, whatever it says.
    return None if name.startswith(("utf-16", "utf-32", "ucs")) else name


class _Target:
    """Receives the parser's events and gives the builder whole blocks."""

    def __init__(self, builder: DocumentBuilder) -> None:
        self.title: str | None = None
        self.first_heading: str | None = None
        self._builder = builder
        self._pieces: list[str] = []
        self._dropped = 0  # depth below a dropped element
        self._preformatted = 0
        self._heading = 0
        self._link = 0  # where in the pieces the text of the link begins
        self._title: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._dropped or tag in _DROPPED or _is_navigation(tag, attributes):
            self._dropped += 1
        elif tag == "title":
            self._title = []
        elif tag in _HEADINGS:
            self.flush()
            self._heading = _HEADINGS[tag]
        elif tag in _BLOCKS:
            self.flush()
            self._preformatted += tag == "pre"
        elif tag in _LINES:
            self._pieces.append("\v")
        elif tag in _CELLS:
            self._pieces.append(_CELL_SEPARATOR)
        elif tag == "a":
            self._link = len(self._pieces)
        elif tag == "img" and (description := attributes.get("alt", "").strip()):
            self._pieces.append(f" {description} ")

    def end(self, tag: str) -> None:
        if self._dropped:
            self._dropped -= 1
        elif tag == "title" and self._title is not None:
            self.title = self.title or one_line("".join(self._title)) or None
            self._title = None
        elif tag in _HEADINGS or tag in _BLOCKS:
            self.flush()
            self._preformatted -= tag == "pre" and self._preformatted > 0
        elif tag == "a" and self._pieces[-1:] and self._pieces[-1].strip() in _PERMALINKS:
            if len(self._pieces) == self._link + 1:
                self._pieces.pop()
        elif tag in _LINES and tag != "br":
            self._pieces.append("\v")

    def data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data)
        elif not self._dropped:
            self._pieces.append(data.replace("\n", "\v") if self._preformatted else data)

    def comment(self, text: str) -> None:
        """Drop it."""

    def close(self) -> None:
        """Do nothing; the parser asks for it."""

    def flush(self) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        level, self._heading = self._heading, 0
        if self._preformatted:
            self._builder.paragraph(text.replace("\v", "\n"))
            return
        lines = (_tidy(line) for line in text.split("\v"))
        text = "\n".join(line for line in lines if line)
        if level:
            self._builder.heading(text, level)
            if level == 1 and self.first_heading is None:
                self.first_heading = text or None
        else:
            self._builder.paragraph(text)


def _is_navigation(tag: str, attributes: dict[str, str]) -> bool:
    if tag in {"html", "body"}:
        return False
    if attributes.get("role", "").strip().lower() in _NAVIGATION_ROLES:
        return True
    if attributes.get("id") == "toc":
        return True
    return not _NAVIGATION_CLASSES.isdisjoint(attributes.get("class", "").lower().split())


def _tidy(line: str) -> str:
    """Return one line as a browser would lay it out, without the separators of empty cells."""
    line = _SPACES.sub(" ", unwrap(line)).strip()
    if _CELL_SEPARATOR.strip() not in line:
        return line
    return line.strip("| ").replace("|  |", "|")
