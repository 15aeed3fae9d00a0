r"""RTF: letters in every way that programs write them, paragraphs, headings, titles."""

import time

import pytest

from indexer.errors import UnreadableFileError
from indexer.readers import rtf as reader

FONTS = (
    rb"{\fonttbl{\f0\froman\fcharset0 Times New Roman;}{\f1\fmodern\fcharset128 MS Mincho;}"
    rb"{\f2\fcharset134 SimSun;}{\f3\fcharset129 Batang;}{\f4\fcharset204 Arial Cyr;}"
    rb"{\f5\fcharset161 Arial Greek;}{\f6\fcharset177 David;}}"
)


@pytest.fixture
def read(tmp_path):
    def write_and_read(body, start=rb"{\rtf1\ansi\ansicpg1252\deff0" + FONTS):
        (tmp_path / "a.rtf").write_bytes(start + body + b"}")
        return reader.read(tmp_path / "a.rtf")

    return write_and_read


def as_hex(text, encoding):
    return b"".join(b"\\'%02x" % byte for byte in text.encode(encoding))


def as_rich_edit(text, encoding):
    """Write only what is not ASCII as hexadecimal, so second bytes may look like letters."""
    return b"".join(
        bytes([byte]) if byte < 0x80 and byte not in b"\\{}" else b"\\'%02x" % byte
        for byte in text.encode(encoding)
    )


def as_unicode(text, substitute=b"?"):
    units = memoryview(text.encode("utf-16-le")).cast("H")
    return b"".join(b"\\u%d%s" % (unit - 65536 * (unit > 32767), substitute) for unit in units)


@pytest.mark.parametrize("written", [as_hex, as_rich_edit])
@pytest.mark.parametrize(
    ("font", "encoding", "text"),
    [
        (1, "cp932", "テスト文書の表示ソフト能ｱｲｳ"),
        (2, "cp936", "中文内容，编码测试。"),
        (3, "cp949", "한국어 문서입니다"),
        (4, "cp1251", "Съешь же ещё этих булок"),
        (5, "cp1253", "Καλημέρα κόσμε"),
        (6, "cp1255", "שלום עולם"),
        (0, "cp1252", "naïve café — “quoted”"),
    ],
)
def test_bytes_are_letters_in_the_code_page_of_their_font(read, written, font, encoding, text):
    assert read(rb"\f%d " % font + written(text, encoding) + rb"\par").text == text


def test_raw_bytes_are_read_like_those_in_hexadecimal(read):
    assert read(rb"\f4 " + "Привет".encode("cp1251")).text == "Привет"


def test_the_code_page_of_the_file_holds_where_no_font_says_otherwise(read):
    start = rb"{\rtf1\ansi\ansicpg1251 "
    assert read(as_hex("Без таблицы шрифтов", "cp1251"), start).text == "Без таблицы шрифтов"


@pytest.mark.parametrize("text", ["漢字かな", "Привет", "Ελλάδα", "😀 emoji", "नमस्ते"])
def test_escaped_unicode_is_read_without_its_substitutes(read, text):
    assert read(as_unicode(text)).text == text
    assert read(rb"\uc0" + as_unicode(text, b" ")).text == text
    assert read(rb"\uc2" + as_unicode(text, rb"\'82\'a0")).text == text


def test_a_group_ends_what_it_changed(read):
    body = rb"{\f1 " + as_rich_edit("表", "cp932") + rb"}\f0 caf\'e9s {\uc0\u233 s} \u233?s"
    assert read(body).text == "表cafés és és"


def test_paragraphs_lines_and_escapes(read):
    assert read(rb"One\line two\par Three \{braces\} \\ slash\par\par Four\~five\-six").text == (
        "One\ntwo\n\nThree {braces} \\ slash\n\nFour\xa0fivesix"
    )


def test_a_table_row_is_a_paragraph(read):
    assert read(rb"\trowd\intbl Stadt\cell a | b\cell\cell\row\pard End\par").text == (
        "Stadt | a | b\n\nEnd"
    )


def test_headings_by_style_and_by_outline_level_are_marked(read):
    styles = rb"{\stylesheet{\s0 Normal;}{\s1\b heading 1;}{\s7\outlinelevel2 Eigen;}{\s9 Title;}}"
    body = styles + (
        rb"\pard\s9 The title\par\pard\plain\s1 Chapter\par\pard\plain Text.\par"
        rb"\pard\s7 Deeper\par\pard\outlinelevel1 Level\par\pard Text.\par"
    )
    document = read(body)
    assert [(m.kind, m.label, m.level) for m in document.marks] == [
        ("heading", "Chapter", 1),
        ("heading", "Deeper", 3),
        ("heading", "Level", 2),
    ]
    assert all(document.text.startswith(mark.label, mark.start) for mark in document.marks)
    assert document.title == "The title"
    assert document.text.startswith("The title\n\nChapter\n\nText.\n\nDeeper")


@pytest.mark.parametrize(
    "title",
    [
        rb"{\title " + as_hex("Отчёт", "cp1251") + rb"}",
        rb"{\upr{\title ?????}{\*\ud{\title " + as_unicode("Отчёт") + rb"}}}",
    ],
)
def test_the_title_is_the_one_in_the_information(read, title):
    start = rb"{\rtf1\ansi\ansicpg1251{\info" + title + rb"{\author Someone}}"
    document = read(rb"Text.\par", start)
    assert document.title == "Отчёт"
    assert document.text == "Text."


def test_pictures_objects_and_field_codes_leave_nothing(read):
    body = (
        rb"A{\pict\pngblip 89504e470d0a}{\*\shppict{\pict\bin6 {{}\x}}}"
        rb'{\field{\*\fldinst HYPERLINK "http://example.org"}{\fldrslt link}} B'
    )
    assert read(body).text == "Alink B"


def test_many_links_in_one_line_take_no_time(read):
    links = rb'{\field{\*\fldinst{HYPERLINK "x"}}{\fldrslt link }}' * 5_000
    began = time.perf_counter()
    assert read(links).text.split() == ["link"] * 5_000
    assert time.perf_counter() - began < 5


def test_what_is_not_rtf_is_refused(tmp_path):
    (tmp_path / "a.rtf").write_bytes(b"plain text")
    with pytest.raises(UnreadableFileError, match="not RTF"):
        reader.read(tmp_path / "a.rtf")


def test_a_document_without_text_is_refused(read):
    with pytest.raises(UnreadableFileError, match="contains no text"):
        read(rb"\par\par")
