"""One sentence that says what is asked brings its passage to the top."""

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
    "The brick is red. A tower was built beside the river. A lighthouse is a tower.",
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
    ids = Searcher(index)._columns().ids
    texts = dict(index.connection.execute("SELECT id, text FROM passages").fetchall())
    for id_, added, cosines in zip(
        ids.tolist(), sentences.added(ids).tolist(), sentences.cosines(ids.tolist()), strict=True
    ):
        above = max(0.0, float(cosines.max()) - best_sentences.CLEAR)
        assert added == pytest.approx(best_sentences.WEIGHT * above, abs=1e-6)
        assert (added > 0.1) == ("Leuchtturm" in texts[id_])
        assert added == 0 or "Knead" not in texts[id_]


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
