"""Files made to harm: each is read or refused in seconds, and never ends the process."""

import gzip
import time

import pytest

from indexer.errors import UnreadableFileError
from indexer.readers import html, markdown, registry, restructuredtext
from indexer.readers.base import DEFAULT_LIMITS, Limits

TEXT_EXTENSIONS = ["txt", "md", "rst", "html", "csv", "tsv", "eml", "vtt", "srt", "json", "jsonl"]

# Each of these files takes under a second on an idle machine; quadratic behaviour takes minutes.
PATIENCE_SECONDS = 30


@pytest.fixture(autouse=True)
def in_reasonable_time():
    started = time.process_time()
    yield
    assert time.process_time() - started < PATIENCE_SECONDS


def read_or_refuse(path):
    """Return the document, or the reason for which there is none."""
    try:
        return registry.read(path)
    except UnreadableFileError as error:
        assert len(str(error)) < 150
        assert "\n" not in str(error)
        return str(error)


@pytest.mark.parametrize("extension", TEXT_EXTENSIONS)
def test_ten_megabytes_in_one_line(extension, tmp_path):
    path = tmp_path / f"a.{extension}"
    path.write_bytes(b"many words " * 950_000)
    read_or_refuse(path)


@pytest.mark.parametrize("extension", ["txt", "md", "rst", "html", "csv"])
def test_a_line_of_ten_megabytes_is_not_lost(extension, tmp_path):
    path = tmp_path / f"a.{extension}"
    path.write_bytes(b"x" * 10_000_000)
    assert len(registry.read(path).text) == 10_000_000


@pytest.mark.parametrize("extension", TEXT_EXTENSIONS)
def test_nothing_but_nulls_is_refused(extension, tmp_path):
    path = tmp_path / f"a.{extension}"
    path.write_bytes(bytes(100_000))
    expected = "not an e-mail message" if extension == "eml" else "binary data, not text"
    assert expected in read_or_refuse(path)


@pytest.mark.parametrize("extension", ["txt", "md", "rst", "html", "csv", "eml"])
def test_a_few_nulls_and_controls_become_spaces(extension, tmp_path):
    path = tmp_path / f"a.{extension}"
    body = "Subject: s\n\n" + "ordinary words in a row " * 20 + "be\0fore\x07 and after"
    path.write_text(body)
    text = registry.read(path).text
    assert "be fore" in text
    assert not any(character < " " and character not in "\t\n" for character in text)


def test_a_gzip_bomb_is_refused_while_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.txt.gz"
    path.write_bytes(gzip.compress(bytes(200_000_000), compresslevel=9))
    assert path.stat().st_size < 300_000
    assert "zip bomb" in read_or_refuse(path)


def test_a_gzip_of_bombs_in_many_members_is_refused(tmp_path):
    path = tmp_path / "bomb.md.gz"
    path.write_bytes(gzip.compress(b"a" * 10_000_000, compresslevel=9) * 30)
    assert "zip bomb" in read_or_refuse(path)


def test_a_gzip_that_expands_past_the_limit_for_text_is_refused(tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress("".join(str(n**2) for n in range(400_000)).encode()))
    with pytest.raises(UnreadableFileError, match="expands to more than 1 MB of text"):
        registry.read(path, Limits(max_text_file_bytes=1_000_000))


@pytest.mark.parametrize("keep", [15, 200, -4])
def test_a_gzip_cut_short_is_refused(keep, tmp_path):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress("".join(map(str, range(3000))).encode())[:keep])
    assert read_or_refuse(path) == "the gzip archive is cut short"


def test_a_gzip_with_flipped_bits_is_refused(tmp_path):
    path = tmp_path / "a.txt.gz"
    data = bytearray(gzip.compress("".join(map(str, range(3000))).encode()))
    data[500] ^= 0xFF
    path.write_bytes(data)
    assert read_or_refuse(path) == "the gzip archive is damaged"


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "]><html><body><p>before &a9; after</p></body></html>"
)


def test_a_billion_laughs_stay_unlaughed(tmp_path):
    path = tmp_path / "a.xhtml"
    path.write_text(LAUGHS)
    assert len(registry.read(path).text) < 2_000


def test_an_external_entity_fetches_nothing(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET")
    path = tmp_path / "a.xhtml"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}">]>'
        "<html><body><p>word &x;</p></body></html>"
    )
    assert "TOP-SECRET" not in registry.read(path).text


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000 + "deep" + "</div>" * 100_000,
        "<div>" * 100_000 + "deep",
        "<b><p>" * 100_000 + "deep",
        "<table><tr><td>" * 50_000 + "deep",
        "<ul><li>" * 100_000 + "deep",
        "</div>" * 200_000 + "deep",
        "<a " * 0 + "<p " + "a=1 " * 300_000 + ">deep",
        "<" * 500_000 + " deep",
        "&" * 500_000 + "deep",
    ],
)
def test_html_nested_or_broken_without_end_keeps_its_text(page):
    assert html.parse(page.encode()).text.endswith("deep")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000 + "end",
        "[a](" * 100_000 + "end",
        "![[" * 100_000 + "end",
        "*a_ " * 100_000 + "end",
        "***" * 100_000 + "end",
        ">" * 100_000 + "end",
        "- " * 100_000 + "end",
        "\n\n".join(["[a](" * 2_000] * 40) + "end",
        "<a " * 100_000 + "end",
        "`" * 9_000 + "end",
    ],
)
def test_markdown_patterns_that_slow_parsers_down_keep_their_text(text):
    assert markdown.parse(text.encode()).text.endswith("end")


def test_rst_replacements_cannot_multiply():
    lines = [f".. |a{n}| replace:: |a{n + 1}| |a{n + 1}|" for n in range(40)]
    document = restructuredtext.parse("\n".join([*lines, "", "text |a0|", ""]).encode())
    assert len(document.text) < 5_000
    long = f".. |a| replace:: {'word ' * 1_500}\n\n" + "|a| " * 2_000
    assert len(restructuredtext.parse(long.encode()).text) < 100_000


@pytest.mark.parametrize(
    "text",
    [
        "".join(" " * depth + "* item\n\n" for depth in range(600)),
        "".join("   " * depth + ".. note::\n\n" for depth in range(300)) + " " * 900 + "x",
        "*a " * 100_000,
        "|a " * 100_000,
        ".. |a| replace:: |b|\n.. |b| replace:: |a|\n\n|a|",
        "x\n====\n\n" * 5_000,
    ],
)
def test_rst_that_breaks_docutils_is_read_as_plain_text(text, capfd):
    assert restructuredtext.parse(text.encode()).text
    assert capfd.readouterr() == ("", "")


def test_limits_reach_every_text_format(tmp_path):
    small = Limits(max_text_characters=100)
    contents = {
        "a.txt": "word " * 100,
        "a.md": "word " * 100,
        "a.rst": "word " * 100,
        "a.html": "<p>" + "word " * 100,
        "a.csv": "a,b\n" + "word,word\n" * 100,
        "a.json": '["' + "word " * 100 + '"]',
        "a.srt": "1\n00:00:01,000 --> 00:00:02,000\n" + "word " * 100,
        "a.eml": "Subject: s\n\n" + "word " * 100,
    }
    for name, content in contents.items():
        path = tmp_path / name
        path.write_text(content)
        with pytest.raises(UnreadableFileError, match="longer than 100 characters"):
            registry.read(path, small)
        assert registry.read(path, DEFAULT_LIMITS)
