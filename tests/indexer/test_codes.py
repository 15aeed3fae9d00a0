"""Codes instead of vectors in the view: smaller, and what they find is exact all the same."""

import numpy as np
import pytest

from indexer.errors import CrosstongueError
from indexer.index import Index
from indexer.neighbours import State, search
from indexer.vectors import DRIFT_ROWS
from indexer.viewfile import FILE_NAME, Stamp, build_base, load_base, read_stamp, save_base

CODED = ["int8", "binary"]
ROWS, WIDTH, TOP = 4_000, 64, 10
# Random directions are the hardest to tell apart by bits; real texts lie in clusters.
LEAST = {"int8": 0.99, "binary": 0.8}


@pytest.fixture(scope="module")
def vectors():
    draw = np.random.default_rng(1)
    found = (
        draw.standard_normal((ROWS, WIDTH))
        + 3 * draw.standard_normal((40, WIDTH))[draw.integers(0, 40, ROWS)]
    )
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found.astype(np.float16)


def state(vectors, codes, alive=None):
    stamp = Stamp("g", "f", 1, len(vectors), len(vectors), codes=codes)
    base = build_base(stamp, np.arange(1, len(vectors) + 1), vectors)
    nothing = np.empty(0, np.int64), np.empty((0, vectors.shape[1]), np.float32)
    return State(base, "g", 1, len(vectors), *nothing, alive)


def reader(vectors):
    return lambda ids: vectors[ids - 1].astype(np.float32)


def recall(found, expected):
    shared = [len(set(a) & set(b)) for a, b in zip(found.tolist(), expected.tolist(), strict=True)]
    return sum(shared) / expected.size


@pytest.mark.parametrize("codes", CODED)
@pytest.mark.parametrize("share", [0.02, 0.5, None])
def test_what_codes_find_is_nearly_what_is_nearest_and_its_cosines_are_exact(vectors, codes, share):
    draw = np.random.default_rng(2)
    queries = vectors[:50].astype(np.float32)
    allowed = np.arange(1, ROWS + 1)
    if share is not None:
        allowed = np.sort(draw.choice(allowed, int(share * ROWS), replace=False))
    given = None if share is None else allowed
    ids, cosines = search(state(vectors, codes), queries, TOP, given, reader(vectors))
    rows = vectors[allowed - 1].astype(np.float32)
    best = allowed[np.argsort(-(queries @ rows.T), axis=1)[:, :TOP]]
    assert recall(ids, best) >= LEAST[codes]
    shown = vectors[ids - 1].astype(np.float32)
    np.testing.assert_allclose(cosines, np.einsum("qd,qkd->qk", queries, shown), atol=1e-5)
    assert (np.diff(cosines, axis=1) <= 0).all()
    assert set(ids.ravel().tolist()) <= set(allowed.tolist())


@pytest.mark.parametrize("codes", CODED)
def test_removed_rows_are_never_found(vectors, codes):
    alive = np.random.default_rng(3).random(ROWS) > 0.3
    queries = vectors[:20].astype(np.float32)
    ids, _ = search(state(vectors, codes, alive), queries, TOP, None, reader(vectors))
    assert alive[ids - 1].all()


@pytest.mark.parametrize("codes", CODED)
@pytest.mark.parametrize("kind", ["alike", "empty", "one"])
def test_rows_that_cannot_be_told_apart_do_no_harm(codes, kind):
    rows = np.zeros((1 if kind == "one" else 50, 8), np.float16)
    if kind != "empty":
        rows[:, 0] = 1
    query = np.eye(1, 8, dtype=np.float32)
    ids, cosines = search(state(rows, codes), query, 5, None, reader(rows))
    assert (ids >= 1).sum() == min(5, len(rows))
    assert (cosines[ids >= 1] == (kind != "empty")).all()


@pytest.mark.parametrize(("codes", "part"), [("int8", 0.55), ("binary", 0.35)])
def test_a_base_of_codes_is_kept_and_smaller(vectors, codes, part, tmp_path):
    for name, kind in (("plain", "float16"), ("coded", codes)):
        save_base(tmp_path / name, state(vectors, kind).base)
    assert (tmp_path / "coded").stat().st_size < part * (tmp_path / "plain").stat().st_size
    again = State(load_base(tmp_path / "coded"), "g", 1, ROWS, *empty(), None)
    queries = vectors[:5].astype(np.float32)
    ids, _ = search(again, queries, TOP, None, reader(vectors))
    before, _ = search(state(vectors, codes), queries, TOP, None, reader(vectors))
    assert ids.tolist() == before.tolist()


def empty():
    return np.empty(0, np.int64), np.empty((0, WIDTH), np.float32)


@pytest.mark.parametrize("codes", CODED)
def test_an_index_with_codes_answers_as_before(index, helpers, codes):
    helpers.fill(index, 300)
    index.set_codes(codes)
    stamp = read_stamp(index.folder / FILE_NAME)
    assert (stamp.codes, stamp.rows, index.status().codes) == (codes, 300, codes)
    helpers.fill(index, 20, first=300)
    helpers.drop(index, [7, 310])
    queries = index.encoder.encode(["number 7 times", "times 158380"], kind="query")
    for allowed in (None, np.arange(1, 200)):
        ids, cosines = index.vectors.search(queries, TOP, allowed)
        expected = helpers.exact(index, queries, TOP, allowed)
        shown = index.vectors_of(expected.ravel()).reshape(*expected.shape, -1)
        near = np.einsum("qd,qkd->qk", queries, shown)
        assert (cosines >= near - 0.02).all()
        assert not {7, 310} & set(ids.ravel().tolist())
    chosen = np.array([319, 7, 5, 5])
    np.testing.assert_array_equal(index.vectors.rows(chosen), index.vectors_of(chosen))
    assert not index.vectors.rows(chosen)[1].any()


def test_an_open_index_notices_that_another_one_chose(index, helpers):
    helpers.fill(index, 300)
    index.vectors.settle(index.folder)
    queries = index.encoder.encode(["number 7 times"], kind="query")
    before, _ = index.vectors.search(queries, 5)
    for codes in ("binary", "float16"):
        with Index.open(index.folder) as other:
            other.set_codes(codes)
        assert index.status().codes == codes
        assert index.vectors.search(queries, 5)[0][0, 0] == before[0, 0]
        assert read_stamp(index.folder / FILE_NAME).codes == codes


def test_a_rebuild_keeps_the_codes(index, helpers):
    helpers.fill(index, 100)
    index.set_codes("int8")
    helpers.fill(index, DRIFT_ROWS + 1, first=100)
    index.vectors.settle(index.folder)
    stamp = read_stamp(index.folder / FILE_NAME)
    assert (stamp.codes, stamp.rows) == ("int8", DRIFT_ROWS + 101)


def test_unknown_codes_are_refused_and_nothing_changes(index):
    with pytest.raises(CrosstongueError, match="float16, int8, binary"):
        index.set_codes("int4")
    assert index.status().codes == "float16"
