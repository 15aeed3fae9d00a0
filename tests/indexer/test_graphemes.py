"""Boundaries of grapheme clusters, against `regex`'s own walk over the whole text."""

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import graphemes

HARD = st.text(
    st.sampled_from("a \n\r\u0301🇩🇪👍🏽\u200d각가각क्\u093e\u0600กำ།་‼\ufe0f中ゃ\u200cക്\u1039ကះ្ក"),
    min_size=1,
    max_size=20,
)


def ends_of(text: str) -> set[int]:
    return {0} | {match.end() for match in regex.finditer(r"\X", text)}


@given(HARD)
@settings(max_examples=500, deadline=None)
def test_cuts_fall_where_a_walk_over_the_whole_text_has_them(text):
    ends = ends_of(text)
    assert {0, *graphemes.boundaries(text, 0, len(text))} == ends
    for position in range(len(text) + 1):
        assert graphemes.before(text, position) == max(end for end in ends if end <= position)
        if graphemes.surely_between(text, position):
            assert position in ends


@given(HARD)
@settings(max_examples=500, deadline=None)
def test_whitespace_is_dropped_unless_a_character_is_built_on_it(text):
    start = graphemes.skip_space(text, 0)
    end = graphemes.drop_space(text, 0, len(text))
    assert {start, end} <= ends_of(text)
    assert not text[:start].strip()
    assert not text[end:].strip()


def test_a_space_that_carries_an_accent_is_kept():
    assert graphemes.skip_space("  \u0301a", 0) == 1
    assert graphemes.skip_space("\n\u0301a", 0) == 1


def test_a_cluster_that_may_go_on_past_the_stop_is_not_listed():
    assert graphemes.boundaries("ae\u0301b", 0, 2) == [1]
    assert graphemes.boundaries("aeb", 0, 2) == [1, 2]
