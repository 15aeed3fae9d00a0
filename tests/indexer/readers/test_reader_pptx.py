"""Presentations: a slide is a page, its title a heading, its notes part of it."""

import pptx
import pytest
from pptx.opc.package import Part
from pptx.opc.packuri import PackURI
from pptx.oxml import parse_xml
from pptx.util import Inches

from indexer.errors import UnreadableFileError
from indexer.readers import pptx as reader
from indexer.readers.base import Limits

TITLE_AND_CONTENT, TITLE_ONLY, BLANK = 1, 5, 6
BOX = (Inches(1), Inches(1), Inches(4), Inches(1))


@pytest.fixture
def deck():
    return pptx.Presentation()


@pytest.fixture
def read(tmp_path, deck):
    def save_and_read(limits=None):
        deck.save(str(tmp_path / "a.pptx"))
        return reader.read(tmp_path / "a.pptx", *([limits] if limits else []))

    return save_and_read


def add_slide(deck, title=None, text=None, notes=None):
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_AND_CONTENT if title else BLANK])
    if title:
        slide.shapes.title.text = title
        slide.placeholders[1].text = text or ""
    if notes:
        slide.notes_slide.notes_text_frame.text = notes
    return slide


def test_slides_are_pages_and_their_titles_headings_in_four_scripts(deck, read):
    slides = [
        ("Погода", "Завтра дождь"),
        ("天気", "明日は雨"),
        ("الطقس", "غدا مطر"),
        ("อากาศ", "พรุ่งนี้ฝนตก"),
    ]
    for title, text in slides:
        add_slide(deck, title, text)
    document = read()
    assert document.text == "\n\n".join(part for slide in slides for part in slide)
    pages = [(m.label, m.start) for m in document.marks if m.kind == "page"]
    assert pages == [(str(n), document.text.index(t)) for n, (t, _) in enumerate(slides, start=1)]
    titles = [(m.label, m.level, m.start) for m in document.marks if m.kind == "heading"]
    assert titles == [(title, 1, document.text.index(title)) for title, _ in slides]


def test_the_notes_of_the_speaker_belong_to_the_slide(deck, read):
    add_slide(deck, "One", "seen", "said\nand said")
    add_slide(deck, "Two", "seen too")
    assert read().text == "One\n\nseen\n\nsaid\n\nand said\n\nTwo\n\nseen too"


def test_a_slide_without_text_counts_and_has_no_mark(deck, read):
    add_slide(deck, "One")
    add_slide(deck)
    add_slide(deck, "Three")
    assert [m.label for m in read().marks if m.kind == "page"] == ["1", "3"]


def test_a_table_has_a_line_for_each_row(deck, read):
    table = add_slide(deck).shapes.add_table(2, 2, *BOX).table
    for cell, text in zip(table.iter_cells(), ["城市", "人口", "北京", "2154万"], strict=True):
        cell.text = text
    assert read().text == "城市 | 人口\n北京 | 2154万"


def test_shapes_in_groups_are_read(deck, read):
    group = add_slide(deck).shapes.add_group_shape()
    group.shapes.add_textbox(*BOX).text_frame.text = "outer"
    group.shapes.add_group_shape().shapes.add_textbox(*BOX).text_frame.text = "inner"
    assert read().text == "outer\n\ninner"


def test_a_diagram_is_read(deck, read):
    slide = add_slide(deck)
    a = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    data = f"<d {a}><a:p><a:r><a:t>Schritt eins</a:t></a:r></a:p></d>".encode()
    part = Part(PackURI("/ppt/diagrams/data1.xml"), "application/xml", slide.part.package, data)
    relationship = slide.part.relate_to(part, "http://example.org/diagramData")
    slide.shapes._spTree.append(
        parse_xml(
            '<p:graphicFrame xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
            f'{a} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
            '<p:nvGraphicFramePr><p:cNvPr id="9" name="d"/><p:cNvGraphicFramePr/><p:nvPr/>'
            "</p:nvGraphicFramePr><p:xfrm/><a:graphic><a:graphicData "
            'uri="http://schemas.openxmlformats.org/drawingml/2006/diagram"><dgm:relIds '
            'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
            f'r:dm="{relationship}"/></a:graphicData></a:graphic></p:graphicFrame>'
        )
    )
    assert read().text == "Schritt eins"


def test_the_title_is_the_one_in_the_properties_or_that_of_the_first_slide(deck, read):
    add_slide(deck)
    add_slide(deck, "Добро пожаловать")
    assert read().title == "Добро пожаловать"
    deck.core_properties.title = "PowerPoint Presentation"
    assert read().title == "Добро пожаловать"
    deck.core_properties.title = "Наш доклад"
    assert read().title == "Наш доклад"


def test_more_slides_than_the_limit_are_refused(deck, read):
    for _ in range(3):
        add_slide(deck, "Slide")
    with pytest.raises(UnreadableFileError, match="more than 2 pages"):
        read(Limits(max_pages=2))
