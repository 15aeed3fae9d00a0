"""Copies, languages and variety on a page of results."""

import numpy as np

from search import Searcher
from search.spreading import alike, copies, diverse, over_languages

LONG = "Cool the burn under running water for twenty minutes and cover it with a clean cloth"


def test_a_text_that_is_nearly_an_earlier_one_is_its_copy():
    texts = [LONG, LONG + " today", "Something else entirely", LONG]
    near = alike(["en"] * 4, np.array([[1, 0], [1, 0], [0, 1], [1, 0]], np.float32))
    assert not near[2].any()
    assert copies({place: texts[place] for place in (0, 1, 3)}, near) == [0, 0, 2, 0]


def test_neither_a_translation_nor_another_order_of_meaning_is_a_copy():
    vectors = np.array([[1, 0], [1, 0]], np.float32)
    assert not alike(["en", "de"], vectors).any()
    assert not alike(["en", "en"], np.eye(2, dtype=np.float32)).any()
    assert copies({0: LONG, 1: "burn water"}, alike(["en", "en"], vectors)) == [0, 1]


def test_languages_take_turns_and_the_first_stays_first():
    order = over_languages(["de", "de", "de", "ja", "en"])
    assert order[0] == 0
    assert set(order[:3]) == {0, 1, 3} or set(order[:3]) == {0, 3, 4}
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert over_languages(["de"] * 3) == [0, 1, 2]


def test_what_says_something_new_comes_before_what_repeats():
    vectors = np.array([[1, 0], [0.999, 0.04], [0, 1]], np.float32)
    assert diverse([0.9, 0.89, 0.6], vectors) == [0, 2, 1]


def test_copies_collapse_into_one_hit_that_names_them(make_index, folder):
    files = {f"copy{n}.txt": LONG for n in range(12)} | {"other.txt": "running shoes and water"}
    hits = Searcher(make_index(files)).search("burn under running water", limit=2)
    assert [hit.path.name for hit in hits][1:] == ["other.txt"]
    assert len(hits[0].copies) == 11
    assert {path.parent for path in hits[0].copies} == {folder.resolve()}


def test_balance_brings_other_languages_up(make_index):
    files = {f"en{n}.txt": f"the seat train night number{n} filler{n}" for n in range(8)}
    files["de.txt"] = "der seat ganz anders"
    searcher = Searcher(make_index(files))
    plain = [hit.language for hit in searcher.search("seat train night", limit=3, mode="dense")]
    spread = searcher.search("seat train night", limit=3, mode="dense", balance=True)
    assert plain == ["en"] * 3
    assert "de" in [hit.language for hit in spread]
    assert spread[0].language == "en"
