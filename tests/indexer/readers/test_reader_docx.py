"""Word documents: everything a person sees on the page, in the order of the page."""

import docx
import pytest
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from indexer.readers import docx as reader

LONG = {
    "ru": "Вода кипит при ста градусах.",
    "ar": "الماء يغلي عند مئة درجة.",
    "zh": "水在一百度时沸腾。",
    "hi": "पानी सौ डिग्री पर उबलता है।",
}


@pytest.fixture
def document():
    return docx.Document()


@pytest.fixture
def read(tmp_path, document):
    def save_and_read():
        document.save(str(tmp_path / "a.docx"))
        return reader.read(tmp_path / "a.docx")

    return save_and_read


def headings(document):
    marks = [mark for mark in document.marks if mark.kind == "heading"]
    assert all(document.text.startswith(mark.label, mark.start) for mark in marks)
    return [(mark.label, mark.level) for mark in marks]


def test_paragraphs_in_four_scripts_are_kept_apart(document, read):
    for text in LONG.values():
        document.add_paragraph(text)
    assert read().text == "\n\n".join(LONG.values())


def test_headings_are_marked_with_their_level(document, read):
    document.add_heading("Первая глава", 1)
    document.add_paragraph("Текст.")
    document.add_heading("小節", 2)
    document.add_paragraph("本文。")
    assert headings(read()) == [("Первая глава", 1), ("小節", 2)]


def test_a_style_made_from_a_heading_is_a_heading(document, read):
    style = document.styles.add_style("Mein Kapitel", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = document.styles["Heading 2"]
    document.add_paragraph("Kapitel", style="Mein Kapitel")
    assert headings(read()) == [("Kapitel", 2)]


def test_an_outline_level_alone_makes_a_heading(document, read):
    paragraph = document.add_paragraph("Only by its level")
    level = parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="2"/>')
    paragraph._p.get_or_add_pPr().append(level)
    assert headings(read()) == [("Only by its level", 3)]


def test_the_title_is_the_one_in_the_properties(document, read):
    document.core_properties.title = "Годовой отчёт"
    document.add_heading("Something else", 0)
    assert read().title == "Годовой отчёт"


def test_without_one_the_title_style_and_then_the_first_heading_give_it(document, read):
    document.core_properties.title = "Microsoft Word - draft.docx"
    document.add_heading("First heading", 1)
    assert read().title == "First heading"
    document.add_paragraph("The real title", style="Title")
    assert read().title == "The real title"


def test_a_document_that_names_nothing_has_no_title(document, read):
    document.add_paragraph("Plain text.")
    assert read().title is None


def test_a_table_stands_where_it_stands_with_a_line_for_each_row(document, read):
    document.add_paragraph("Before.")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ["Город", "Население", "Москва", "13 млн"], strict=True):
        cell.text = text
    document.add_paragraph("After.")
    assert read().text == "Before.\n\nГород | Население\nМосква | 13 млн\n\nAfter."


def test_a_table_that_is_only_layout_is_read_as_text(document, read):
    cell = document.add_table(1, 1).cell(0, 0)
    cell.paragraphs[0].text = "One."
    cell.add_paragraph("In the frame", style="Heading 1")
    assert read().text == "One.\n\nIn the frame"
    assert headings(read()) == [("In the frame", 1)]


def test_a_table_within_a_cell_is_read(document, read):
    cells = document.add_table(1, 2)._cells
    cells[0].text = "outer"
    cells[1].add_table(1, 1).cell(0, 0).text = "inner"
    assert read().text == "outer | inner"


def test_line_breaks_tabs_and_hyphens_are_characters(document, read):
    run = document.add_paragraph("one").add_run()
    run.add_break()
    run.add_text("two\tthree")
    run._r.append(parse_xml(f"<w:noBreakHyphen {nsdecls('w')}/>"))
    assert read().text == "one\ntwo\tthree-"


def test_what_was_deleted_is_gone_and_what_was_inserted_is_there(document, read):
    paragraph = document.add_paragraph("kept ")
    for tag, inner in (("ins", "<w:t>new</w:t>"), ("del", "<w:delText>old</w:delText>")):
        xml = f'<w:{tag} {nsdecls("w")} w:id="1" w:author="a"><w:r>{inner}</w:r></w:{tag}>'
        paragraph._p.append(parse_xml(xml))
    assert read().text == "kept new"


def test_a_content_control_is_read(document, read):
    document.element.body.insert(
        0,
        parse_xml(
            f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p>"
            "</w:sdtContent></w:sdt>"
        ),
    )
    assert read().text == "In a control."


def test_the_text_of_a_text_box_is_read_once(document, read):
    box = "<w:txbxContent><w:p><w:r><w:t>Boxed.</w:t></w:r></w:p></w:txbxContent>"
    paragraph = document.add_paragraph("Anchor.")
    paragraph._p.append(
        parse_xml(
            f'<w:r {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility'
            f'/2006"><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing>{box}</w:drawing>'
            f"</mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback>"
            "</mc:AlternateContent></w:r>"
        )
    )
    assert read().text == "Anchor.\n\nBoxed."


def test_a_footnote_follows_its_paragraph(document, read):
    notes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>'
        '<w:footnote w:id="2"><w:p><w:r><w:t>脚注です。</w:t></w:r></w:p></w:footnote>'
        "</w:footnotes>"
    )
    part = Part(
        PackURI("/word/footnotes.xml"),
        CONTENT_TYPE.WML_FOOTNOTES,
        notes.encode(),
        document.part.package,
    )
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    reference = parse_xml(f'<w:r {nsdecls("w")}><w:footnoteReference w:id="2"/></w:r>')
    document.add_paragraph("本文。")._p.append(reference)
    document.add_paragraph("次の段落。")
    assert read().text == "本文。\n\n脚注です。\n\n次の段落。"


def test_page_headers_stand_once_at_the_end_and_page_numbers_nowhere(document, read):
    document.add_paragraph("Text.")
    document.sections[0].header.paragraphs[0].text = "Ministry of Things"
    document.sections[0].footer.paragraphs[0].text = "12"
    document.add_section()
    document.sections[1].header.is_linked_to_previous = False
    document.sections[1].header.paragraphs[0].text = "Ministry of Things"
    assert read().text == "Text.\n\nMinistry of Things"
