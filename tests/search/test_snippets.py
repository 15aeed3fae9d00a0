"""The sentence or two that answer best."""

import unicodedata

import numpy as np
import pytest

from indexer import load_encoder
from indexer.graphemes import boundaries
from indexer.passage_sentences import LONG, SHORT, first_sentence
from search.explaining import query_words, shares
from search.snippets import best_spans

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
    assert text[slice(*first_sentence(text))] == "Cool the burn with water."
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
    start, end = first_sentence(text)
    assert 0 <= start <= end <= len(text)


def test_blanks_around_a_sentence_are_left_out(encoder):
    chosen = snippet("  One two three.   \n", "one", encoder)
    assert chosen == "One two three."


def test_all_passages_of_a_search_are_encoded_in_one_call(encoder):
    query = encoder.encode(["water"])[0]
    encoder.encoded.clear()
    best_spans([f"{FILLER} {FILLER}"] * 5, query, encoder)
    assert len(encoder.encoded) == 1


LONG_TEXTS = {
    "en": "the rain fell on the hills and " * 20 + "cool the burn with water " + "and so on " * 30,
    "de": "Wassersportgerätehersteller " * 40,
    "zh": "雨在山上下了整整一个漫长而灰暗的秋天下午" * 20,
    "ja": "雨が山に降り続けた長い灰色の午後のことを" * 20,
    "th": "ฝนตกบนเนินเขาตลอดบ่ายอันยาวนานและเงียบสงบ" * 15,
    "km": "ភ្លៀងបានធ្លាក់នៅលើភ្នំពេញមួយរសៀលដ៏វែង" * 15,
    "my": "မိုးသည်တောင်ကုန်းများပေါ်တွင်ရွာသည်" * 15,
    "bo": "ཆར་པ་རི་ལ་བབས་ནས་ཉིན་གང་འགོར་ཡོད་" * 15,
    "hi": "पहाड़ियों पर बारिश होती रही और " * 20,
    "ar": "هطل المطر على التلال طوال بعد الظهر و" * 20,
    "emoji": "👩‍👩‍👧‍👦" * 300,
}


@pytest.mark.parametrize("language", LONG_TEXTS)
def test_a_long_sentence_is_cut_where_words_end_in_every_script(language):
    encoder = load_encoder()
    text = LONG_TEXTS[language]
    start, end = best_spans([text], encoder.encode([text[300:330]])[0], encoder)[0]
    assert 0 < len(text[start:end]) <= 1.5 * LONG < len(text)
    edges = {0, len(text), *boundaries(text, 0, len(text))}
    assert start in edges and end in edges
    if " " in text.strip():
        assert start == 0 or text[start - 1] == " "
        assert end == len(text) or text[end] == " "
    # No vowel sign, tone mark or small kana is parted from what it belongs to.
    assert unicodedata.category(text[start])[0] != "M" and text[start] not in "ャュョッゃゅょっー"


def test_the_part_of_a_long_sentence_that_answers_is_the_snippet(encoder):
    assert "cool the burn with water" in snippet(LONG_TEXTS["en"], "cool burn water", encoder)


def test_a_sentence_is_chosen_by_its_words_shares():
    encoder = load_encoder()
    query = query_words("how to cool a burn", encoder)
    text = f"{FILLER} Hold the burned skin under running water."
    words = shares([text], [text], query, encoder)[0]
    tokens = encoder.token_vectors([text])[0]
    whole = np.linalg.norm(tokens.vectors.sum(axis=0))
    at = len(FILLER) + 1
    for start, end in ((0, len(FILLER)), (at, len(text))):
        inside = (tokens.starts >= start) & (tokens.ends <= end)
        length = np.linalg.norm(tokens.vectors[inside].sum(axis=0)) / whole
        shared = sum(w.share for w in words if w.start is not None and start <= w.start < end)
        asked = encoder.encode(["how to cool a burn"], kind="query")[0]
        cosine = encoder.encode([text[start:end]])[0] @ asked
        assert shared / length == pytest.approx(float(cosine), abs=0.02)
