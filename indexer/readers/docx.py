"""Word documents (DOCX) through python-docx.

The library opens the package, its styles and its properties. The text itself is walked in the XML
that it has parsed, because its own iteration passes over content controls, tracked insertions, text
boxes and footnotes, all of which a person sees on the page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.parser import parse_xml

from indexer.documents import Document
from indexer.readers.base import DEFAULT_LIMITS, DocumentBuilder, Limits, one_line
from indexer.readers.faults import reading_archive
from indexer.readers.titles import real_title

if TYPE_CHECKING:
    from docx.parts.document import DocumentPart
    from lxml.etree import _Element

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

CELL_SEPARATOR = " | "

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"

_LITERALS = {
    f"{_W}tab": "\t",
    f"{_W}ptab": "\t",
    f"{_W}cr": "\n",
    f"{_W}noBreakHyphen": "-",
}
# Deleted and moved-away text, properties, field codes, the small kana above a word (it repeats the
# word), and the second copy of a drawing kept for old programs.
_UNSEEN = frozenset(
    f"{_W}{name}"
    for name in ("pPr", "rPr", "del", "moveFrom", "instrText", "delText", "rt", "sectPr", "tblPr")
) | {f"{_MC}Fallback"}
_NOTE_REFERENCES = {f"{_W}footnoteReference": "footnote", f"{_W}endnoteReference": "endnote"}
_NOTE_PARTS = {
    RELATIONSHIP_TYPE.FOOTNOTES: "footnote",
    RELATIONSHIP_TYPE.ENDNOTES: "endnote",
}
_MARGIN_PARTS = (RELATIONSHIP_TYPE.HEADER, RELATIONSHIP_TYPE.FOOTER)

_HEADING_NAME = re.compile(r"heading ([1-9])", re.IGNORECASE)
_BODY_TEXT_LEVEL = 9  # the outline level that means "not a heading"
_TITLE_LEVEL = -1
_LETTER = re.compile(r"[^\W\d_]")


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a Word document.

    :param path: the file.
    :param limits: how much it may cost.
    :return: its text in document order: tables by rows, a footnote after its paragraph, page
        headers and footers once at the end.
    :raises UnreadableFileError: if it is damaged, encrypted, beyond a limit or without text.
    """
    with reading_archive("Word document", path, limits) as file:
        opened = docx.Document(file)
        walk = _Walk(
            DocumentBuilder(limits), _style_levels(opened.styles.element), _notes(opened.part)
        )
        walk.blocks(opened.element.body)
        for margin in _margins(opened.part):
            walk.builder.paragraph(margin)
        named = real_title(opened.core_properties.title)
        return walk.builder.build(named or walk.title or walk.first_heading, MEDIA_TYPE)


@dataclass(slots=True)
class _Walk:
    """A walk over the document's XML.

    :param builder: receives the text.
    :param levels: heading level by style id; `_TITLE_LEVEL` for the document's title.
    :param notes: footnotes and endnotes by kind and id.
    :param title: the first text in the Title style.
    :param first_heading: the first heading.
    """

    builder: DocumentBuilder
    levels: dict[str, int]
    notes: dict[tuple[str, str], "_Element"]
    title: str | None = None
    first_heading: str | None = None
    _noted: set[tuple[str, str]] = field(default_factory=set)

    def blocks(self, container: "_Element") -> None:
        """Add the paragraphs and tables of a container, in order."""
        for child in container:
            if child.tag == f"{_W}p":
                self._paragraph(child)
            elif child.tag == f"{_W}tbl":
                self._table(child)
            elif isinstance(child.tag, str) and child.tag not in _UNSEEN:
                self.blocks(child)

    def _paragraph(self, paragraph: "_Element") -> None:
        text = _text(paragraph)
        level = self._level(paragraph)
        if level > 0:
            self.builder.heading(text, level)
            self.first_heading = self.first_heading or text.strip()
        else:
            self.builder.paragraph(text)
            if level == _TITLE_LEVEL:
                self.title = self.title or text.strip()
        for box in _text_boxes(paragraph):
            self.blocks(box)
        self._notes_of(paragraph)

    def _notes_of(self, element: "_Element") -> None:
        for tag, kind in _NOTE_REFERENCES.items():
            for reference in element.iter(tag):
                key = (kind, reference.get(f"{_W}id", ""))
                if key in self.notes and key not in self._noted:
                    self._noted.add(key)
                    self.blocks(self.notes[key])

    def _table(self, table: "_Element") -> None:
        """Add a table, a line for each row; a row with one filled cell is layout, and so text."""
        rows: list[list[_Element]] = []
        for row in _children(table, f"{_W}tr"):
            cells = [cell for cell in _children(row, f"{_W}tc") if _all_text(cell)]
            if len(cells) == 1:
                self._rows(rows)
                self.blocks(cells[0])
            elif cells:
                rows.append(cells)
        self._rows(rows)

    def _rows(self, rows: list[list["_Element"]]) -> None:
        """Add the rows collected so far as one block, then the notes in them; forget them."""
        lines = (CELL_SEPARATOR.join(map(_all_text, cells)) for cells in rows)
        self.builder.paragraph("\n".join(lines))
        for cell in chain.from_iterable(rows):
            self._notes_of(cell)
        rows.clear()

    def _level(self, paragraph: "_Element") -> int:
        properties = paragraph.find(f"{_W}pPr")
        if properties is None:
            return 0
        outline = _outline_level(properties)
        if outline is not None:
            return outline
        style = properties.find(f"{_W}pStyle")
        return 0 if style is None else self.levels.get(style.get(f"{_W}val", ""), 0)


def _children(element: "_Element", tag: str) -> Iterator["_Element"]:
    """Yield the children of a tag, also those wrapped in a content control or an insertion."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}customXml", f"{_W}ins"):
            yield from _children(child, tag)


def _text(paragraph: "_Element") -> str:
    """Return a paragraph's own text, without that of text boxes anchored in it."""
    return "".join(_pieces(paragraph))


def _pieces(element: "_Element") -> Iterator[str]:
    for child in element:
        tag = child.tag
        if tag in (f"{_W}t", f"{_M}t"):
            yield child.text or ""
        elif tag in _LITERALS:
            yield _LITERALS[tag]
        elif tag == f"{_W}br":
            yield "\n" if child.get(f"{_W}type", "textWrapping") == "textWrapping" else ""
        elif isinstance(tag, str) and tag not in _UNSEEN and tag != f"{_W}txbxContent":
            yield from _pieces(child)


def _all_text(cell: "_Element") -> str:
    """Return, on one line, the text of everything in an element, nested tables included."""
    return one_line(" ".join(_text(paragraph) for paragraph in _seen(cell, f"{_W}p")))


def _text_boxes(paragraph: "_Element") -> Iterator["_Element"]:
    return _seen(paragraph, f"{_W}txbxContent")


def _seen(element: "_Element", tag: str) -> Iterator["_Element"]:
    """Yield the outermost elements of a tag that a person sees, in document order."""
    for child in element:
        if child.tag == tag:
            yield child
        elif isinstance(child.tag, str) and child.tag not in _UNSEEN:
            yield from _seen(child, tag)


def _outline_level(properties: "_Element") -> int | None:
    """Return the heading level that paragraph properties state, 0 for body text, or None."""
    outline = properties.find(f"{_W}outlineLvl")
    value = "" if outline is None else outline.get(f"{_W}val", "")
    if not value.isdecimal():
        return None
    return int(value) + 1 if int(value) < _BODY_TEXT_LEVEL else 0


def _style_levels(styles: "_Element") -> dict[str, int]:
    """Return the heading level of every paragraph style that has one, inherited ones included."""
    own: dict[str, int] = {}
    bases: dict[str, str] = {}
    for style in styles.iterchildren(f"{_W}style"):
        identifier = style.get(f"{_W}styleId", "")
        name, base = style.find(f"{_W}name"), style.find(f"{_W}basedOn")
        properties = style.find(f"{_W}pPr")
        label = "" if name is None else name.get(f"{_W}val", "")
        heading = _HEADING_NAME.fullmatch(label)
        outline = None if properties is None else _outline_level(properties)
        if heading:
            own[identifier] = int(heading[1])
        elif label.casefold() == "title":
            own[identifier] = _TITLE_LEVEL
        elif outline is not None:
            own[identifier] = outline
        if base is not None:
            bases[identifier] = base.get(f"{_W}val", "")
    return {identifier: _inherited(identifier, own, bases) for identifier in {*own, *bases}}


def _inherited(identifier: str, own: dict[str, int], bases: dict[str, str]) -> int:
    seen: set[str] = set()
    while identifier not in own and identifier in bases and identifier not in seen:
        seen.add(identifier)
        identifier = bases[identifier]
    return own.get(identifier, 0)


def _notes(part: "DocumentPart") -> dict[tuple[str, str], "_Element"]:
    notes: dict[tuple[str, str], _Element] = {}
    for relationship in part.rels.values():
        kind = _NOTE_PARTS.get(relationship.reltype)
        if kind is None or relationship.is_external:
            continue
        for note in parse_xml(relationship.target_part.blob).iterchildren(f"{_W}{kind}"):
            if note.get(f"{_W}type", "normal") == "normal":
                notes[kind, note.get(f"{_W}id", "")] = note
    return notes


def _margins(part: "DocumentPart") -> list[str]:
    """Return what page headers and footers say, each once; a page number says nothing."""
    texts: list[str] = []
    for relationship in part.rels.values():
        if relationship.reltype in _MARGIN_PARTS and not relationship.is_external:
            text = _all_text(parse_xml(relationship.target_part.blob))
            if _LETTER.search(text) and text not in texts:
                texts.append(text)
    return texts
