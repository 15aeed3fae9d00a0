"""Documents' words on the page: shown, never acted upon."""

import re
from html import unescape
from pathlib import Path

import pytest

from ui.safe_text import attribute, name_html, path_html, shown_name, shown_path, text_html

HOSTILE = "<script>alert(1)</script> **b** $x$ :smile: `c` [l](javascript:x) &amp; <img src=x>"


def plain(html: str) -> str:
    """What a browser shows of the HTML."""
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize("shown_by", [text_html, name_html, path_html, attribute])
def test_html_of_a_document_is_escaped_and_reads_the_same(shown_by):
    html = shown_by(HOSTILE)
    assert "<script" not in html
    assert "<img" not in html
    assert plain(html) == HOSTILE


@pytest.mark.parametrize(
    ("char", "code"),
    [
        ("\u202e", "U+202E"),
        ("\u2067", "U+2067"),
        ("\x00", "U+0000"),
        ("\x1b", "U+001B"),
        ("\x9b", "U+009B"),
        ("\U000e0041", "U+E0041"),
    ],
)
def test_a_character_that_acts_is_written_out(char, code):
    for html in (text_html(f"a{char}b"), name_html(f"a{char}b"), path_html(f"/x/a{char}b.txt")):
        assert char not in html
        assert code in html


def test_a_character_written_out_says_its_name():
    assert 'title="right-to-left override"' in text_html("\u202e")


def test_a_text_that_spells_a_code_point_is_left_as_it_is():
    assert text_html("⟨U+202E⟩ U+202E") == "⟨U+202E⟩ U+202E"


@pytest.mark.parametrize("text", ["می\u200cخواهم", "क्\u200dष", "ไป\u200bไหน", "שלום\u200f!"])
def test_joiners_and_marks_that_words_are_spelled_with_stay_in_text(text):
    assert text_html(text) == text


def test_a_name_hides_nothing():
    assert shown_name("a\u200f\ufeff\nb") == "a⟨U+200F⟩⟨U+FEFF⟩⟨U+000A⟩b"


def test_every_kind_of_line_end_is_a_line_feed():
    assert text_html("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"


def test_a_path_that_is_not_utf8_can_be_shown_and_sent():
    path = Path("/papers/caf\udce9.txt")
    assert shown_path(path) == "/papers/caf\ufffd.txt"
    path_html(path).encode("utf-8")


def test_half_a_surrogate_pair_can_be_sent():
    assert "U+D800" in text_html("a\ud800b")
    text_html("a\ud800b").encode("utf-8")


def test_the_extension_of_a_right_to_left_name_stands_apart():
    assert '<bdi dir="auto">חום</bdi>.<bdi dir="auto">html</bdi>' in path_html("/x/חום.html")


def test_an_attribute_cannot_be_left():
    assert '"' not in attribute('x" onmouseover="alert(1)')
