import io
import struct
import zipfile
from dataclasses import replace

import pytest

from indexer.documents import Mark
from indexer.errors import UnreadableFileError
from indexer.readers.base import (
    DEFAULT_LIMITS,
    DocumentBuilder,
    Limits,
    check_zip,
    clean,
    read_bytes,
    unwrap,
)

SMALL = Limits(max_expansion_bytes=1_000_000, min_expansion_bytes=100_000, max_expansion_ratio=50)


def test_blocks_are_joined_by_blank_lines_and_marks_point_at_them_exactly():
    builder = DocumentBuilder()
    builder.page(1)
    builder.heading("Über  uns\n", 1)
    builder.paragraph("  Erster Absatz.\n")
    builder.page(2)
    builder.paragraph("東京は\n首都です。")
    builder.heading("Nächstes", 2)
    document = builder.build("Titel", "text/plain")
    assert document.text == "Über uns\n\nErster Absatz.\n\n東京は\n首都です。\n\nNächstes"
    assert document.marks == (
        Mark(0, "page", "1"),
        Mark(0, "heading", "Über uns", 1),
        Mark(document.text.index("東京"), "page", "2"),
        Mark(document.text.index("Nächstes"), "heading", "Nächstes", 2),
    )


def test_empty_blocks_leave_no_trace_and_empty_pages_no_mark():
    builder = DocumentBuilder()
    builder.page(1)
    builder.heading(" \n", 1)
    builder.paragraph("\t \0")
    builder.page(2)
    builder.paragraph("text")
    builder.page(3)
    document = builder.build(" ", "text/plain")
    assert document.text == "text"
    assert document.title is None
    assert document.marks == (Mark(0, "page", "2"),)


def test_text_is_cleaned_of_what_cannot_be_stored_or_shown():
    assert clean("a\0b\x07c\x9fd") == "a b c d"
    assert clean("one\r\ntwo\rthree\u2028four") == "one\ntwo\nthree\nfour"
    assert clean("tab\tkept\nand newline") == "tab\tkept\nand newline"
    assert clean("half of a pair: \ud83d") == "half of a pair: \ufffd"
    assert clean("👍 stays") == "👍 stays"
    clean("\ud800 \udfff").encode()


def test_a_file_of_nothing_but_a_title_has_the_title_as_its_text():
    document = DocumentBuilder().build("Only\na title", "text/html")
    assert (document.text, document.title) == ("Only a title", "Only a title")


def test_a_document_without_text_is_refused():
    builder = DocumentBuilder()
    builder.paragraph(" \n ")
    assert builder.is_empty
    with pytest.raises(UnreadableFileError, match="contains no text"):
        builder.build(None, "text/plain")


def test_a_text_longer_than_the_limit_is_refused_while_it_is_collected():
    builder = DocumentBuilder(Limits(max_text_characters=1_000))
    builder.paragraph("x" * 500)
    with pytest.raises(UnreadableFileError, match="longer than 1,000 characters"):
        builder.paragraph("y" * 500)


def test_more_pages_than_the_limit_are_refused():
    builder = DocumentBuilder(Limits(max_pages=3))
    builder.page(3)
    with pytest.raises(UnreadableFileError, match="more than 3 pages"):
        builder.page(4)


def test_wrapped_lines_are_joined_with_a_space_except_in_chinese_and_japanese():
    assert unwrap("one\n  two") == "one two"
    assert unwrap("日本語の文章が\n続きます。") == "日本語の文章が続きます。"
    assert unwrap("한국어 문장이\n이어집니다") == "한국어 문장이 이어집니다"
    assert unwrap("使用 Python\n编写") == "使用 Python 编写"


def test_an_empty_or_overlong_text_file_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"")
    with pytest.raises(UnreadableFileError, match="the file is empty"):
        read_bytes(path)
    path.write_bytes(b"x" * 2_000_001)
    with pytest.raises(UnreadableFileError, match="larger than 2 MB"):
        read_bytes(path, Limits(max_text_file_bytes=2_000_000))
    assert read_bytes(path, Limits(max_text_file_bytes=2_000_001)) == b"x" * 2_000_001


def zip_of(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def patch_directory(path, field, fmt, value):
    """Overwrite a field of every entry of an archive's central directory."""
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into(fmt, data, at + field, value)
        at = data.find(b"PK\x01\x02", at + 4)
    path.write_bytes(data)


def test_an_ordinary_archive_passes(tmp_path):
    text = " ".join(str(number**3) for number in range(20_000))
    check_zip(zip_of(tmp_path / "a.zip", {"a.xml": text, "b.xml": "<b/>"}))
    check_zip(zip_of(tmp_path / "b.zip", {"a.xml": text}, zipfile.ZIP_STORED))


def test_a_small_archive_may_be_very_repetitive(tmp_path):
    check_zip(zip_of(tmp_path / "a.zip", {"a": "0" * 90_000}), SMALL)


def test_an_archive_that_declares_too_much_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"a": bytes(1_200_000)})
    with pytest.raises(UnreadableFileError, match="expands to more than 1 MB"):
        check_zip(path, SMALL)


def test_an_archive_that_expands_out_of_proportion_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"a": bytes(900_000)})
    with pytest.raises(UnreadableFileError, match="more than 50 times its size"):
        check_zip(path, SMALL)


def test_an_archive_that_lies_about_its_size_is_refused_by_what_it_expands_to(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"a": bytes(1_200_000)})
    patch_directory(path, 24, "<I", 10)
    with zipfile.ZipFile(path) as archive:
        assert archive.infolist()[0].file_size == 10
    with pytest.raises(UnreadableFileError, match="expands to more than"):
        check_zip(path, SMALL)


def test_an_archive_whose_members_share_their_bytes_is_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(range(256)) * 40)
        archive.filelist.extend(archive.filelist * 50)
    with pytest.raises(UnreadableFileError, match="members overlap"):
        check_zip(path)


def test_an_encrypted_archive_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"a": b"secret"})
    patch_directory(path, 8, "<H", 1)
    with pytest.raises(UnreadableFileError, match="encrypted"):
        check_zip(path)


def test_an_archive_of_too_many_files_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {str(number): b"" for number in range(20)})
    with pytest.raises(UnreadableFileError, match="more than 10 files"):
        check_zip(path, replace(DEFAULT_LIMITS, max_archive_members=10))


def test_a_compression_that_no_document_uses_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"a": b"text"}, zipfile.ZIP_LZMA)
    with pytest.raises(UnreadableFileError, match="compression that documents do not use"):
        check_zip(path)


@pytest.mark.parametrize("keep", [0, 10, 60, 150, 190])
def test_a_truncated_archive_is_refused_as_damaged(tmp_path, keep):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"text " * 100)
        archive.writestr("b", b"text " * 100)
    path = tmp_path / "a.zip"
    path.write_bytes(buffer.getvalue()[:keep])
    with pytest.raises(UnreadableFileError, match="the archive is damaged"):
        check_zip(path)


def test_a_damaged_picture_does_not_condemn_the_archive(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"picture.png": bytes(range(256)) * 100, "text.xml": "<a/>"})
    data = bytearray(path.read_bytes())
    data[60:80] = b"\xff" * 20
    path.write_bytes(data)
    check_zip(path)
