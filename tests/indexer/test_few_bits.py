import numpy as np
import pytest

from indexer.encoders.few_bits import FewBits, KeptRows, quantise


@pytest.mark.parametrize(("bits", "least"), [(4, 0.98), (2, 0.88)])
def test_bell_shaped_rows_keep_their_direction_and_their_length(bits: int, least: float) -> None:
    table = np.random.default_rng(1).normal(size=(500, 64)).astype(np.float32)
    table *= np.geomspace(0.01, 10, 500, dtype=np.float32)[:, None]
    rounded = quantise(table, bits).rows(slice(None))
    length, kept = np.linalg.norm(table, axis=1), np.linalg.norm(rounded, axis=1)
    cosine = (table * rounded).sum(axis=1) / (length * kept)
    assert cosine.min() > least
    # The nearest row in the same few directions is shorter by the cosine between them.
    assert np.allclose(kept, length * cosine, rtol=0.05)


@pytest.mark.parametrize("bits", [4, 2])
def test_a_value_takes_so_many_bits(bits: int) -> None:
    stored = quantise(np.ones((10, 8), np.float32), bits)
    assert stored.codes.nbytes == 10 * 8 * bits // 8
    assert stored.width == 8


@pytest.mark.parametrize("bits", [4, 2])
def test_values_come_back_in_their_places(bits: int) -> None:
    levels = np.arange(1 << bits, dtype=np.float32)
    table = np.random.default_rng(1).choice(levels, size=(50, 16))
    codes = np.zeros((50, 16 * bits // 8), np.uint8)
    together = 8 // bits
    for place in range(16):
        codes[:, place // together] |= table[:, place].astype(np.uint8) << (place % together * bits)
    stored = FewBits(codes, np.ones(50, np.float16), levels)
    assert np.array_equal(stored.rows(slice(None)), table)


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


def test_kept_rows_are_those_of_the_tables_whatever_was_asked_before() -> None:
    generator = np.random.default_rng(1)
    first = quantise(generator.normal(size=(50, 16)).astype(np.float32))
    second = quantise(generator.normal(size=(9, 16)).astype(np.float32), 2)
    kept = KeptRows(first, second)
    whole = np.concatenate([first.rows(slice(None)), second.rows(slice(None))])
    for asked in ([3, 3, 49], [49, 0, 50], [], range(59), [7], [58]):
        tokens = np.array(asked, np.int32)
        assert np.array_equal(kept.holding(tokens)[tokens], whole[tokens])
