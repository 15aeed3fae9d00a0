"""Searching by words, and by words and meaning at once, over a real index."""

import pytest

from search import Searcher
from search.lexical import holding_any, search
from search.query import parse
from search.ranking import LexicalMatch, fuse

SCRIPTS = {
    "ja.txt": "今年の売上は前年を上回った。",
    "zh.txt": "我们必须评估市场风险。",
    "th.txt": "ต้องประเมินความเสี่ยงก่อน",
    "ko.txt": "이 위험은 크다",
    "water.txt": "飲み水を確保する",
    "cat.txt": "私の猫は寝ている",
    "naive.txt": "It was a naïve question.",
    "street.txt": "Die Straße ist lang.",
    "arabic.txt": "كَتَبَ الطَّالِبُ الدَّرْسَ",
    "wide.txt": "ＡＢＣ会社の報告",
}


def names(hits):
    return [hit.path.name for hit in hits]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("売上", "ja.txt"),
        ("风险", "zh.txt"),
        ("ความเสี่ยง", "th.txt"),
        ("위험", "ko.txt"),
        ("水", "water.txt"),
        ("猫", "cat.txt"),
        ("naive", "naive.txt"),
        ("NAÏVE", "naive.txt"),
        ("strasse", "street.txt"),
        ("كتب الطالب", "arabic.txt"),
        ("abc", "wide.txt"),
        ('"私の猫"', "cat.txt"),
        ('"市场风险"', "zh.txt"),
    ],
)
def test_a_word_is_found_in_every_script_by_default(make_index, query, name):
    searcher = Searcher(make_index(SCRIPTS))
    assert names(searcher.search(query, mode="lexical")) == [name]
    assert names(searcher.search(query))[0] == name


def test_words_never_keep_out_what_is_near_in_meaning(make_index):
    files = {f"{n}.txt": f"seat train number {n} of many" for n in range(30)}
    searcher = Searcher(make_index(files | {"exact.txt": "seat zx81"}))
    for limit in (5, 31):
        dense = searcher.search("seat train zx81", limit=limit, mode="dense")
        both = searcher.search("seat train zx81", limit=limit + 1)
        assert {hit.path: hit.cosine for hit in dense}.items() <= {
            hit.path: pytest.approx(hit.cosine, abs=1e-6) for hit in both
        }.items()


def test_a_phrase_is_words_side_by_side_in_order(make_index):
    files = {"right.txt": "the night train leaves", "wrong.txt": "a train at night, the train"}
    searcher = Searcher(make_index(files))
    assert names(searcher.search('"night train"', mode="lexical")) == ["right.txt"]
    assert set(names(searcher.search("night train", mode="lexical"))) == set(files)


def test_an_unwanted_word_keeps_its_passages_out_of_every_mode(make_index):
    files = {"cat.txt": "jaguar in the forest", "car.txt": "jaguar is a car"}
    searcher = Searcher(make_index(files))
    for mode in ("hybrid", "dense", "lexical"):
        assert names(searcher.search("jaguar -car", mode=mode)) == ["cat.txt"]
    assert names(searcher.search('jaguar -"a car"')) == ["cat.txt"]
    assert searcher.search("jaguar -car -forest") == []


def test_weights_decide_between_words(make_index):
    searcher = Searcher(make_index({"one.txt": "solar roof", "two.txt": "wind roof"}))
    assert names(searcher.search("solar^4 wind", mode="lexical")) == ["one.txt", "two.txt"]
    assert names(searcher.search("solar wind^4", mode="lexical")) == ["two.txt", "one.txt"]
    assert names(searcher.search("solar^0 wind", mode="lexical")) == ["two.txt"]


def test_a_filter_confines_the_words_too(make_index, folder):
    searcher = Searcher(make_index({"a/one.txt": "zx81 manual", "b/two.txt": "zx81 manual"}))
    assert names(searcher.search("zx81", mode="lexical", folders=folder / "b")) == ["two.txt"]


def test_a_word_of_most_passages_counts_only_where_no_other_is_found(make_index):
    files = {f"{n}.txt": f"the common word {n}" for n in range(20)} | {"rare.txt": "zx81 only"}
    index = make_index(files)
    rare = search(index.connection, parse("the zx81"), 21)
    assert len(rare.ids) == 1
    often = search(index.connection, parse("the"), 21)
    assert len(often.ids) == 20


def test_holding_any_finds_words_and_phrases(make_index):
    index = make_index({"a.txt": "red apple", "b.txt": "green pear", "c.txt": "apple red"})
    assert len(holding_any(index.connection, ("apple",))) == 2
    assert len(holding_any(index.connection, ("red apple", "pear"))) == 2
    assert len(holding_any(index.connection, ("!!!",))) == 0


def test_what_only_words_find_is_fused_in_and_what_is_dense_alone_stays():
    fused = fuse([(1, 0.9), (2, 0.8)], [LexicalMatch(3, 1.0, 0.1), LexicalMatch(2, 1.0, 0.8)])
    assert set(fused) == {1, 2, 3}
    assert fused[3][0] == 0.1
    assert fused[2][1] > fused[3][1] > fused[1][1] == 1 / 61


def test_a_passage_with_a_small_share_of_the_words_hardly_moves():
    fused = fuse([(1, 0.9), (2, 0.89)], [LexicalMatch(2, 0.5, 0.89)])
    assert fused[1][1] > fused[2][1]


@pytest.mark.parametrize(
    "query", ['"', "*", "a OR b", "NEAR(a b)", "words:x", "^", "a\x00b", "'; --"]
)
def test_the_language_of_the_full_text_table_is_never_spoken(make_index, query):
    Searcher(make_index({"a.txt": "a b x"})).search(query)
    Searcher(make_index({})).search(query, mode="lexical")
