import numpy as np

from indexer.encoders.four_bits import KeptRows, quantise


def test_bell_shaped_rows_keep_their_direction_and_their_length() -> None:
    table = np.random.default_rng(1).normal(size=(500, 64)).astype(np.float32)
    table *= np.geomspace(0.01, 10, 500, dtype=np.float32)[:, None]
    rounded = quantise(table).rows(slice(None))
    length, kept = np.linalg.norm(table, axis=1), np.linalg.norm(rounded, axis=1)
    cosine = (table * rounded).sum(axis=1) / (length * kept)
    assert cosine.min() > 0.98
    assert np.allclose(kept, length, rtol=0.05)


def test_a_value_takes_half_a_byte() -> None:
    stored = quantise(np.ones((10, 6), np.float32))
    assert stored.codes.nbytes == 10 * 6 // 2
    assert stored.width == 6


def test_a_row_of_zeros_stays_one() -> None:
    table = np.random.default_rng(1).normal(size=(20, 8)).astype(np.float32)
    table[7] = 0
    rounded = quantise(table).rows(slice(None))
    assert not rounded[7].any()
    assert rounded[6].any()


def test_rows_asked_for_are_bitwise_those_of_the_whole_table() -> None:
    stored = quantise(np.random.default_rng(1).normal(size=(50, 16)).astype(np.float32))
    some = np.array([3, 3, 49, 0])
    assert np.array_equal(stored.rows(some), stored.rows(slice(None))[some])


def test_kept_rows_are_those_of_the_table_whatever_was_asked_before() -> None:
    stored = quantise(np.random.default_rng(1).normal(size=(50, 16)).astype(np.float32))
    kept = KeptRows(stored)
    whole = stored.rows(slice(None))
    for asked in ([3, 3, 49], [49, 0], [], range(50), [7]):
        tokens = np.array(asked, np.int32)
        assert np.array_equal(kept.holding(tokens)[tokens], whole[tokens])
