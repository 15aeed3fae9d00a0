"""Shares of words, from the encoder that ships."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer import Index, load_encoder, sync
from indexer.drawing import without_drawing
from search import Searcher
from search.explaining import query_words, shares, strongest


@pytest.fixture(scope="module")
def embedded():
    return load_encoder()


def explained(encoder, query, text, title=""):
    whole = without_drawing(f"{title}\n{text}" if title else text)
    words = shares([text], [whole], query_words(query, encoder), encoder)[0]
    one, other = encoder.encode([query], kind="query")[0], encoder.encode([whole])[0]
    return words, float(one @ other)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=120))
def test_shares_sum_to_the_cosine_whatever_the_texts(query, text):
    words, cosine = explained(load_encoder(), query, text)
    assert sum(word.share for word in words) == pytest.approx(cosine, abs=1e-4)


@pytest.mark.parametrize(
    ("query", "text", "word", "answers"),
    [
        ("heart attack", "Ein Herzinfarkt verlangt schnelle Hilfe.", "Herzinfarkt", "heart"),
        ("my bicycle has a puncture", "Ein platter Reifen am Fahrrad", "Fahrrad", "bicycle"),
        ("cómo ahorrar agua", "Water the garden in the morning", "Water", "agua"),
        ("위험", "We must assess the risk.", "risk", "위험"),
    ],
)
def test_a_word_answers_to_its_translation(embedded, query, text, word, answers):
    words, _ = explained(embedded, query, text)
    assert (strongest(words, 1)[0].text, strongest(words, 1)[0].answers) == (word, answers)


def test_places_are_those_of_the_passage_with_title_and_drawing_left_out(embedded):
    text = "Das Fahrrad ---------- und der Reifen, Fahrrad"
    words, _ = explained(embedded, "bicycle", text, title="Fahrrad")
    found = [word for word in words if word.text == "Fahrrad"]
    starts = [word.start for word in found]
    assert starts == [None, text.index("Fahrrad"), text.rindex("Fahrrad")]
    assert all(text[w.start :].startswith(w.text) for w in words if w.start is not None)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=4))
def test_passages_explained_together_are_explained_alike(texts):
    encoder = load_encoder()
    texts = [*texts, "Ein Herzinfarkt, 心筋梗塞!", ""]
    query = query_words("heart attack", encoder)
    together = shares(texts, texts, query, encoder)
    alone = [shares([text], [text], query, encoder)[0] for text in texts]
    for one, other in zip(together, alone, strict=True):
        assert [word._replace(share=0) for word in one] == [w._replace(share=0) for w in other]
        assert [w.share for w in one] == pytest.approx([w.share for w in other], abs=1e-6)


def test_an_empty_query_or_text_explains_nothing(embedded):
    assert explained(embedded, "", "text")[0]
    assert explained(embedded, "query", "")[0] == ()
    assert strongest(explained(embedded, "!?", "...")[0], 5) == []
    assert shares([], [], query_words("query", embedded), embedded) == []


def test_a_search_explains_its_best_passages_when_asked(tmp_path, embedded):
    (tmp_path / "files").mkdir()
    (tmp_path / "files/herz.md").write_text("# Notfall\n\nEin Herzinfarkt verlangt Hilfe.", "utf-8")
    with Index.create(tmp_path / "index", encoder=embedded) as index:
        sync(index, tmp_path / "files")
        searcher = Searcher(index)
        passage = searcher.search("heart attack", explain=True)[0].passage
        assert sum(word.share for word in passage.words) == pytest.approx(passage.cosine, abs=2e-3)
        assert ("Herzinfarkt", "heart") in {(w.text, w.answers) for w in passage.words}
        assert searcher.search("heart attack")[0].passage.words == ()


def test_token_vectors_sum_to_the_text(embedded):
    texts = ["Ein Satz.", "", "心筋梗塞", "a\udc80b", "😀 unknown \U000e0001"]
    for text, parts in zip(texts, embedded.token_vectors(texts), strict=True):
        total = parts.vectors.sum(axis=0)
        length = np.linalg.norm(total)
        expected = embedded.encode([text])[0]
        np.testing.assert_allclose(total / length if length else total, expected, atol=1e-5)
        assert (parts.ends <= len(text)).all()
