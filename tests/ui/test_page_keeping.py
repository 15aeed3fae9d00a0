"""What a browser may send as kept settings, and what is made of it."""

import json
from urllib.parse import quote

import pytest

from ui.page_keeping import settings_of


def test_what_was_written_is_read():
    settings = {"balance": True, "map-colouring": "Folder"}
    assert settings_of(quote(json.dumps(settings))) == settings


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "no json",
        quote("[1, 2]"),
        quote('{"a": {"b": 1}, "c": [true], "d": 3}'),
        "%FF",
        "[" * 9_000,
    ],
)
def test_whatever_else_is_sent_says_nothing(cookie):
    assert settings_of(cookie) == {}
