"""OpenDocument texts: everything a person sees on the page, in the order of the page."""

import zipfile

import odfdo
import pytest

from indexer.errors import UnreadableFileError
from indexer.readers import odt as reader


@pytest.fixture
def document():
    empty = odfdo.Document("text")
    empty.body.clear()
    return empty


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.odt"


@pytest.fixture
def read(path, document):
    def save_and_read():
        document.save(str(path))
        return reader.read(path)

    return save_and_read


@pytest.fixture
def read_xml(path, document):
    """Read a document whose body is some XML."""

    def write_and_read(xml):
        document.body.append(odfdo.Paragraph("BODY"))
        document.save(str(path))
        replace_in(path, "content.xml", b"<text:p>BODY</text:p>", xml.encode())
        return reader.read(path)

    return write_and_read


def replace_in(path, member, old, new):
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert old in contents[member]
    contents[member] = contents[member].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


def test_headings_and_paragraphs_in_four_scripts_are_in_order_and_marked(document, read):
    parts = [
        ("Κεφάλαιο", "Κείμενο εδώ."),
        ("פרק", "טקסט כאן."),
        ("第一章", "正文。"),
        ("บท", "ข้อความ"),
    ]
    for level, (heading, text) in enumerate(parts, start=1):
        document.body.append(odfdo.Header(level, heading))
        document.body.append(odfdo.Paragraph(text))
    result = read()
    assert result.text == "\n\n".join(text for part in parts for text in part)
    assert [(m.kind, m.label, m.level, m.start) for m in result.marks] == [
        ("heading", heading, level, result.text.index(heading))
        for level, (heading, _) in enumerate(parts, start=1)
    ]


def test_spaces_tabs_and_line_breaks_are_characters(document, read):
    document.body.append(odfdo.Paragraph("one  two\tthree\nfour"))
    assert read().text == "one  two\tthree\nfour"


def test_the_line_ends_of_the_xml_are_not_those_of_the_text(read_xml):
    assert read_xml("<text:p>one\n    two</text:p>").text == "one two"


def test_a_space_repeated_a_thousand_million_times_is_a_space(read_xml):
    assert read_xml('<text:p>a<text:s text:c="1000000000"/>b</text:p>').text == "a b"


def test_a_table_has_a_line_for_each_row(document, read):
    table = odfdo.Table("T", width=2, height=2)
    table.set_values([["Город", "Население"], ["Омск", "1100000"]])
    document.body.append(odfdo.Paragraph("Before."))
    document.body.append(table)
    document.body.append(odfdo.Paragraph("After."))
    assert read().text == "Before.\n\nГород | Население\nОмск | 1100000\n\nAfter."


def test_lists_within_lists_are_read(document, read):
    document.body.append(odfdo.List(["один", odfdo.ListItem(odfdo.List(["два"]))]))
    assert read().text == "один\n\nдва"


def test_a_footnote_follows_its_paragraph_and_a_remark_is_left_out(read_xml):
    xml = (
        "<text:p>本文<text:note text:note-class='footnote'><text:note-citation>1"
        "</text:note-citation><text:note-body><text:p>脚注</text:p></text:note-body></text:note>"
        "続き<office:annotation><text:p>remark</text:p></office:annotation></text:p>"
        "<text:p>次</text:p>"
    )
    assert read_xml(xml).text == "本文続き\n\n脚注\n\n次"


def test_deleted_text_and_lists_of_contents_are_left_out(read_xml):
    xml = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>old</text:p>"
        "</text:deletion></text:changed-region></text:tracked-changes>"
        "<text:table-of-content><text:index-body><text:p>contents 1</text:p></text:index-body>"
        "</text:table-of-content><!-- a comment --><text:p>new <!-- here --> text</text:p>"
    )
    assert read_xml(xml).text == "new text"


def test_sections_and_frames_are_read(read_xml):
    xml = (
        "<text:section><text:p>In a section.<draw:frame><draw:text-box><text:p>In a frame.</text:p>"
        "</draw:text-box></draw:frame></text:p></text:section>"
    )
    assert read_xml(xml).text == "In a section.\n\nIn a frame."


def test_the_small_kana_above_a_word_do_not_repeat_it(read_xml):
    xml = (
        "<text:p><text:ruby><text:ruby-base>東京</text:ruby-base><text:ruby-text>とうきょう"
        "</text:ruby-text></text:ruby>へ</text:p>"
    )
    assert read_xml(xml).text == "東京へ"


def test_the_title_is_in_the_properties_or_the_title_style_or_the_first_heading(document, read):
    document.body.append(odfdo.Header(1, "Erste Überschrift"))
    assert read().title == "Erste Überschrift"
    document.body.append(odfdo.Paragraph("Der Titel", style="Title"))
    assert read().title == "Der Titel"
    document.meta.title = "Untitled 1"
    assert read().title == "Der Titel"
    document.meta.title = "Aus den Eigenschaften"
    assert read().title == "Aus den Eigenschaften"


def test_a_document_under_a_password_is_refused_as_such(document, read, path):
    document.body.append(odfdo.Paragraph("Secret."))
    read()
    replace_in(
        path,
        "META-INF/manifest.xml",
        b"</manifest:manifest>",
        b'<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">'
        b"<manifest:encryption-data/></manifest:file-entry></manifest:manifest>",
    )
    with pytest.raises(UnreadableFileError, match="password"):
        reader.read(path)


def test_a_document_of_the_text_alone_is_read(document, read, path):
    document.body.append(odfdo.Paragraph("Bare."))
    read()
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in ("mimetype", "content.xml")}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in kept.items():
            archive.writestr(name, content)
    assert reader.read(path).text == "Bare."
