"""Queries made ready: several in one call, several texts in one query, a file as the query."""

import numpy as np
import pytest

from indexer import load_encoder
from indexer.errors import QueryError
from search import Searcher, asking
from search.explaining import query_words, shares


def names(hits):
    return [hit.path.name for hit in hits]


def test_many_queries_are_encoded_in_one_call_and_answered_as_alone(make_index, encoder):
    searcher = Searcher(
        make_index({"a.txt": "the solar roof", "b.txt": "der wind park", "c.txt": "night train"})
    )
    texts = ["solar", "der wind -car", "+night +train^2 lang:en", "roof"]
    alone = [searcher.search(text) for text in texts]
    encoder.encoded.clear()
    ready = searcher.ready([asking.typed(text) for text in texts])
    assert len(encoder.encoded) == 1
    assert [searcher.search(query, mode="hybrid") for query in ready] == alone
    assert [query.language[0] for query in ready] == ["und", "de", "und", "und"]


def test_the_vector_of_weighted_texts_is_their_weighted_sum(encoder):
    query = asking.encoded([asking.typed("power +solar^2 -nuclear")], encoder)[0]
    power, solar, nuclear = encoder.encode(["power", "solar", "nuclear"], kind="query")
    expected = power + 2 * solar - 0.5 * nuclear
    np.testing.assert_allclose(query.vector, expected / np.linalg.norm(expected), atol=1e-6)


def test_what_is_taken_away_is_taken_away_in_every_language(make_index, tmp_path):
    encoder = load_encoder()
    solar, nuclear = encoder.encode(["Solaranlagen auf dem Dach", "Kernkraftwerke und Uran"])
    plain, without = asking.encoded(
        [asking.typed("energy"), asking.typed("+energy -nuclear")], encoder
    )
    assert (solar - nuclear) @ without.vector > (solar - nuclear) @ plain.vector


def test_shares_of_weighted_texts_sum_to_the_cosine(tmp_path):
    encoder = load_encoder()
    query = asking.encoded([asking.typed("power +solar^2 -nuclear")], encoder)[0]
    text = "Solaranlagen statt Kernkraft, sagt die Regierung."
    words = shares([text], [text], query_words(query.weighted, encoder), encoder)[0]
    assert sum(w.share for w in words) == pytest.approx(
        float(encoder.encode([text])[0] @ query.vector), abs=1e-4
    )
    with_nuclear = query_words(query.weighted[:2], encoder)
    [before] = [w for w in shares([text], [text], with_nuclear, encoder)[0] if "kraft" in w.text]
    [after] = [w for w in words if "kraft" in w.text]
    assert after.share < before.share


def test_a_file_is_a_query_whatever_marks_stand_in_it(make_index, folder, tmp_path):
    searcher = Searcher(make_index({"a.txt": "the night train", "b.txt": "the solar roof"}))
    asked = tmp_path / "like.md"
    asked.write_text("# Trains\n\nA night train -train lang:xx type:pdf", "utf-8")
    query = asking.file(asked)
    assert query.filters == () and query.unwanted == ()
    assert names(searcher.search(query))[0] == "a.txt"


def test_a_file_that_cannot_be_the_query_is_said_in_a_sentence(tmp_path):
    (tmp_path / "empty.txt").touch()
    (tmp_path / "a.bin").write_bytes(b"x")
    for name in ("empty.txt", "a.bin", "missing.txt", "."):
        with pytest.raises(QueryError, match=r"^[^\n]+\.$"):
            asking.file(tmp_path / name)
