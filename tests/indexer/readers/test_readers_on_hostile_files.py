"""Files that are damaged, disguised or made to do harm: a reason for each, and nothing else."""

import random
import re
import time
import zipfile
from importlib import import_module

import docx
import odfdo
import openpyxl
import pptx
import pytest
from reportlab.pdfgen import canvas

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers import registry
from indexer.readers.titles import real_title

ARCHIVES = ("docx", "pptx", "xlsx", "odt", "epub")
EVERY = (*ARCHIVES, "pdf", "rtf")
# The member in which each format keeps text, and the text put there.
TEXT_MEMBERS = {
    "docx": "word/document.xml",
    "pptx": "ppt/slides/slide1.xml",
    "xlsx": "xl/worksheets/sheet1.xml",
    "odt": "content.xml",
    "epub": "OPS/book.opf",
}
WORDS = "Marker words of the text"
CORRUPTIONS = 200


def make_docx(path):
    document = docx.Document()
    document.add_paragraph(WORDS)
    document.save(str(path))


def make_pptx(path):
    deck = pptx.Presentation()
    deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = WORDS
    deck.save(str(path))


def make_xlsx(path):
    workbook = openpyxl.Workbook()
    workbook.active.append([WORDS])
    workbook.save(path)


def make_odt(path):
    document = odfdo.Document("text")
    document.body.clear()
    document.body.append(odfdo.Paragraph(WORDS))
    document.save(str(path))


def make_epub(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", '<c><rootfile full-path="OPS/book.opf"/></c>')
        archive.writestr(
            "OPS/book.opf",
            f'<?xml version="1.0"?><package><title>{WORDS}</title><item id="a" href="a.xhtml" '
            'media-type="application/xhtml+xml"/><itemref idref="a"/></package>',
        )
        archive.writestr("OPS/a.xhtml", f"<html><body><h1>One</h1><p>{WORDS}</p></body></html>")


def make_pdf(path):
    sheet = canvas.Canvas(str(path))
    sheet.drawString(72, 700, WORDS)
    sheet.save()


def make_rtf(path):
    text = rf"{{\rtf1\ansi{{\fonttbl{{\f0\fcharset128 M;}}}}\f0 {WORDS} \'83e\u8364?\par}}"
    path.write_text(text)


@pytest.fixture
def make(tmp_path):
    """Return a function that writes a good file of a format."""

    def write(extension):
        path = tmp_path / f"good.{extension}"
        globals()[f"make_{extension}"](path)
        return path

    return write


def read(path):
    return import_module(f"indexer.readers.{path.suffix[1:]}").read(path)


def rewrite(path, change):
    """Pass every member of an archive through a function of its name and content."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, change(name, content))


@pytest.mark.parametrize("extension", EVERY)
def test_a_good_file_is_read(make, extension):
    document = read(make(extension))
    assert WORDS in document.text
    assert registry.read(make(extension)) == document
    entry = registry.format_of(make(extension))
    assert entry.media_type == document.media_type


@pytest.mark.parametrize("extension", EVERY)
def test_a_good_file_without_its_end_is_read_or_refused_with_a_reason(make, extension):
    path = make(extension)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 9 // 10])
    try:
        assert isinstance(read(path), Document)  # RTF is text from its beginning
    except UnreadableFileError as error:
        assert "damaged" in str(error)


@pytest.mark.parametrize("extension", EVERY)
@pytest.mark.parametrize(
    "content", [b"", b"Just some text.\n", b"PK\x03\x04 not really", b"\0" * 99]
)
def test_other_content_under_the_extension_is_refused_with_a_short_reason(
    tmp_path, extension, content
):
    path = tmp_path / f"a.{extension}"
    path.write_bytes(content)
    for reader in (read, registry.read):
        with pytest.raises(UnreadableFileError) as caught:
            reader(path)
        assert len(str(caught.value)) < 120
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("extension", ("docx", "pptx", "xlsx"))
def test_an_office_document_under_a_password_is_refused_as_such(tmp_path, extension):
    path = tmp_path / f"a.{extension}"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000)
    with pytest.raises(UnreadableFileError, match="password"):
        registry.read(path)


@pytest.mark.parametrize("extension", ARCHIVES)
def test_a_zip_bomb_is_refused_before_it_unpacks(make, extension):
    path = make(extension)
    rewrite_text(path, lambda data: data + b" " * 20_000_000)
    with pytest.raises(UnreadableFileError, match="expands"):
        read(path)


@pytest.mark.parametrize("extension", ARCHIVES)
def test_an_archive_of_another_kind_is_refused(tmp_path, extension):
    path = tmp_path / f"a.{extension}"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", WORDS)
    with pytest.raises(UnreadableFileError):
        read(path)


def rewrite_text(path, change):
    """Pass the member of an archive that holds the marker words through a function."""
    member = TEXT_MEMBERS[path.suffix[1:]]
    with zipfile.ZipFile(path) as archive:
        assert WORDS.encode() in archive.read(member)
    rewrite(path, lambda name, data: change(data) if name == member else data)


def with_entities(content, declarations, reference):
    """Declare entities in XML and put a reference where the marker words stand."""
    xml = content.decode()
    root = re.search(r"<([A-Za-z][\w:.-]*)", xml)
    doctype = f"<!DOCTYPE {root[1]} [{declarations}]>"
    return (xml[: root.start()] + doctype + xml[root.start() :].replace(WORDS, reference)).encode()


@pytest.mark.parametrize("extension", ARCHIVES)
def test_an_entity_that_names_a_file_of_the_machine_does_not_show_it(make, tmp_path, extension):
    (tmp_path / "secret.txt").write_text("the secret of the machine")
    declaration = f'<!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">'
    path = make(extension)
    rewrite_text(path, lambda data: with_entities(data, declaration, "a&x;b"))
    try:
        document = read(path)
    except UnreadableFileError:
        return
    assert "secret" not in document.text
    assert "secret" not in (document.title or "")


@pytest.mark.parametrize("extension", ARCHIVES)
def test_entities_that_multiply_are_refused_or_inert(make, extension):
    levels = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 12))
    path = make(extension)
    declarations = f'<!ENTITY e0 "lol">{levels}'
    rewrite_text(path, lambda data: with_entities(data, declarations, "&e11;"))
    began = time.perf_counter()
    try:
        assert len(read(path).text) < 1000
    except UnreadableFileError:
        pass
    assert time.perf_counter() - began < 5


def corrupted(good, chance):
    """Return a good file cut short, with some bytes changed, or with a piece copied elsewhere."""
    data = bytearray(good)
    way = chance.random()
    if way < 0.3:
        return bytes(data[: chance.randrange(len(data))])
    if way < 0.8:
        for _ in range(chance.choice((1, 3, 10, 50))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data)
    start, source = chance.randrange(len(data)), chance.randrange(len(data))
    data[start : start + 64] = data[source : source + chance.randrange(128)]
    return bytes(data)


@pytest.mark.parametrize("extension", EVERY)
def test_corrupted_files_give_a_document_or_a_reason(make, tmp_path, extension):
    good = make(extension).read_bytes()
    path = tmp_path / f"corrupted.{extension}"
    chance = random.Random(extension)
    outcomes = set()
    for _ in range(CORRUPTIONS):
        path.write_bytes(corrupted(good, chance))
        try:
            document = read(path)
        except UnreadableFileError as error:
            outcomes.add(type(error))
        else:
            outcomes.add(type(document))
            assert all(0 <= mark.start < len(document.text) for mark in document.marks)
    assert UnreadableFileError in outcomes
    assert outcomes <= {Document, UnreadableFileError}


@pytest.mark.parametrize("extension", ARCHIVES)
def test_corrupted_xml_in_a_sound_archive_gives_a_document_or_a_reason(make, extension):
    good = make(extension).read_bytes()
    path = make(extension)
    chance = random.Random(extension)
    for _ in range(CORRUPTIONS // 10):
        path.write_bytes(good)
        rewrite(
            path,
            lambda name, data: corrupted(data, chance) if data and chance.random() < 0.5 else data,
        )
        try:
            assert isinstance(read(path), Document)
        except UnreadableFileError as error:
            assert str(error)


@pytest.mark.parametrize(
    "title",
    [None, "", " \t", "untitled", "Untitled 3", "Microsoft Word - thesis.doc", "report_v2.DOCX",
     "Document1", "PowerPoint Presentation", "PowerPoint-Präsentation", "(anonymous)", "12-34",
     "無題", "Без названия", "scan0001.tif"],
)  # fmt: skip
def test_a_title_that_nobody_wrote_is_none(title):
    assert real_title(title) is None


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (" A  real\ntitle ", "A real title"),
        ("Untitled goose game", "Untitled goose game"),
        ("2001: a space odyssey", "2001: a space odyssey"),
        ("Node.js in practice", "Node.js in practice"),
        ("Документ о мире", "Документ о мире"),
        ("東京物語", "東京物語"),
    ],
)
def test_a_title_that_somebody_wrote_is_kept(title, expected):
    assert real_title(title) == expected
