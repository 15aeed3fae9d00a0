"""What a person types, taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.query import Wanted, parse


def test_plain_text_is_encoded_as_it_stands_and_looked_for_as_one():
    query = parse("  heart   attack, 1999-2001 ")
    assert query.text == "  heart   attack, 1999-2001 "
    assert query.wanted == (Wanted("heart attack, 1999-2001"),)
    assert query.unwanted == ()


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ('"night train"', "night train"),
        ("“night train”", "night train"),
        ("„der Nachtzug“", "der Nachtzug"),
        ("« le train »", " le train "),
        ("「夜行列車」", "夜行列車"),
    ],
)
def test_quotation_marks_of_every_script_make_a_phrase(text, phrase):
    query = parse(text)
    assert query.wanted == (Wanted(phrase, phrase=True),)
    assert query.text == phrase


@pytest.mark.parametrize(
    ("text", "encoded", "unwanted"),
    [
        ("jaguar -car", "jaguar", ("car",)),
        ('jaguar -"sports car"', "jaguar", ("sports car",)),
        ("猫 -犬", "猫", ("犬",)),
        ("猫 －犬", "猫", ("犬",)),
        ("-car jaguar", "jaguar", ("car",)),
    ],
)
def test_a_minus_before_a_word_or_a_phrase_leaves_it_out(text, encoded, unwanted):
    query = parse(text)
    assert (query.text, query.unwanted) == (encoded, unwanted)


@pytest.mark.parametrize("text", ["below -40 degrees", "well-known", "a - b", "-", "--", "cost: -"])
def test_a_minus_that_means_nothing_here_is_text(text):
    assert parse(text).text == text
    assert parse(text).unwanted == ()


@pytest.mark.parametrize(
    ("text", "encoded", "texts"),
    [
        ("+solar -nuclear", "solar", (("solar", 1.0), ("nuclear", -0.5))),
        ("power plants +solar^2", "power plants solar", (("power plants", 1.0), ("solar", 2.0))),
        ('+"solar power"^0.5 ＋風力', "solar power 風力", (("solar power", 0.5), ("風力", 1.0))),
        ("solar -nuclear^2", "solar", (("solar", 1.0), ("nuclear", -1.0))),
        ("solar", "solar", ()),
        ("call +49 30 or C++ + more", "call +49 30 or C++ + more", ()),
    ],
)
def test_a_sign_sets_a_text_apart_with_its_weight(text, encoded, texts):
    query = parse(text)
    assert (query.text, query.texts) == (encoded, texts)
    assert query.weighted == texts or ((text, 1.0),)


def test_a_query_of_unwanted_words_alone_is_taken_as_it_stands():
    assert parse("-car").text == "-car"
    assert parse("-car").unwanted == ()


def test_weights_are_read_and_left_out_of_what_is_encoded():
    query = parse('solar^3 power "wind park"^0.5')
    assert query.text == "solar power wind park"
    assert query.wanted == (
        Wanted("solar", 3.0),
        Wanted("power"),
        Wanted("wind park", 0.5, phrase=True),
    )


@pytest.mark.parametrize("text", ['a lone " mark', "x^y", "^2", "2^", '""', "x^1.2.3"])
def test_marks_that_mean_nothing_are_no_error(text):
    assert parse(text).wanted


@given(st.text(max_size=80))
def test_nothing_typed_is_an_error_and_something_is_always_wanted(text):
    query = parse(text)
    assert query.wanted
    assert all(item.weight >= 0 for item in query.wanted)
