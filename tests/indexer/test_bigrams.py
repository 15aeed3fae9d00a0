import numpy as np
import pytest

from indexer.encoders.bigrams import Bigrams

PAIRS = np.array([[1, 2], [2, 2], [7, 0]], np.int32)
VOCABULARY = 8


def found(*texts: list[int]) -> list[tuple[int, int]]:
    """Return (place of the second token, row) of the pairs in texts."""
    tokens = np.array([token for text in texts for token in text], np.int32)
    first = np.cumsum([0, *map(len, texts)])[:-1]
    places, rows = Bigrams(PAIRS, VOCABULARY).found(tokens, first)
    return list(zip(places.tolist(), rows.tolist(), strict=True))


def test_pairs_are_found_where_their_tokens_meet() -> None:
    assert found([5, 1, 2, 2, 7, 0]) == [(2, 8), (3, 9), (5, 10)]


def test_the_last_token_of_a_text_is_no_neighbour_of_the_first_of_the_next() -> None:
    assert found([1], [2, 2], [], [], [7], [], [0, 7, 0], []) == [(2, 9), (6, 10)]


def test_tokens_in_another_order_are_no_pair() -> None:
    assert found([2, 1, 0, 7]) == []


@pytest.mark.parametrize("texts", [[], [[]], [[1]], [[1], [], [2]]])
def test_texts_of_a_token_or_none_hold_no_pair(texts: list[list[int]]) -> None:
    assert found(*texts) == []


def test_without_pairs_none_is_found() -> None:
    places, rows = Bigrams(np.empty((0, 2), np.int32), 8).found(
        np.array([1, 2], np.int32), np.array([0])
    )
    assert len(places) == len(rows) == 0


def test_every_pair_of_a_full_vocabulary_is_found() -> None:
    generator = np.random.default_rng(1)
    tokens = generator.integers(0, 131_072, 20_000).astype(np.int32)
    pairs = np.unique(np.stack([tokens[:-1], tokens[1:]], axis=1)[::2], axis=0)
    bigrams = Bigrams(pairs, 131_072)
    places, rows = bigrams.found(tokens, np.array([0]))
    wanted = {tuple(pair): number for number, pair in enumerate(pairs.tolist())}
    expected = [
        (place, 131_072 + wanted[pair])
        for place, pair in enumerate(zip(tokens[:-1].tolist(), tokens[1:].tolist(), strict=True), 1)
        if pair in wanted
    ]
    assert list(zip(places.tolist(), rows.tolist(), strict=True)) == expected
