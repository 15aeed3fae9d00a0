"""Exact search under every share of rows allowed, whichever way it is done."""

import numpy as np
import pytest

from indexer import neighbours
from indexer.neighbours import State, search
from indexer.viewfile import Stamp, build_base

ROWS, TAIL, WIDTH, TOP = 3_000, 200, 32, 10


@pytest.fixture(scope="module")
def vectors():
    found = np.random.default_rng(1).standard_normal((ROWS + TAIL, WIDTH)).astype(np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found.astype(np.float16)


def state(vectors, alive=None):
    base = build_base(Stamp("g", "f", 1, ROWS, ROWS), np.arange(1, ROWS + 1), vectors[:ROWS])
    tail = vectors[ROWS:].astype(np.float32)
    return State(base, "g", 1, ROWS + TAIL, np.arange(ROWS + 1, ROWS + TAIL + 1), tail, alive)


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.19, 0.21, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("clustered", [False, True])
def test_the_nearest_allowed_are_found_whatever_share_is_allowed(vectors, share, clustered):
    draw = np.random.default_rng(2)
    queries = vectors[draw.choice(len(vectors), 8)].astype(np.float32)
    count = max(1, int(share * len(vectors)))
    if clustered:
        # Those farthest from the first query: the nearest of all are never among them.
        allowed = np.argsort(vectors.astype(np.float32) @ queries[0])[:count] + 1
    else:
        allowed = draw.choice(len(vectors), count, replace=False) + 1
    ids, cosines = search(state(vectors), queries, TOP, allowed)
    rows = vectors[allowed - 1].astype(np.float32)
    for query, found, near in zip(queries, ids, cosines, strict=True):
        exact = np.sort(rows @ query)[::-1][:TOP]
        assert np.allclose(near[: len(exact)], exact, atol=1e-5)
        assert set(found[found >= 0].tolist()) <= set(allowed.tolist())
        assert (found >= 0).sum() == min(TOP, count)


def test_removed_rows_are_never_found(vectors):
    alive = np.random.default_rng(3).random(ROWS) > 0.3
    queries = vectors[:20].astype(np.float32)
    ids, _ = search(state(vectors, alive), queries, TOP, None)
    removed = set((np.flatnonzero(~alive) + 1).tolist())
    assert not removed & set(ids.ravel().tolist())
    for query, found in zip(queries, ids, strict=True):
        kept = np.concatenate([np.flatnonzero(alive), np.arange(ROWS, ROWS + TAIL)])
        best = kept[np.argsort(-(vectors[kept].astype(np.float32) @ query))[:TOP]] + 1
        assert set(found.tolist()) == set(best.tolist())


def test_both_ways_are_taken(vectors, monkeypatch):
    """Or the tests above would say nothing about one of them."""
    taken = []
    sifted = neighbours._sifted

    def noted(*arguments):
        found = sifted(*arguments)
        taken.append(found is not None)
        return found

    monkeypatch.setattr(neighbours, "_sifted", noted)
    query = vectors[:1].astype(np.float32)
    search(state(vectors), query, TOP, np.arange(1, ROWS + 1, 2))
    search(state(vectors), query, TOP, np.arange(1, ROWS + 1, 200))
    far = np.argsort(vectors[:ROWS].astype(np.float32) @ query[0])[: ROWS // 2] + 1
    search(state(vectors), query, TOP, far)
    assert taken == [True, False, False]
