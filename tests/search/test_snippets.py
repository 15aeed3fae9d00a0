"""The sentence or two that answer best."""

import pytest

from search.snippets import SHORT, best_spans, first_span

FILLER = "Rain fell on the hills all through a long and uneventful grey afternoon in late autumn."


def snippet(text, query, encoder):
    start, end = best_spans([text], encoder.encode([query])[0], encoder)[0]
    return text[start:end]


def test_the_sentence_nearest_to_the_query_is_chosen(encoder):
    answer = "Cool the burn under running water for at least twenty minutes before you cover it up."
    text = f"{FILLER} {answer} {FILLER}"
    assert snippet(text, "how to cool a burn with water", encoder) == answer


def test_a_short_sentence_takes_its_better_neighbour_along(encoder):
    text = f"{FILLER} Never use butter. Cool the burn with water. {FILLER}"
    chosen = snippet(text, "cool the burn water butter", encoder)
    assert chosen == "Never use butter. Cool the burn with water."
    assert chosen in text


def test_a_heading_is_no_answer_and_is_not_joined_to_one(encoder):
    text = f"Burns\n\nCool the burn with water.\n\nSee a doctor soon.\n\n{FILLER}"
    assert snippet(text, "burns", encoder) != "Burns"
    assert snippet(text, "cool the burn", encoder) == "Cool the burn with water."
    assert text[slice(*first_span(text))] == "Cool the burn with water."
    assert snippet("Burns", "burns", encoder) == "Burns"


def test_wide_characters_count_double(encoder):
    sentence = (
        "やけどをしたときはすぐに流水で二十分ほど冷やしてから清潔で乾いた布で静かに覆ってください。"
    )
    assert len(sentence) < SHORT
    assert snippet(sentence * 2, "やけど", encoder) == sentence


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "word", "no end " * 99, "。" * 50, "\x00\ud800."]
)
def test_any_text_has_a_snippet_inside_it(text, encoder):
    start, end = best_spans([text], encoder.encode(["word"])[0], encoder)[0]
    assert 0 <= start <= end <= len(text)
    start, end = first_span(text)
    assert 0 <= start <= end <= len(text)


def test_blanks_around_a_sentence_are_left_out(encoder):
    chosen = snippet("  One two three.   \n", "one", encoder)
    assert chosen == "One two three."


def test_all_passages_of_a_search_are_encoded_in_one_call(encoder):
    query = encoder.encode(["water"])[0]
    encoder.encoded.clear()
    best_spans([f"{FILLER} {FILLER}"] * 5, query, encoder)
    assert len(encoder.encoded) == 1
