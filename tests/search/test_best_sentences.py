"""One sentence that says what is asked brings its passage to the top."""

import numpy as np
import pytest

from indexer import load_encoder, sentence_vectors
from search import Searcher, best_sentences

ABOUT = (
    "The harbour is old. Ships come in every morning. Fishermen mend their nets on the quay. "
    "Gulls cry over the market. The fish hall opens at six. "
)
FILES = {
    "harbour.txt": ABOUT + "Der Leuchtturm wurde 1890 aus rotem Backstein gebaut. " + ABOUT,
    "towers.txt": "Towers of brick are built in many towns. The tower of the church is tall. "
    "The brick is red. A tower was built beside the river.",
    "bread.txt": "Knead the dough for ten minutes and let it rise in a warm place.",
}
ASKED = "The lighthouse was built of red brick in 1890"


@pytest.fixture
def encoder():
    return load_encoder()


def names(hits):
    return [hit.path.name for hit in hits]


def test_a_passage_is_found_by_the_one_sentence_that_answers(make_index):
    index = make_index(FILES)
    [best, *_] = Searcher(index).search(ASKED, mode="dense")
    assert best.path.name == "harbour.txt"
    assert "Leuchtturm" in best.passage.snippet
    with index.transaction() as connection:
        sentence_vectors.forget(connection)
    [without, *_] = hits = Searcher(index).search(ASKED, mode="dense")
    assert without.path.name == "towers.txt"
    [harbour] = [hit for hit in hits if hit.path.name == "harbour.txt"]
    # What is shown beside a hit stays its own cosine; how sure it is rests on the sentence too.
    assert harbour.cosine == best.cosine
    assert harbour.confidence < best.confidence


def test_what_a_sentence_adds_grows_from_where_it_is_clearly_near(make_index, encoder):
    index = make_index(FILES)
    query = encoder.encode([ASKED], kind="query")[0]
    sentences = best_sentences.BestSentences(index.connection, query)
    ids = np.array([*Searcher(index)._columns().ids, 10_000])
    texts = dict(index.connection.execute("SELECT id, text FROM passages").fetchall())
    best = sentences.best(ids)
    assert best[-1] == 0
    for id_, cosine, cosines in zip(ids[:-1], best, sentences.cosines(ids.tolist()), strict=False):
        assert cosine == cosines.max()
        assert cosine > 0.6 if "Leuchtturm" in texts[id_] else cosine < 0.6
    just, more = best_sentences.added(best_sentences.CLEAR + np.array([0.0, 0.1], np.float32))
    assert (just, more) == pytest.approx((0.0, 0.1 * best_sentences.WEIGHT), abs=1e-6)
    assert not best_sentences.added(np.array([-0.1, 0.4], np.float32)).any()


def test_a_sentence_gains_nothing_by_its_language(make_index, monkeypatch):
    """Both say what is asked, one in the query's language, whose cosines are greater."""
    index = make_index(
        {
            "de.txt": "Der Hafen ist alt. Ein Feuer im Wald wird sofort gemeldet. Es regnet oft.",
            "en.txt": "The harbour is old. A fire in the forest is reported at once. It rains.",
        }
    )
    asked = "a fire in the forest is reported at once"
    offsets = {"en": 0.08, "de": -0.08}
    monkeypatch.setattr("search.background.Background.offsets", lambda *_: offsets)
    searcher = Searcher(index)
    query = index.encoder.encode([asked], kind="query")[0]
    judge = searcher.judge(query)
    sentences = best_sentences.BestSentences(index.connection, query)
    hits = searcher.search(asked, mode="dense")
    assert {hit.language for hit in hits} == {*offsets}
    for hit in hits:
        best = sentences.best(np.array([hit.passage.id])) - offsets[hit.language]
        more = float(best_sentences.added(best)[0])
        assert more > 0
        assert hit.confidence == pytest.approx(judge.confidence(hit.cosine + more, hit.language))
    nearness = [judge.even(hit.cosine, hit.language) for hit in hits]
    assert nearness != sorted(nearness, reverse=True)  # what sentences add decides


def test_a_page_without_explanations_needs_no_vectors_of_tokens(make_index, encoder, monkeypatch):
    searcher = Searcher(make_index(FILES))
    plain = [hit.passage.snippet for hit in searcher.search(ASKED)]
    explained = searcher.search(ASKED, explain=True)
    assert [hit.passage.snippet for hit in explained] == plain
    assert all(hit.passage.words for hit in explained)

    def refuse(*_, **__):
        raise AssertionError

    monkeypatch.setattr(type(encoder), "token_vectors", refuse)
    assert [hit.passage.snippet for hit in searcher.search(ASKED)] == plain


def test_the_first_passages_alone_are_looked_into(make_index, monkeypatch):
    monkeypatch.setattr("search.nearest.LOOKED_INTO", 1)
    assert names(Searcher(make_index(FILES)).search(ASKED, mode="dense"))[0] == "towers.txt"


def test_sentences_do_not_count_where_centres_are_taken_off(make_index):
    index = make_index(FILES)
    index.set_centring(True)
    assert names(Searcher(index).search(ASKED, mode="dense"))[0] == "towers.txt"
    index.set_centring(False)
    assert names(Searcher(index).search(ASKED, mode="dense"))[0] == "harbour.txt"
