"""What a coarse look leaves out is never among the nearest."""

import numpy as np
import pytest

from indexer.coarse import Coarse
from indexer.neighbours import MOST_LOOKED, State, search, surely_nearest
from indexer.viewfile import Stamp, build_base

ROWS, TAIL, WIDTH = 6_000, 200, 64


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def made(kind: str) -> np.ndarray:
    """Return rows as encoders give them, float16."""
    draw = np.random.default_rng(5)
    rows = draw.standard_normal((ROWS + TAIL, WIDTH))
    if kind == "one number large in all":
        rows[:, 7] += 12
    elif kind == "few far out":
        rows *= 0.01
        rows[::500, 3] = 40
        rows[1::500] = 0
        return (rows / np.abs(rows).max()).astype(np.float16)
    elif kind == "copies":
        rows[:] = rows[np.arange(len(rows)) % 40]
    elif kind == "all equal":
        rows[:] = rows[0]
    return unit(rows).astype(np.float16)


KINDS = ["plain", "one number large in all", "few far out", "copies", "all equal"]


def queries(rows: np.ndarray) -> np.ndarray:
    draw = np.random.default_rng(6)
    some = rows[draw.choice(len(rows), 20)].astype(np.float32)
    return unit(some + 0.05 * draw.standard_normal(some.shape)).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_no_row_left_out_exceeds_the_bound(kind):
    rows = made(kind)
    coarse = Coarse(rows)
    for query in queries(rows):
        places, bound = coarse.nearest(query, 300)
        assert len(set(places.tolist())) == 300
        left = np.setdiff1d(np.arange(len(rows)), places)
        cosines = rows.astype(np.float32) @ query
        assert cosines[left].max() <= bound
        assert bound - cosines[left].max() < 0.2  # and is no empty promise
    places, bound = coarse.nearest(queries(rows)[0], 2 * len(rows))
    assert sorted(places.tolist()) == list(range(len(rows)))
    assert bound == -np.inf


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_sure_is_what_a_plain_scan_finds_first(kind, removed):
    rows = made(kind)
    ids = np.arange(1, len(rows) + 1)
    alive = np.random.default_rng(7).random(ROWS) > 0.3 if removed else None
    base = build_base(Stamp("g", "f", 1, ROWS, ROWS), ids[:ROWS], rows[:ROWS])
    state = State(base, "g", 1, len(rows), ids[ROWS:], rows[ROWS:].astype(np.float32), alive)
    coarse = Coarse(rows[:ROWS])
    sizes = []
    for query in queries(rows):
        sure = surely_nearest(state, coarse, query, 400)
        assert sure is not None
        plain_ids, plain = search(state, query[None, :], 400, None)
        found = len(sure[0])
        np.testing.assert_array_equal(sure[1], plain[0, :found])
        if kind in ("plain", "one number large in all"):  # elsewhere equal ones may change places
            np.testing.assert_array_equal(sure[0], plain_ids[0, :found])
        sizes.append(found)
    if kind == "plain":
        assert min(sizes) > 20
    assert surely_nearest(state, coarse, queries(rows)[0], MOST_LOOKED) is None
