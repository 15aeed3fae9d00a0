"""Exact search under every share of rows allowed, whichever way it is done."""

import numpy as np
import pytest

from indexer import neighbours
from indexer.neighbours import State, search
from indexer.viewfile import Stamp, build_base

ROWS, TAIL, WIDTH, TOP = 12_000, 200, 32, 10


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


def test_the_few_allowed_are_compared_as_among_all(vectors):
    alive = np.random.default_rng(3).random(ROWS) > 0.3
    queries = vectors[:3].astype(np.float32)
    for_all, cosines = search(state(vectors, alive), queries, ROWS + TAIL, None)
    # In any order, one of them twice, and some that are removed or never were.
    few = np.concatenate([for_all[0, 5:40], for_all[1, 500:800], [3 * ROWS, for_all[0, 5]]])
    few = np.concatenate([few, np.flatnonzero(~alive)[:50] + 1])
    ids, found = search(state(vectors, alive), queries, len(few), few[::-1])
    for row in range(len(queries)):
        among = np.isin(for_all[row], few) & (for_all[row] >= 0)
        count = int(among.sum())
        assert ids[row, :count].tolist() == for_all[row, among].tolist()
        assert found[row, :count].tolist() == cosines[row, among].tolist()
        assert set(ids[row, count:].tolist()) == {-1}


def test_every_way_is_taken(vectors, monkeypatch):
    """Or the tests above would say nothing about one of them."""
    taken = []
    sifted, part = neighbours._sifted, neighbours._part

    def noted(*arguments):
        found = sifted(*arguments)
        taken.append("sifted" if found is not None else "selected")
        return found

    def picked(*arguments):
        taken.append("picked")
        return part(*arguments)

    monkeypatch.setattr(neighbours, "_sifted", noted)
    monkeypatch.setattr(neighbours, "_part", picked)
    query = vectors[:1].astype(np.float32)
    search(state(vectors), query, TOP, np.arange(1, ROWS + 1, 2))
    search(state(vectors), query, TOP, np.arange(1, ROWS + 1, 10))
    search(state(vectors), query, TOP, np.arange(1, ROWS + 1, 200))
    far = np.argsort(vectors[:ROWS].astype(np.float32) @ query[0])[: ROWS // 2] + 1
    search(state(vectors), query, TOP, far)
    assert taken == ["sifted", "selected", "picked", "selected"]
