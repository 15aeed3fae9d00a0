"""A question in the address of the page."""

from datetime import date
from pathlib import Path

import pytest

from ui.page_asked import Asked

EVERYTHING = Asked(
    "心脏病",
    ("zh-Hans", "de"),
    ("application/pdf",),
    ("/papers/law",),
    after=date(2020, 2, 29),
    before=date(2026, 1, 1),
    balance=True,
    words=False,
    like=17,
)


def test_an_address_brings_the_question_and_its_filters_back():
    assert Asked.from_address(EVERYTHING.address) == EVERYTHING


def test_an_empty_page_has_an_empty_address():
    assert Asked().address == {}
    assert Asked.from_address({}) == Asked()


def test_a_query_too_long_for_an_address_is_left_out_of_it():
    asked = Asked("word " * 20_000, languages=("de",))
    assert asked.address == {"lang": ["de"]}


def test_a_folder_whose_name_has_no_spelling_in_an_address_is_left_out():
    assert Asked(folders=("/papers/caf\udce9",)).address == {}


def test_filters_for_which_the_index_has_no_documents_are_dropped():
    asked = Asked("x", ("zh-Hans", "de"), ("application/pdf",), ("/papers/law",))
    kept = asked.within(["de"], [], [Path("/papers/law")])
    assert kept == Asked("x", ("de",), (), ("/papers/law",))


def test_a_hostile_address_is_only_text():
    asked = Asked.from_address({"q": ["a", "<script>"], "lang": ["$x$"], "unknown": ["1"]})
    assert asked == Asked("<script>", ("$x$",))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", "2026-13-01"),
        ("after", "0001-01-01"),
        ("before", "tomorrow"),
        ("like", "-1"),
        ("like", "9" * 30),
        ("like", "١"),
        ("balance", "yes"),
        ("words", "no"),
    ],
)
def test_what_means_nothing_in_an_address_is_passed_over(name, value):
    assert Asked.from_address({name: [value]}) == Asked()
