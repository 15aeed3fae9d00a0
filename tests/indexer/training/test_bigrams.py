import random

import numpy as np
import pytest

from indexer.training.bigrams import choose_bigrams, with_bigrams
from indexer.training.composition import ComposedTable
from indexer.training.corpus import Corpus, load_corpus
from indexer.training.tokens import TokenizedTexts

WORDS = [f"w{number}" for number in range(40)]
NUMBER = {word: number for number, word in enumerate(["good", "night", "rare", "pair", *WORDS])}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Texts of random words, one in three with "good night", one in 40 with "rare pair"."""
    generator = random.Random(1)
    lines = []
    for number in range(600):
        texts = [generator.sample(WORDS, 6) for _ in range(2)]
        for text in texts:
            if number % 3 == 0:
                text[2:4] = "good", "night"
            if number % 40 == 0:
                text[4:6] = "rare", "pair"
        lines.append("eng\tdeu\t" + "\t".join(map(" ".join, texts)))
    folder = tmp_path_factory.mktemp("data")
    (folder / "made_up.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    return load_corpus(folder)


def tokenized(corpus: Corpus) -> TokenizedTexts:
    rows = [[NUMBER[word] for word in text.split()] for text in corpus.texts]
    offsets = np.cumsum([0, *map(len, rows)])
    return TokenizedTexts(np.array([n for row in rows for n in row], np.int32), offsets)


def chosen(corpus: Corpus, use: np.ndarray, count: int) -> tuple[list[list[int]], np.ndarray]:
    pairs, share = choose_bigrams(corpus, tokenized(corpus), use, len(NUMBER), count)
    return pairs.tolist(), share


def test_what_stands_together_more_than_by_chance_is_chosen(corpus: Corpus) -> None:
    every = np.ones(len(corpus.left), bool)
    pairs, share = chosen(corpus, every, 1)
    assert pairs == [[NUMBER["good"], NUMBER["night"]]]
    assert np.allclose(share, 1)  # neither word is anywhere else
    pairs, _ = chosen(corpus, every, 2)
    assert pairs[1] == [NUMBER["rare"], NUMBER["pair"]]
    assert len(chosen(corpus, every, 1_000)[0]) < 100  # chance meetings are none


def test_texts_that_may_not_be_used_are_not_looked_at(corpus: Corpus) -> None:
    of_night = np.array(["night" in corpus.texts[left] for left in corpus.left.tolist()])
    assert [NUMBER["good"], NUMBER["night"]] not in chosen(corpus, ~of_night, 50)[0]


def test_without_any_there_are_none(corpus: Corpus) -> None:
    pairs, share = chosen(corpus, np.ones(len(corpus.left), bool), 0)
    assert pairs == []
    assert share.shape == (0, 2)


def test_a_pair_stands_after_its_tokens_in_its_own_text() -> None:
    texts = TokenizedTexts(np.array([1, 2, 1, 2, 5, 1, 2], np.int32), np.array([0, 1, 2, 2, 5, 7]))
    found = with_bigrams(texts, np.array([[1, 2], [2, 5]], np.int32), 10)
    assert found.tokens.tolist() == [1, 2, 1, 2, 10, 5, 11, 1, 2, 10]
    assert found.offsets.tolist() == [0, 1, 2, 2, 7, 10]


def test_rows_of_pairs_begin_at_zero_and_learn_by_themselves() -> None:
    table = ComposedTable(["▁haus", "▁hausen"], dimension=8, deviation=1.0, seed=1, bigrams=2)
    before = table.composed()
    assert before.shape == (4, 8)
    assert not before[2:].any()
    pooled = table.pool(np.array([0, 2], np.int32), np.array([0, 2]))
    pooled.sum().backward()
    table.update(0.1, 1)
    after = table.composed()
    assert after[2].any()
    assert not after[3].any()
