from pathlib import Path

import numpy as np
import pytest

from indexer.training import made_pairs
from indexer.training.corpus import Corpus, load_corpus, normalised
from indexer.training.made_pairs import pairs_made, through_a_third_language, with_made_pairs

SENTENCES = 200


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Kazakh with Russian only, Russian with English, and Afrikaans with both."""
    lines = []
    for number in range(SENTENCES):
        lines += [
            f"kaz\trus\tkazakh {number}\trussian {number}",
            f"eng\trus\tenglish {number}\trussian {number}",
            f"afr\teng\tafrikaans {number}\tenglish {number}",
            f"afr\trus\tafrikaans {number}\trussian {number}",
        ]
    (tmp_path / "tatoeba.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "wordnet.tsv").write_text(
        "\n".join(f"kaz\trus\tword {number}\trussian {number}" for number in range(SENTENCES)),
        "utf-8",
    )
    return load_corpus(tmp_path)


def texts_of(corpus: Corpus, language: str) -> set[tuple[str, str]]:
    """Return the pairs of a language with English, as texts, English last."""
    found = set()
    sides = zip(
        corpus.left.tolist(), corpus.right.tolist(), corpus.language_pair.tolist(), strict=True
    )
    for left, right, number in sides:
        pair = corpus.language_pairs[number]
        if pair == (language, "eng"):
            found.add((corpus.texts[left], corpus.texts[right]))
        elif pair == ("eng", language):
            found.add((corpus.texts[right], corpus.texts[left]))
    return found


def test_a_sentence_meets_the_english_of_its_translation(corpus: Corpus) -> None:
    found, use = with_made_pairs(corpus, np.ones(len(corpus.left), bool), set(), seed=1)
    assert texts_of(found, "kaz") == {(f"kazakh {n}", f"english {n}") for n in range(SENTENCES)}
    assert len(use) == len(found.left) == len(corpus.left) + SENTENCES  # Afrikaans had its own
    assert use.all()
    assert np.array_equal(found.left[: len(corpus.left)], corpus.left)
    assert pairs_made(found) == {"third_language": SENTENCES, "word_by_word": 0}


def test_what_is_kept_out_of_training_is_not_brought_back(corpus: Corpus) -> None:
    use = np.array(
        [
            corpus.texts[text] not in ("kazakh 3", "russian 5", "english 7")
            for side in (corpus.left, corpus.right)
            for text in side.tolist()
        ]
    )
    use = use.reshape(2, -1).all(axis=0)
    found = through_a_third_language(corpus, use, seed=1)
    made = texts_of(found, "kaz")
    assert len(made) == SENTENCES - 3
    assert not {one for pair in made for one in pair} & {"kazakh 3", "kazakh 5", "english 7"}


def test_a_language_with_enough_gets_no_more(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_pairs, "PAIRS_A_LANGUAGE", 50)
    found = through_a_third_language(corpus, np.ones(len(corpus.left), bool), seed=1)
    assert len(texts_of(found, "kaz")) == 50


def test_an_english_sentence_is_said_with_what_word_lists_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_pairs, "LEAST_WORDS", 5)
    names = ["cat", "dog", "city", "walk", "house", *(f"word{chr(97 + n)}" for n in range(26))]
    sentences = [
        f"The {one}s walked to {other} houses" for one in names[:26] for other in names[1:16]
    ]
    (tmp_path / "tatoeba.tsv").write_text(
        "".join(f"deu\teng\tsatz {n}\t{text}\n" for n, text in enumerate(sentences)), "utf-8"
    )
    (tmp_path / "wordnet.tsv").write_text(
        "".join(f"cym\teng\tw-{name}\t{name}\n" for name in names for _ in range(6)), "utf-8"
    )
    corpus = load_corpus(tmp_path)
    every = np.ones(len(corpus.left), bool)
    found, use = with_made_pairs(corpus, every, set(), seed=1)
    made = texts_of(found, "cym") - texts_of(corpus, "cym")
    assert ("w-cat w-walk w-dog w-house", "The cats walked to dog houses") in made
    assert pairs_made(found)["word_by_word"] == len(found.left) - len(corpus.left) == len(made)
    assert len(use) == len(found.left)
    assert len(found.keys) == len(found.texts)
    assert not {language for pair in found.language_pairs for language in pair} - {
        *("cym", "deu", "eng")
    }
    less, _ = with_made_pairs(corpus, every, {normalised("w-cat w-walk w-dog w-house")}, seed=1)
    assert len(less.left) == len(found.left) - 1
