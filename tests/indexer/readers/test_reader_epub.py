"""EPUB: chapters in the order of the spine, headings, titles, and books that are locked."""

import zipfile

import pytest

from indexer.errors import UnreadableFileError
from indexer.readers import epub as reader

CONTAINER = (
    '<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
)
XHTML = "application/xhtml+xml"
NAV = (
    '<html xmlns:epub="http://www.idpf.org/2007/ops"><body><nav epub:type="toc"><ol>{}</ol></nav>'
    "</body></html>"
)
NCX = (
    '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap><navPoint><navLabel><text>Глава из'
    ' оглавления</text></navLabel><content src="Text/c1.xhtml#top"/></navPoint></navMap></ncx>'
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.epub"


@pytest.fixture
def write(path):
    def write_book(chapters, spine=None, title="", extra=(), files=None):
        """Write a book; `extra` are further manifest entries (id, href, type, properties)."""
        items = [(f"c{n}", f"Text/{name}", XHTML, "") for n, name in enumerate(chapters)]
        manifest = "".join(
            f'<item id="{i}" href="{href}" media-type="{kind}" properties="{properties}"/>'
            for i, href, kind, properties in [*items, *extra]
        )
        order = "".join(f'<itemref idref="{i}"/>' for i in spine or [item[0] for item in items])
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mimetype", "application/epub+zip")
            archive.writestr("META-INF/container.xml", CONTAINER)
            archive.writestr(
                "OPS/book.opf",
                '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
                f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title>'
                f"</metadata><manifest>{manifest}</manifest><spine>{order}</spine></package>",
            )
            for name, body in chapters.items():
                markup = f"<html><head><title>t</title></head><body>{body}</body></html>"
                archive.writestr(f"OPS/Text/{name}", markup)
            for name, content in (files or {}).items():
                archive.writestr(name, content)
        return path

    return write_book


def test_chapters_in_four_scripts_are_read_in_the_order_of_the_spine(write):
    chapters = {
        "a.xhtml": "<h1>Четвёртая</h1><p>Текст.</p>",
        "b.xhtml": "<h1>第三章</h1><p>本文。</p>",
        "c.xhtml": "<h1>الثاني</h1><p>نص.</p>",
        "d.xhtml": "<h1>First</h1><p>Text.</p>",
    }
    document = reader.read(write(chapters, ["c3", "c2", "c1", "c0"], "Книга"))
    assert document.text == (
        "First\n\nText.\n\nالثاني\n\nنص.\n\n第三章\n\n本文。\n\nЧетвёртая\n\nТекст."
    )
    labels = ["First", "الثاني", "第三章", "Четвёртая"]
    assert [(m.kind, m.label, m.start) for m in document.marks] == [
        ("heading", label, document.text.index(label)) for label in labels
    ]
    assert (document.title, document.media_type) == ("Книга", "application/epub+zip")


def test_without_a_title_the_first_chapter_gives_it(write):
    chapters = {"a.xhtml": "<h1>Der erste Satz</h1>"}
    path = write(chapters)
    assert reader.read(path).title == "t"


def test_a_chapter_without_a_heading_has_the_one_of_the_contents(write):
    ncx = ("toc", "toc.ncx", "application/x-dtbncx+xml", "")
    chapters = {"c1.xhtml": "<p>Текст.</p>", "c2.xhtml": "<h2>Своя</h2>"}
    document = reader.read(write(chapters, extra=[ncx], files={"OPS/toc.ncx": NCX}))
    assert document.text == "Глава из оглавления\n\nТекст.\n\nСвоя"
    assert [m.label for m in document.marks] == ["Глава из оглавления", "Своя"]


def test_the_contents_of_a_newer_book_serve_as_well_and_are_not_text(write):
    nav = NAV.format('<li><a href="Text/c%201.xhtml">目次の章</a></li>')
    entry = ("nav", "nav.xhtml", XHTML, "nav")
    chapters = {"c 1.xhtml": "<p>本文。</p>"}
    path = write(chapters, ["nav", "c0"], extra=[entry], files={"OPS/nav.xhtml": nav})
    # a space in a file's name is written as %20 in the manifest too
    assert reader.read(path).text == "目次の章\n\n本文。"


def test_a_chapter_named_twice_is_read_once_and_a_missing_one_not_at_all(write):
    gone = ("gone", "Text/gone.xhtml", XHTML, "")
    path = write({"a.xhtml": "<p>Text.</p>"}, ["c0", "gone", "c0"], extra=[gone])
    assert reader.read(path).text == "Text."


def test_a_link_out_of_the_book_leads_nowhere(write, tmp_path):
    (tmp_path / "secret.xhtml").write_text("<p>secret</p>")
    out = ("out", f"../../../..{tmp_path}/secret.xhtml", XHTML, "")
    path = write({"a.xhtml": "<p>Text.</p>"}, ["out", "c0"], extra=[out])
    assert reader.read(path).text == "Text."


def encryption_of(name):
    return {
        "META-INF/encryption.xml": '<encryption xmlns:e="http://www.w3.org/2001/04/xmlenc#">'
        f'<e:EncryptedData><e:CipherData><e:CipherReference URI="{name}"/></e:CipherData>'
        "</e:EncryptedData></encryption>"
    }


def test_a_book_locked_against_copying_is_refused_as_such(write):
    path = write({"a.xhtml": "<p>Text.</p>"}, files=encryption_of("OPS/Text/a.xhtml"))
    with pytest.raises(UnreadableFileError, match="DRM"):
        reader.read(path)


def test_a_book_whose_fonts_alone_are_encrypted_is_read(write):
    path = write({"a.xhtml": "<p>Text.</p>"}, files=encryption_of("OPS/font.otf"))
    assert reader.read(path).text == "Text."


@pytest.mark.parametrize("missing", ["META-INF/container.xml", "OPS/book.opf", "OPS/Text/a.xhtml"])
def test_a_book_without_a_part_it_needs_is_refused_as_damaged(write, path, missing):
    write({"a.xhtml": "<p>Text.</p>"})
    with zipfile.ZipFile(path) as archive:
        kept = {n: archive.read(n) for n in archive.namelist() if n != missing}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in kept.items():
            archive.writestr(name, content)
    with pytest.raises(UnreadableFileError, match="damaged"):
        reader.read(path)
