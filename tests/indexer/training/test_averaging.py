import dataclasses

import numpy as np
import pytest

from indexer.encoders.embedded import EmbeddedEncoder, EmbeddedModel
from indexer.encoders.few_bits import quantise
from indexer.resources import data_folder
from indexer.training.averaging import Trained, averaged, turned

VOCABULARY, WIDTH = 40, 8
RNG = np.random.default_rng(1)
TABLE = RNG.normal(size=(VOCABULARY, WIDTH)).astype(np.float32)
ROTATION = np.linalg.qr(RNG.normal(size=(WIDTH, WIDTH)))[0].astype(np.float32)


@pytest.fixture(scope="module")
def model() -> EmbeddedModel:
    shipped = EmbeddedEncoder(data_folder() / "embedded").model
    return dataclasses.replace(shipped, table=quantise(TABLE))


def trained(model: EmbeddedModel, pairs: dict[tuple[int, int], float], turn: np.ndarray) -> Trained:
    """Return a table whose rows of pairs hold one number each, turned."""
    bigrams = np.array(sorted(pairs), np.int32).reshape(-1, 2)
    rows = np.array([[pairs[pair]] * WIDTH for pair in sorted(pairs)], np.float32)
    share = np.full(bigrams.shape, 0.5, np.float16)
    return Trained(
        dataclasses.replace(model, bigrams=bigrams, bigram_share=share),
        np.concatenate([TABLE, rows.reshape(-1, WIDTH)]) @ turn,
    )


def test_a_table_is_turned_and_scaled_to_another() -> None:
    pairs = RNG.normal(size=(3, WIDTH)).astype(np.float32)
    rows = np.concatenate([TABLE, pairs])
    found = turned(rows @ ROTATION * 3, VOCABULARY, TABLE)
    assert np.allclose(found, rows, atol=1e-5)


def test_the_mean_of_tables_that_say_the_same_is_that_table(model: EmbeddedModel) -> None:
    runs = [trained(model, {(1, 2): 4.0, (5, 6): 1.0}, turn) for turn in (np.eye(WIDTH), ROTATION)]
    rows, bigrams, share = averaged(runs)
    assert np.allclose(rows, runs[0].rows, atol=1e-5)
    assert bigrams.tolist() == [[1, 2], [5, 6]]
    assert (share == 0.5).all()


def test_pairs_that_most_tables_have_are_kept_and_count_for_those_that_have_them(
    model: EmbeddedModel,
) -> None:
    both = trained(model, {(1, 2): 0.5, (7, 8): 4.0}, np.eye(WIDTH, dtype=np.float32))
    other = trained(model, {(1, 2): 1.5, (3, 4): 6.0}, ROTATION)
    rows, bigrams, share = averaged([both, other])
    assert bigrams.tolist() == [[1, 2], [3, 4]]  # the longer of those in one table alone
    assert np.allclose(rows[VOCABULARY], 1.0, atol=1e-5)
    assert np.allclose(rows[VOCABULARY + 1], 3.0, atol=1e-5)
    assert (share == 0.5).all()
