"""What is read for a page of hits, and what is met before one is."""

import pytest

from indexer import load_encoder
from indexer.encoders.embedded import EmbeddedEncoder
from search import Searcher, reading

FILES = {f"{name}.txt": f"The {name} is green." for name in ("frog", "leaf", "lime", "moss", "pea")}


def test_a_page_cuts_no_word_that_was_met(make_index, encoder, monkeypatch):
    cut: list[str] = []
    own = EmbeddedEncoder._cut
    monkeypatch.setattr(
        EmbeddedEncoder, "_cut", lambda self, words: (cut.extend(words), own(self, words))[1]
    )
    embedded = load_encoder()
    embedded.forget_words()
    index = make_index(FILES)
    monkeypatch.setattr(encoder, "meet_words", embedded.meet_words, raising=False)
    Searcher(index).meet_words()
    assert {"The", "frog", "pea", "green."} <= {*cut}
    cut.clear()
    embedded.token_vectors(list(FILES.values()))
    assert not cut


@pytest.mark.parametrize(("most", "texts"), [(5, 5), (4, 3), (2, 2)])
def test_of_many_passages_the_words_of_some_are_met(make_index, encoder, monkeypatch, most, texts):
    met: list[str] = []
    monkeypatch.setattr(encoder, "meet_words", lambda some: met.extend(some) or True, raising=False)
    monkeypatch.setattr(reading, "MET", most)
    Searcher(make_index(FILES)).meet_words()
    assert len({*met}) == len(met) == texts


def test_no_more_words_are_met_than_an_encoder_keeps(make_index, encoder, monkeypatch):
    met: list[str] = []
    monkeypatch.setattr(encoder, "meet_words", met.extend, raising=False)
    monkeypatch.setattr(reading, "_AT_ONCE", 2)
    Searcher(make_index(FILES)).meet_words()
    assert len(met) == 2


def test_an_encoder_that_keeps_no_words_is_let_be(make_index):
    Searcher(make_index(FILES)).meet_words()
