import gzip
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from indexer.errors import UnreadableFileError
from indexer.readers import registry
from indexer.readers.base import Limits


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize(
    "name",
    (
        "a.txt a.text a.log a.md a.markdown a.rst a.html a.htm a.xhtml a.csv a.tsv a.json a.jsonl"
        " a.ndjson a.srt a.vtt a.eml a.pdf a.docx a.pptx a.xlsx a.odt a.rtf a.epub README LICENSE"
        " changelog a.MD a.PdF a.txt.gz a.md.gz A.HTML.GZ changelog.gz notes.2026.txt"
    ).split(),
)
def test_these_names_are_supported(name):
    assert registry.supported(Path("folder") / name)


@pytest.mark.parametrize(
    "name", ["a.png", "a.doc", "a.tar.gz", "a.pdf.gz", "a.gz", ".gz", ".txt", "Makefile", "a", "a."]
)
def test_these_names_are_not(name, tmp_path):
    assert not registry.supported(Path(name))
    with pytest.raises(UnreadableFileError, match="no reader for this kind of file"):
        registry.read(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content", "media_type", "text"),
    [
        ("a.txt", "Hello", "text/plain", "Hello"),
        ("README", "Hello", "text/plain", "Hello"),
        ("a.md", "# Hello", "text/markdown", "Hello"),
        ("a.rst", "*Hello*", "text/x-rst", "Hello"),
        ("a.html", "<p>Hello", "text/html", "Hello"),
        ("a.csv", "a,b\n1,Hello", "text/csv", "a: 1\nb: Hello"),
        ("a.tsv", "a\tb\n1\tHello", "text/tab-separated-values", "a: 1\nb: Hello"),
        ("a.json", '{"a": "Hello"}', "application/json", "a: Hello"),
        ("a.jsonl", '{"a": "x"}\n{"a": "y"}', "application/x-ndjson", "a: x\n\na: y"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nHello\n", "application/x-subrip", "Hello"),
        ("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n", "text/vtt", "Hello"),
        ("a.eml", "From: a@b.c\n\nHello", "message/rfc822", "From: a@b.c\n\nHello"),
    ],
)
def test_each_text_format_is_read_by_its_extension_and_through_gzip(
    name, content, media_type, text, tmp_path
):
    plain = registry.read(write(tmp_path / name, content))
    packed = registry.read(write(tmp_path / f"{name}.gz", gzip.compress(content.encode())))
    assert (plain.media_type, plain.text) == (media_type, text)
    assert packed == plain


def test_every_format_has_a_reader_module():
    folder = Path(registry.__file__).parent
    assert all((folder / f"{entry.module}.py").is_file() for entry in registry.FORMATS)


def test_extensions_are_unique():
    extensions = [extension for entry in registry.FORMATS for extension in entry.extensions]
    assert len(set(extensions)) == len(extensions)


def test_a_page_saved_as_pdf_or_docx_is_read_as_the_page_it_is(tmp_path):
    page = "<!DOCTYPE html>\n<html><title>404</title><body><p>Not found</p></body></html>"
    for name in ("paper.pdf", "report.docx", "notes.txt"):
        document = registry.read(write(tmp_path / name, page))
        assert (document.media_type, document.title) == ("text/html", "404")


def test_rtf_under_another_name_is_read_as_rtf(tmp_path):
    document = registry.read(write(tmp_path / "a.docx", r"{\rtf1\ansi Hello from RTF.\par}"))
    assert (document.media_type, document.text) == ("application/rtf", "Hello from RTF.")


def test_a_text_file_that_mentions_pdf_headers_stays_text(tmp_path):
    text = "A PDF begins with %PDF-1.7, a zip archive with PK."
    assert registry.read(write(tmp_path / "a.md", text)).text == text


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", b"just some words", r"named \.pdf but is not PDF"),
        ("a.docx", b"just some words", r"named \.docx but is not Word document"),
        ("a.epub", b"%not an archive", r"named \.epub but is not EPUB"),
        ("a.txt.gz", b"not compressed", r"named \.gz but is not gzip"),
        ("a.docx", b"PK\x03\x04broken", "the archive is damaged"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password-protected"),
        ("a.txt", b"PK\x03\x04" + bytes(100), "zip archive, not text"),
        ("a.md", b"\x7fELF" + bytes(range(256)) * 8, "binary data, not text"),
        ("a.html", b"\x1f\x8b\x08" + bytes(range(256)) * 8, "binary data, not text"),
        ("a.txt", b"", "the file is empty"),
        ("a.txt", b" \n\t\n", "contains no text"),
        ("a.json", b'{"a": ', "not valid JSON"),
        ("a.eml", b"no headers here", "not an e-mail message"),
        ("a.srt", b"no times here", "no subtitles"),
        ("a.txt.gz", gzip.compress(b"", mtime=0), "the file is empty"),
    ],
)
def test_what_cannot_be_read_says_why(name, content, reason, tmp_path):
    with pytest.raises(UnreadableFileError, match=reason):
        registry.read(write(tmp_path / name, content))


def test_a_word_document_named_xlsx_is_read_by_the_right_reader(tmp_path):
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.add_paragraph("Written as a letter")
    document.save(tmp_path / "a.xlsx")
    read = registry.read(tmp_path / "a.xlsx")
    assert read.text == "Written as a letter"
    assert read.media_type.endswith("wordprocessingml.document")


def test_a_zip_that_holds_no_document_is_refused_under_a_document_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("holiday.jpg", b"picture")
    with pytest.raises(UnreadableFileError):
        registry.read(tmp_path / "a.docx")


def test_a_file_over_the_size_limit_is_refused_unread(tmp_path):
    path = write(tmp_path / "a.txt", "x" * 3_000_000)
    with pytest.raises(UnreadableFileError, match="has 3 MB, more than the limit of 2 MB"):
        registry.read(path, Limits(max_file_bytes=2_000_000))


def test_a_missing_file_a_folder_and_a_pipe_are_refused_without_waiting(tmp_path):
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(UnreadableFileError, match="No such file"):
        registry.read(tmp_path / "gone.txt")
    for name in ("folder.txt", "pipe.txt"):
        with pytest.raises(UnreadableFileError, match="not a regular file"):
            registry.read(tmp_path / name)


def test_a_file_without_permission_says_so(tmp_path):
    path = write(tmp_path / "a.txt", "secret")
    path.chmod(0)
    if os.geteuid() != 0:
        with pytest.raises(UnreadableFileError, match="cannot be opened: Permission denied"):
            registry.read(path)
        return
    tmp_path.chmod(0o755)
    # Imports first, as an unprivileged user may not see the checkout.
    script = (
        "import os; from pathlib import Path; from indexer.readers import registry, text\n"
        f"os.chdir({str(tmp_path)!r}); os.setegid(65534); os.seteuid(65534)\n"
        "try: registry.read(Path('a.txt'))\n"
        "except Exception as error: print(error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "cannot be opened: Permission denied" in ran.stdout, ran.stderr


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError, r"Markdown reader failed on the content \(ValueError\)"),
        (OSError, r"Markdown reader failed on the content \(OSError\)"),
        (RecursionError, "nested too deeply"),
    ],
)
def test_whatever_a_reader_raises_becomes_a_reason(error, reason, tmp_path, monkeypatch):
    from indexer.readers import markdown

    def fail(path, limits):
        raise error("boom")

    monkeypatch.setattr(markdown, "read", fail)
    with pytest.raises(UnreadableFileError, match=reason):
        registry.read(write(tmp_path / "a.md", "text"))


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interruption_and_lack_of_memory_are_not_the_files_fault(error, tmp_path, monkeypatch):
    from indexer.readers import markdown

    def fail(path, limits):
        raise error

    monkeypatch.setattr(markdown, "read", fail)
    with pytest.raises(error):
        registry.read(write(tmp_path / "a.md", "text"))


def test_importing_the_registry_and_reading_text_loads_no_parsing_library(tmp_path):
    write(tmp_path / "a.txt", "Hello")
    script = (
        "import sys; from pathlib import Path; from indexer.readers import registry\n"
        f"registry.read(Path({str(tmp_path / 'a.txt')!r}))\n"
        "heavy = {'lxml', 'docutils', 'markdown_it', 'pysubs2', 'docx', 'charset_normalizer'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ran.stdout.strip() == "[]", ran.stderr
