"""OpenDocument texts (ODT) through odfdo.

The library opens the package and parses its parts; nothing in a document is ever run, and its
macros and forms are not looked at. The text is walked element by element, because the library's own
rendering repeats a space as often as the file says, which may be a thousand million times.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import odfdo

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers.base import DEFAULT_LIMITS, DocumentBuilder, Limits, one_line
from indexer.readers.faults import reading_archive
from indexer.readers.titles import real_title

if TYPE_CHECKING:
    from odfdo import Element

MEDIA_TYPE = "application/vnd.oasis.opendocument.text"

CELL_SEPARATOR = " | "

_LITERALS = {"text:s": " ", "text:tab": "\t", "text:line-break": "\n"}
# Deleted text, remarks, forms, scripts, the small kana above a word (it repeats the word), and the
# lists of contents that the program makes from the headings.
_UNSEEN = frozenset(
    {
        "office:annotation",
        "office:annotation-end",
        "office:event-listeners",
        "office:forms",
        "office:scripts",
        "svg:desc",
        "svg:title",
        "text:alphabetical-index",
        "text:note-citation",
        "text:ruby-text",
        "text:table-of-content",
        "text:tracked-changes",
        "text:variable-decls",
    }
)
_PARAGRAPHS = frozenset({"text:p", "text:h"})
# What hangs on a paragraph and is read after it.
_HANGING = frozenset({"draw:text-box", "text:note-body"})
_ROW_GROUPS = frozenset({"table:table-header-rows", "table:table-rows", "table:table-row-group"})
_CELLS = frozenset({"table:table-cell", "table:covered-table-cell"})
_TITLE_STYLE = "Title"
_DEEPEST_HEADING = 10
_LETTER = re.compile(r"[^\W\d_]")
_SPACES_AROUND_BREAK = re.compile(r" *\n *")
_SPACES = re.compile(r"[ \t\r\n]+")


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read an OpenDocument text.

    :param path: the file.
    :param limits: how much it may cost.
    :return: its text in document order: tables by rows, a footnote after its paragraph, page
        headers and footers once at the end.
    :raises UnreadableFileError: if it is damaged, encrypted, beyond a limit or without text.
    """
    with reading_archive("OpenDocument text", path, limits) as file:
        opened = odfdo.Document(BytesIO(file.read()))
        _refuse_encrypted(opened)
        walk = _Walk(DocumentBuilder(limits), _title_styles(opened))
        walk.blocks(opened.body)
        for margin in _margins(opened):
            walk.builder.paragraph(margin)
        named = real_title(opened.meta.title)
        return walk.builder.build(named or walk.title or walk.first_heading, MEDIA_TYPE)


@dataclass(slots=True)
class _Walk:
    """A walk over the elements of a document.

    :param builder: receives the text.
    :param title_styles: the names of the styles that mark the document's title.
    :param title: the first text in such a style.
    :param first_heading: the first heading.
    """

    builder: DocumentBuilder
    title_styles: frozenset[str]
    title: str | None = None
    first_heading: str | None = None

    def blocks(self, container: "Element") -> None:
        """Add the paragraphs and tables of a container, in order."""
        for child in container.children:
            if child.tag in _PARAGRAPHS:
                self._paragraph(child)
            elif child.tag == "table:table":
                self._table(child)
            elif child.tag not in _UNSEEN:
                self.blocks(child)

    def _paragraph(self, paragraph: "Element") -> None:
        text = _SPACES_AROUND_BREAK.sub("\n", "".join(_pieces(paragraph)))
        if paragraph.tag == "text:h":
            self.builder.heading(text, _heading_level(paragraph))
            self.first_heading = self.first_heading or text.strip()
        else:
            self.builder.paragraph(text)
            if paragraph.get_attribute("text:style-name") in self.title_styles:
                self.title = self.title or text.strip()
        for hanging in _outermost(paragraph, _HANGING):
            self.blocks(hanging)

    def _table(self, table: "Element") -> None:
        """Add a table, a line for each row; a row with one filled cell is layout, and so text."""
        lines: list[str] = []
        for row in _rows(table):
            cells = [cell for cell in row.children if cell.tag in _CELLS and _all_text(cell)]
            if len(cells) != 1:
                lines.append(CELL_SEPARATOR.join(map(_all_text, cells)))
                continue
            self.builder.paragraph("\n".join(lines))
            lines.clear()
            self.blocks(cells[0])
        self.builder.paragraph("\n".join(filter(None, lines)))


def _pieces(element: "Element") -> Iterator[str]:
    """Yield the text of a paragraph in order, without that of what hangs on it."""
    yield _SPACES.sub(" ", element.text or "")
    for child in element.children:
        if child.tag in _LITERALS:
            yield _LITERALS[child.tag]
        elif child.tag not in _UNSEEN and child.tag not in _HANGING:
            yield from _pieces(child)
        yield _SPACES.sub(" ", child.tail or "")


def _outermost(element: "Element", tags: frozenset[str]) -> Iterator["Element"]:
    """Yield the outermost elements of some tags below an element, in document order."""
    for child in element.children:
        if child.tag in tags:
            yield child
        elif child.tag not in _UNSEEN:
            yield from _outermost(child, tags)


def _rows(table: "Element") -> Iterator["Element"]:
    for child in table.children:
        if child.tag == "table:table-row":
            yield child
        elif child.tag in _ROW_GROUPS:
            yield from _rows(child)


def _all_text(element: "Element") -> str:
    """Return, on one line, the text of everything in an element, nested tables included."""
    return one_line(" ".join("".join(_pieces(p)) for p in _outermost(element, _PARAGRAPHS)))


def _heading_level(heading: "Element") -> int:
    level = str(heading.get_attribute("text:outline-level") or "")
    return min(int(level), _DEEPEST_HEADING) if level.isdecimal() else 1


def _title_styles(document: odfdo.Document) -> frozenset[str]:
    """Return the Title style's name and those of the automatic styles that vary it."""
    automatic = document.content.get_elements("//office:automatic-styles/style:style")
    return frozenset(
        {_TITLE_STYLE}
        | {
            str(style.get_attribute("style:name"))
            for style in automatic
            if style.get_attribute("style:parent-style-name") == _TITLE_STYLE
        }
    )


def _margins(document: odfdo.Document) -> list[str]:
    """Return what page headers and footers say, each once; a page number says nothing."""
    texts: list[str] = []
    for element in document.styles.get_elements("//style:header | //style:footer"):
        text = _all_text(element)
        if _LETTER.search(text) and text not in texts:
            texts.append(text)
    return texts


def _refuse_encrypted(document: odfdo.Document) -> None:
    """Refuse a document whose parts are encrypted inside an ordinary archive.

    :raises UnreadableFileError: if it is.
    """
    package = document.container
    manifest = package.get_part("META-INF/manifest.xml") if package else None
    if isinstance(manifest, bytes) and b"encryption-data" in manifest:
        raise UnreadableFileError("the OpenDocument text is protected by a password")
