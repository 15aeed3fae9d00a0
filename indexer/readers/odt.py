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
from lxml import etree

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers.base import DEFAULT_LIMITS, DocumentBuilder, Limits, one_line
from indexer.readers.faults import reading_archive
from indexer.readers.titles import real_title

if TYPE_CHECKING:
    from odfdo import Element

MEDIA_TYPE = "application/vnd.oasis.opendocument.text"

CELL_SEPARATOR = " | "

_MANIFEST = "META-INF/manifest.xml"
_PARTS = frozenset({"content.xml", "styles.xml", "meta.xml"})

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
        package = odfdo.Container(BytesIO(file.read()))
        parts = package.get_parts()
        _refuse_encrypted(package, parts)
        for part in _PARTS.intersection(parts):
            package.set_part(part, _plain_xml(package.get_part(part)))
        opened = odfdo.Document(package)
        walk = _Walk(DocumentBuilder(limits), _title_styles(opened))
        walk.blocks(opened.body)
        for margin in _margins(opened) if "styles.xml" in parts else ():
            walk.builder.paragraph(margin)
        named = real_title(opened.meta.title) if "meta.xml" in parts else None
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


def _plain_xml(data: bytes | str | None) -> bytes:
    """Return XML without comments, on which the library fails, and without what entities stand for.

    A document that uses entities of its own no longer parses: no program writes such a one.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(data.encode() if isinstance(data, str) else data or b"", parser)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _refuse_encrypted(package: odfdo.Container, parts: list[str]) -> None:
    """Refuse a document whose parts are encrypted inside an ordinary archive.

    :raises UnreadableFileError: if it is.
    """
    manifest = package.get_part(_MANIFEST) if _MANIFEST in parts else b""
    if isinstance(manifest, bytes) and b"encryption-data" in manifest:
        raise UnreadableFileError("the OpenDocument text is protected by a password")
