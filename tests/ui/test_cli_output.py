"""What reaches the terminal: nothing that drives it, in lines that fit it."""

import json

import pytest

from ui.output import columns, isolated, safe, wrapped

ATTACK = "Train\x1b]0;owned\x07\x1b[2J\x9b31m\x00\r\u202etxt.exe\u2066\ud800"


@pytest.fixture
def hostile(documents):
    (documents / "evil\x1b[2J\u202egpj.txt").write_text(
        "Reserve the night train \x1b[2J\x9b31m\x07 early.\u202e", "utf-8"
    )
    (documents / "title.html").write_text(
        "<title>Night train &#x1b;]0;owned&#x7;</title><p>Reserve\u202e it early.</p>", "utf-8"
    )
    (documents / "broken\x1b[31m.pdf").write_bytes(b"%PDF-1.7\nno PDF")
    return documents


def assert_harmless(text):
    for char in text:
        assert char == "\n" or (" " <= char and not "\x7f" <= char <= "\x9f"), repr(text)
        assert char not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067"


def test_documents_and_file_names_cannot_drive_the_terminal(crosstongue, hostile):
    runs = [
        ("index", hostile),
        ("index", "--dry-run", "--ignore", "*.html", hostile),
        ("index", hostile, "--json"),
        ("status",),
        ("status", "--json"),
        ("search", "reserve the night train early"),
        ("search", "reserve the night train early", "--json"),
        ("similar", hostile / "title.html"),
        ("similar", hostile / "nowhere\x1b[2J.txt"),
        ("search", "x", "--language", "\x1b[2J"),
        ("languages", "Train\x1b[2J\u202e"),
        ("languages", "Train\x1b[2J\u202e", "--json"),
        ("forget", "/nowhere\x1b[2J"),
        ("doctor",),
        ("forget", hostile),
    ]
    for arguments in runs:
        done = crosstongue(*arguments)
        assert_harmless(done.stdout)
        assert_harmless(done.stderr)


def test_json_holds_exactly_what_the_document_says(crosstongue, hostile):
    crosstongue("index", hostile)
    done = crosstongue("search", "reserve the night train early", "--json", "--type", "txt")
    texts = [hit["passages"][0]["text"] for hit in json.loads(done.stdout)["hits"]]
    assert any("\u202e" in text for text in texts)


def test_safe_text_is_one_line_that_only_shows():
    shown = safe(ATTACK + "\n\nmore\u2028still")
    assert_harmless(shown)
    assert "\n" not in shown
    assert shown.startswith("Train")
    shown.encode()


@pytest.mark.parametrize("word", ["می‌خواهم", "क्‍ष", "👩‍🌾", "naïve", "ไทย"])
def test_joiners_and_marks_that_spell_words_stay(word):
    assert safe(word) == word


def test_right_to_left_text_is_kept_from_reordering_its_line():
    assert isolated("שלום") == "\u2068שלום\u2069"
    assert isolated("مرحبا 12") == "\u2068مرحبا 12\u2069"
    assert isolated("plain 12") == "plain 12"


@pytest.mark.parametrize(
    "text",
    [
        "A sentence of quite ordinary words that has to be broken into several lines. " * 3,
        "やけどをしたときはすぐに流水で二十分ほど冷やしてから清潔な布で覆ってください。" * 4,
        "เมื่อถูกไฟไหม้ให้ล้างด้วยน้ำเย็นเป็นเวลายี่สิบนาทีแล้วปิดด้วยผ้าสะอาด" * 4,
        "x" * 500,
        "שלום עולם " * 40,
        "",
        " ",
    ],
)
@pytest.mark.parametrize("width", ["40", "80", "300", "1"])
def test_wrapped_lines_fit_and_lose_nothing(text, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", width)
    lines = list(wrapped(text, "   "))
    for line in lines:
        assert columns(line) <= max(34, min(100, int(width)))
        assert line.startswith("   ")
    joined = "".join(lines).replace("\u2068", "").replace("\u2069", "")
    assert joined.replace(" ", "") == text.replace(" ", "")


def test_lines_break_between_words_and_never_before_a_mark(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    text = "some words that are broken between and never within"
    assert " ".join(wrapped(text)).split() == text.split()
    for line in wrapped("ก" * 39 + "ี้" * 3 + "ข" * 30):
        assert line[0] in "กข"
