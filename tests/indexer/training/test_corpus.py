from pathlib import Path

import pytest
import zstandard

from indexer.errors import TrainingError
from indexer.training.corpus import held_out_sentences, load_corpus, normalised

PAIRS = [(f"sentence number {n} of many", f"Satz Nummer {n} von vielen") for n in range(200)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    lines = [f"eng\tdeu\t{one}\t{other}" for one, other in PAIRS]
    lines += [
        "eng\tdeu\tThe test sentence!\tetwas ganz anderes",
        "eng\tdeu\tsomething else entirely\tDER PRÜFSATZ",
        "eng\tdeu\tno fourth column",
    ]
    (data / "plain.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    packed = "\n".join(f"deu\tfra\t{other}\tphrase {one}" for one, other in PAIRS)
    (data / "packed.tsv.zst").write_bytes(zstandard.compress(packed.encode()))
    held_out = tmp_path / "held_out"
    held_out.mkdir()
    (held_out / "tatoeba.deu-eng.eng").write_text("the test sentence\n", "utf-8")
    (held_out / "tatoeba.deu-eng.deu").write_text("Der Prüfsatz.\n", "utf-8")
    return tmp_path


def test_a_pair_with_a_test_sentence_on_either_side_never_enters_training(folder: Path) -> None:
    held_out = held_out_sentences(folder / "held_out")
    corpus = load_corpus(folder / "data", held_out=held_out)
    assert not {normalised(text) for text in corpus.texts} & held_out
    assert corpus.report.excluded == {"packed": 0, "plain": 2}
    without_check = load_corpus(folder / "data")
    assert {normalised(text) for text in without_check.texts} & held_out


def test_plain_and_compressed_sources_are_read_and_malformed_lines_passed_over(
    folder: Path,
) -> None:
    corpus = load_corpus(folder / "data", held_out=held_out_sentences(folder / "held_out"))
    assert corpus.report.kept == {"packed": 200, "plain": 200}
    assert set(corpus.language_pairs) == {("deu", "fra"), ("deu", "eng")}
    sides = zip(corpus.left.tolist(), corpus.right.tolist(), strict=True)
    pairs = {(corpus.texts[left], corpus.texts[right]) for left, right in sides}
    assert {(other, one) for one, other in PAIRS} < pairs
    assert {(other, f"phrase {one}") for one, other in PAIRS} < pairs


def test_a_source_can_be_left_out(folder: Path) -> None:
    corpus = load_corpus(folder / "data", without=["packed"])
    assert corpus.sources == ["plain"]


def test_leaving_out_an_unknown_source_names_those_there_are(folder: Path) -> None:
    with pytest.raises(TrainingError, match="there are packed, plain"):
        load_corpus(folder / "data", without=["nothing"])


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="tsv"):
        load_corpus(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("few.tsv", b"eng\tdeu\thouse\tHaus\n", "nothing to train on"),
        ("columns.tsv", b"house\tHaus\n" * 200, "nothing to train on"),
        ("latin.tsv", "eng\tdeu\tdoor\tTür\n".encode("latin-1"), "latin.tsv is not UTF-8"),
        (
            "cut.tsv.zst",
            zstandard.compress(b"eng\tdeu\ta\tb\n" * 99)[:-9],
            "cut.tsv.zst is cut short",
        ),
        ("packed.tsv.zst", b"eng\tdeu\thouse\tHaus\n" * 200, "packed.tsv.zst is damaged"),
    ],
)
def test_text_that_cannot_be_trained_on_is_told_by_its_name(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TrainingError, match=said):
        load_corpus(tmp_path)


def test_held_out_sentences_that_are_no_text_are_told_by_their_name(tmp_path: Path) -> None:
    (tmp_path / "sentences").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TrainingError, match="sentences is not UTF-8"):
        held_out_sentences(tmp_path)
