"""Reranking by a real cross-encoder, a tiny one that was taught one thing: zebras answer."""

import json
import time
from pathlib import Path

import pytest

from indexer.errors import EncoderError
from search import Reranker, Searcher

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("sentence_transformers")


WORDS = "the a lion zebra horse runs eats sleeps grass stripes has animal which is".split()
FILES = {
    "one.txt": "the lion runs the animal runs",
    "two.txt": "a horse eats grass the animal eats",
    "three.txt": "the zebra sleeps",
    "four.txt": "the horse runs the animal is",
}


def save(folder: Path, model: object) -> Path:
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    folder.mkdir(exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def config(labels: int = 1) -> object:
    return transformers.BertConfig(
        vocab_size=5 + len(WORDS),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=labels,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train until passages with a zebra score high, whatever the query."""
    folder = tmp_path_factory.mktemp("reranker")
    torch.manual_seed(1)
    made = transformers.BertForSequenceClassification(config())
    save(folder, made)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    draw = torch.Generator().manual_seed(1)
    optimizer = torch.optim.AdamW(made.parameters(), lr=5e-3)
    for _ in range(120):
        rows = torch.randint(len(WORDS), (32, 6), generator=draw).tolist()
        texts = [" ".join(WORDS[place] for place in row) for row in rows]
        wanted = torch.tensor([[float("zebra" in text)] for text in texts])
        batch = tokenizer(["which animal runs"] * 32, texts, return_tensors="pt", padding=True)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(made(**batch).logits, wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return save(folder, made)


def names(hits: list) -> list[str]:
    return [hit.path.name for hit in hits]


def test_the_reranker_s_first_is_first_and_its_scores_stand_with_the_passages(make_index, model):
    searcher = Searcher(make_index(FILES))
    query = "which animal runs"
    plain = searcher.search(query)
    hits = searcher.search(query, reranker=Reranker(str(model)))
    assert names(plain)[0] != "three.txt"
    assert names(hits)[0] == "three.txt"
    assert set(names(hits)) == set(names(plain))
    scores = [hit.passage.reranked for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.9 > 0.5 > scores[1]
    assert all(hit.passage.reranked is None for hit in plain)
    lexical = searcher.search("which zebra runs", mode="lexical", reranker=Reranker(str(model)))
    assert names(lexical)[0] == "three.txt"


def test_what_is_not_read_keeps_its_order_behind(make_index, model):
    searcher = Searcher(make_index(FILES))
    query = "which animal runs"
    plain = names(searcher.search(query))
    hits = searcher.search(query, reranker=Reranker(str(model), depth=2))
    assert [hit.passage.reranked is not None for hit in hits] == [True, True, False, False]
    assert set(names(hits)[:2]) == set(plain[:2])
    assert names(hits)[2:] == plain[2:]


def test_it_stops_reading_when_its_time_is_up(model):
    reranker = Reranker(str(model), depth=10_000, seconds=0.05)
    began = time.monotonic()
    scores = reranker.scores("which animal", ["the zebra runs"] * 10_000)
    read = sum(score is not None for score in scores)
    assert 0 < read < 10_000
    assert all(score is None for score in scores[read:])
    assert time.monotonic() - began < 60


def test_strange_text_is_scored_too(model):
    texts = ["", "a\ud800b", "zebra " * 5_000, "\x00"]
    assert all(score is not None for score in Reranker(str(model)).scores("\ud800", texts))


def test_what_is_no_reranker_is_refused_in_a_sentence(tmp_path, model):
    two = save(tmp_path / "two", transformers.BertForSequenceClassification(config(labels=2)))
    masked = save(tmp_path / "masked", transformers.BertForMaskedLM(config()))
    for name, said in (
        (str(two), "2 scores a passage"),
        (str(masked), "no reranker: its head is BertForMaskedLM"),
        (str(tmp_path / "missing"), "no folder"),
        ("nonsense", "no reranker called"),
        ("owner/not-here", "not on this machine"),
    ):
        with pytest.raises(EncoderError, match=said):
            Reranker(name)
    with pytest.raises(EncoderError, match="reads none"):
        Reranker(str(model), depth=0)
    with pytest.raises(EncoderError, match="reads none"):
        Reranker(str(model), seconds=0)


def test_a_damaged_reranker_is_refused_in_a_sentence(tmp_path, model):
    import shutil

    damaged = shutil.copytree(model, tmp_path / "damaged")
    weights = damaged / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(EncoderError, match="cannot be loaded"):
        Reranker(str(damaged))
    (damaged / "config.json").write_text(json.dumps({"architectures": []}), "utf-8")
    with pytest.raises(EncoderError, match="missing"):
        Reranker(str(damaged))
