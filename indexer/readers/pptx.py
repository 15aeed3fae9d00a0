"""PowerPoint presentations (PPTX) through python-pptx: a slide is a page."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pptx
from lxml import etree
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.shapes.autoshape import Shape
from pptx.shapes.graphfrm import GraphicFrame
from pptx.shapes.group import GroupShape

from indexer.documents import Document
from indexer.readers.base import DEFAULT_LIMITS, DocumentBuilder, Limits, one_line
from indexer.readers.faults import reading_archive
from indexer.readers.titles import real_title

if TYPE_CHECKING:
    from pptx.shapes.base import BaseShape
    from pptx.slide import Slide
    from pptx.text.text import TextFrame

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

CELL_SEPARATOR = " | "

# What every slide repeats: it would make all slides of a deck look alike.
_FURNITURE = frozenset(
    {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.HEADER}
)

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_DIAGRAM_DATA = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a presentation.

    :param path: the file.
    :param limits: how much it may cost; `max_pages` bounds the slides.
    :return: its text slide by slide: the title as a heading, the shapes in their order with tables
        by rows and diagrams, then the speaker's notes.
    :raises UnreadableFileError: if it is damaged, encrypted, beyond a limit or without text.
    """
    with reading_archive("PowerPoint presentation", path, limits) as file:
        presentation = pptx.Presentation(file)
        builder = DocumentBuilder(limits)
        first_title: str | None = None
        for number, slide in enumerate(presentation.slides, start=1):
            builder.page(number)
            title = slide.shapes.title
            if title is not None:
                builder.heading(title.text_frame.text, 1)
                first_title = first_title or real_title(title.text_frame.text)
            for block in _slide_blocks(slide):
                builder.paragraph(block)
        return builder.build(
            real_title(presentation.core_properties.title) or first_title, MEDIA_TYPE
        )


def _slide_blocks(slide: "Slide") -> Iterator[str]:
    title = slide.shapes.title
    skipped = None if title is None else title.shape_id
    yield from _shape_blocks(shape for shape in slide.shapes if shape.shape_id != skipped)
    if slide.has_notes_slide:
        notes = slide.notes_slide.notes_text_frame
        if notes is not None:
            yield from _frame_blocks(notes)


def _shape_blocks(shapes: Iterable["BaseShape"]) -> Iterator[str]:
    for shape in shapes:
        if shape.is_placeholder and shape.placeholder_format.type in _FURNITURE:
            continue
        if isinstance(shape, GroupShape):
            yield from _shape_blocks(shape.shapes)
        elif isinstance(shape, Shape):
            yield from _frame_blocks(shape.text_frame)
        elif isinstance(shape, GraphicFrame) and shape.has_table:
            rows = (
                [one_line(cell.text_frame.text) for cell in row.cells] for row in shape.table.rows
            )
            yield "\n".join(CELL_SEPARATOR.join(filter(None, row)) for row in rows if any(row))
        else:
            yield from _diagram_blocks(shape)


def _frame_blocks(frame: "TextFrame") -> Iterator[str]:
    for paragraph in frame.paragraphs:
        yield paragraph.text


def _diagram_blocks(shape: "BaseShape") -> Iterator[str]:
    """Yield the texts of a SmartArt diagram, which stand in a part of their own."""
    for reference in shape.element.iter(_DIAGRAM):
        identifier = reference.get(_DIAGRAM_DATA, "")
        if identifier not in shape.part.rels:
            continue
        data = etree.fromstring(shape.part.related_part(identifier).blob, _PARSER)
        for paragraph in data.iter(f"{_A}p"):
            yield "".join(text.text or "" for text in paragraph.iter(f"{_A}t"))
