"""Terms of a text, in every script."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.segmentation import fold, segment


def holds(text: str, asked: str) -> bool:
    """Whether every term of `asked` is among those of `text`."""
    found, wanted = segment(text), segment(asked)
    terms = {*found.words.split(), *found.parts.split()}
    parts = wanted.parts.split() if asked and "가" <= asked[0] <= "힣" else []
    return bool(wanted.words) and set(parts or wanted.words.split()) <= terms


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("今年の売上は前年を上回った。", "売上"),
        ("我们必须评估市场风险。", "风险"),
        ("ต้องประเมินความเสี่ยงก่อน", "ความเสี่ยง"),
        ("ຄວາມສ່ຽງສູງ", "ສ່ຽງ"),
        ("ហានិភ័យខ្ពស់", "ហានិភ័យ"),
        ("အန္တရာယ်များသည်", "အန္တရာယ်"),
        ("བོད་སྐད་ཀྱི་དེབ།", "བོད་སྐད"),
        ("이 위험은 크다", "위험"),
        ("飲み水を確保する", "水"),
        ("私の猫", "猫"),
        ("A naïve question", "naive"),
        ("a naive question", "naïve"),
        ("Die Straße ist lang", "strasse"),
        ("die strasse", "STRASSE"),
        ("كَتَبَ الطَّالِبُ الدَّرْسَ", "كتب الطالب الدرس"),
        ("شَלוֹם שָׁלוֹם", "שלום"),
        ("کتاب فارسی", "كتاب فارسي"),
        ("می‌خواهم", "میخواهم"),
        ("ＡＢＣ １２３", "abc 123"),
        ("ﾃﾞｰﾀﾍﾞｰｽ", "データベース"),
        ("في عام ٢٠٢٤", "2024"),
        ("İstanbul'da ISI", "istanbul ısı"),
        ("ΟΔΟΣ Ελλάδα", "οδός ελλαδα"),
        ("हिन्दी में किताब", "हिन्दी"),
        ("iPhone15の売上", "iphone15 売上"),
        ("LG전자는", "lg"),
        ("snake_case", "case"),
        ("co\u00adoperate", "cooperate"),
    ],
)
def test_a_word_is_found_in_its_text(text, asked):
    assert holds(text, asked)


@pytest.mark.parametrize(
    ("one", "other"),
    [("が", "か"), ("ぱ", "は"), ("й", "и"), ("ё", "е"), ("की", "का"), ("น้ำ", "นำ"), ("กา", "ก")],
)
def test_marks_that_make_another_letter_are_kept(one, other):
    assert fold(one) != fold(other)


def test_words_stand_in_the_order_of_the_text_and_parts_once():
    found = segment("Tokyo 東京東京 is big")
    assert found.words == "tokyo 東京 京東 東京 is big"
    assert found.parts == "東 京"


def test_a_text_written_apart_or_composed_has_the_same_terms():
    assert segment("e\u0301te\u0301 が") == segment("été か\u3099")


@given(st.text(max_size=60))
def test_any_text_has_terms_that_the_table_takes_apart_as_they_were_put_together(text):
    found = segment(text)
    with sqlite3.connect(":memory:") as table:
        table.execute("CREATE VIRTUAL TABLE t USING fts5(words, parts, tokenize='ascii')")
        table.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(t, instance)")
        table.execute("INSERT INTO t VALUES (?, ?)", (found.words, found.parts))
        rows = table.execute("SELECT term FROM terms WHERE col = 'words' ORDER BY offset")
        assert [row[0] for row in rows] == found.words.split(" ") * bool(found.words)
    table.close()
