"""The view: exact, fresh, and never the truth."""

import logging
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from indexer import vectors
from indexer.coarse import Coarse
from indexer.errors import EncoderMismatchError
from indexer.index import Index
from indexer.viewfile import FILE_NAME, DamagedViewError, load_base, read_stamp

QUESTIONS = ["number 7 times", "is 3f9a", "times 158380", "a"]


def asked(index: Index) -> np.ndarray:
    return index.encoder.encode(QUESTIONS, kind="query")


def assert_exact(index: Index, helpers, limit: int = 10, allowed=None) -> None:
    """The view gives the cosines of a plain multiplication, and so its ids up to ties."""
    ids, cosines = index.vectors.search(asked(index), limit, allowed)
    wanted = helpers.exact(index, asked(index), limit, allowed)
    shown = index.vectors_of(wanted.ravel()).reshape(*wanted.shape, -1)
    expected = np.einsum("qd,qkd->qk", asked(index), shown)
    found = wanted.shape[1]
    np.testing.assert_allclose(cosines[:, :found], expected, atol=1e-5)
    assert (ids[:, found:] == -1).all()
    mine = index.vectors_of(ids[:, :found].ravel()).reshape(*shown.shape)
    np.testing.assert_allclose(np.einsum("qd,qkd->qk", asked(index), mine), expected, atol=1e-5)


def view(index: Index) -> Path:
    return index.folder / FILE_NAME


def test_an_empty_index_has_no_neighbours(index):
    ids, cosines = index.vectors.search(asked(index), 3)
    assert ids.tolist() == [[-1, -1, -1]] * 4
    assert cosines.shape == (4, 3)


def test_neighbours_are_those_of_a_plain_multiplication(index, helpers):
    helpers.fill(index, 300)
    assert_exact(index, helpers)
    index.vectors.settle(index.folder)
    assert_exact(index, helpers)


def test_rows_added_and_removed_since_the_base_was_built_count(index, helpers):
    helpers.fill(index, 300)
    index.vectors.settle(index.folder)
    before = read_stamp(view(index))
    helpers.fill(index, 50, first=300)
    ids, _ = index.vectors.search(asked(index), 5)
    helpers.drop(index, sorted(set(ids.ravel().tolist())))
    helpers.drop(index, [310, 320])
    assert_exact(index, helpers)
    assert read_stamp(view(index)) == before


def test_only_allowed_passages_are_found(index, helpers):
    helpers.fill(index, 300)
    index.vectors.settle(index.folder)
    helpers.fill(index, 50, first=300)
    helpers.drop(index, [12])
    allowed = np.array([340, 12, 7, 250, 99_999, 7], np.int64)
    assert_exact(index, helpers, 3, allowed)
    ids, _ = index.vectors.search(asked(index), 10, allowed)
    assert {tuple(sorted(row)) for row in ids.tolist()} == {(-1,) * 7 + (7, 250, 340)}
    nothing, _ = index.vectors.search(asked(index), 2, np.empty(0, np.int64))
    assert (nothing == -1).all()


@pytest.mark.parametrize(
    ("work", "left"), [("fill(index, 5, first=900)", 25), ("drop(index, [3])", 19)]
)
def test_a_search_sees_what_another_process_has_just_committed(index, helpers, work, left):
    helpers.fill(index, 20)
    index.vectors.settle(index.folder)
    index.vectors.search(asked(index), 1)
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from conftest import NgramEncoder, Index, fill, drop\n"
        f"index = Index.open(sys.argv[1], encoder=NgramEncoder()); {work}; index.close()"
    )
    here = str(Path(__file__).parent)
    subprocess.run([sys.executable, "-c", code, str(index.folder), here], check=True, timeout=60)
    found = index.vectors.search(asked(index), 100)[0][0]
    assert len(found[found >= 0]) == left
    assert_exact(index, helpers)


def test_a_removed_passage_stays_gone_after_another_process_has_tidied_up(index, helpers):
    helpers.fill(index, 1_500)
    index.vectors.settle(index.folder)
    index.vectors.search(asked(index), 1)
    with Index.open(index.folder, encoder=index.encoder) as writer:
        helpers.drop(writer, list(range(1, 1_100)))
        writer.vectors.settle(writer.folder)
        left = writer.connection.execute("SELECT count(*) FROM removed_passages").fetchone()[0]
    assert left == 0
    found = index.vectors.search(asked(index), 1_500)[0]
    assert found[found >= 0].min() == 1_100
    assert_exact(index, helpers)


def test_a_document_that_changes_all_the_time_does_not_pile_up_removed_ids(index, helpers):
    helpers.fill(index, 100)
    index.vectors.settle(index.folder)
    for first in range(100, 1_500, 350):
        helpers.fill(index, 350, first=first)
        ids = index.connection.execute("SELECT id FROM passages WHERE id > 100").fetchall()
        helpers.drop(index, [row[0] for row in ids])
        index.vectors.settle(index.folder)
        assert_exact(index, helpers)
    left = index.connection.execute("SELECT count(*) FROM removed_passages").fetchone()[0]
    assert left <= 1_000


def damage_end(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def damage_middle(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 0x40
    file.write_bytes(data)


def damage_all(file: Path) -> None:
    file.write_bytes(b"\0" * 100_000)


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [damage_end, damage_middle, damage_all, empty])
def test_a_damaged_view_is_rebuilt_and_the_reason_logged(index, helpers, damage, caplog):
    helpers.fill(index, 1_200)
    index.vectors.settle(index.folder)
    damage(view(index))
    with pytest.raises(DamagedViewError):
        load_base(view(index))
    with Index.open(index.folder, encoder=index.encoder) as other:
        with caplog.at_level(logging.WARNING):
            assert_exact(other, helpers)
        assert "cannot be used" in caplog.text
        other.vectors.wait()
        assert load_base(view(index)).stamp.rows == 1_200
        assert_exact(other, helpers)


@pytest.mark.parametrize("count", [3, 1_200])
def test_a_missing_view_is_rebuilt(index, helpers, count):
    helpers.fill(index, count)
    index.vectors.settle(index.folder)
    view(index).unlink()
    with Index.open(index.folder, encoder=index.encoder) as other:
        assert_exact(other, helpers)
        other.vectors.wait()
    assert load_base(view(index)).stamp.rows == count


def test_a_view_of_another_index_is_not_used(tmp_path, index, encoder, helpers):
    helpers.fill(index, 30)
    index.vectors.settle(index.folder)
    with Index.create(tmp_path / "other", encoder=encoder) as other:
        helpers.fill(other, 30, first=500)
        view(other).write_bytes(view(index).read_bytes())
        assert_exact(other, helpers)


def test_an_old_view_put_back_is_not_used(index, helpers):
    helpers.fill(index, 1_500)
    index.vectors.settle(index.folder)
    old = view(index).read_bytes()
    helpers.drop(index, list(range(1, 1_200)))
    index.vectors.settle(index.folder)
    view(index).write_bytes(old)
    with Index.open(index.folder, encoder=index.encoder) as other:
        assert_exact(other, helpers)


def test_a_view_that_has_drifted_is_rebuilt_while_searches_go_on(index, helpers):
    helpers.fill(index, 100)
    index.vectors.settle(index.folder)
    index.vectors.search(asked(index), 1)
    helpers.fill(index, 1_100, first=100)
    assert_exact(index, helpers)
    index.vectors.wait()
    assert load_base(view(index)).stamp.rows == 1_200
    helpers.drop(index, [5])
    assert_exact(index, helpers)


def test_what_a_killed_rebuild_left_does_not_matter(index, helpers):
    helpers.fill(index, 30)
    left = view(index).with_name(f"{FILE_NAME}.123.456.tmp")
    left.write_bytes(b"half of a view")
    helpers.age(left, 7200)
    index.vectors.settle(index.folder)
    assert_exact(index, helpers)
    assert not left.exists()


def test_faiss_itself_reads_the_file(index, helpers):
    import faiss

    helpers.fill(index, 30)
    index.vectors.settle(index.folder)
    assert faiss.read_index(str(view(index))).ntotal == 30


def test_a_view_is_searched_where_it_was_read(index, helpers):
    helpers.fill(index, 1_200)
    index.vectors.settle(index.folder)
    base = load_base(view(index))
    assert np.shares_memory(base.rows, base.read)
    assert base.rows.flags.aligned
    assert np.array_equal(base.rows, index.vectors.rows(base.ids).astype(np.float16))


def test_a_folder_that_takes_no_view_does_not_stop_searches(index, helpers, caplog):
    helpers.fill(index, 1_200)
    view(index).mkdir()
    with caplog.at_level(logging.WARNING):
        assert_exact(index, helpers)
        index.vectors.wait()
        index.vectors.settle(index.folder)
    assert "could not be written" in caplog.text
    assert_exact(index, helpers)


def test_a_query_of_another_width_is_refused(index, helpers):
    helpers.fill(index, 3)
    with pytest.raises(EncoderMismatchError, match=r"64 dimensions"):
        index.vectors.search(np.ones((1, 32), np.float32), 1)


def test_a_search_beside_what_else_is_done_finds_the_same(index, helpers, monkeypatch):
    helpers.fill(index, 300)
    query, allowed = asked(index)[0], np.arange(1, 200)
    assert index.vectors.nearest_beside(query, 7) is None  # too little to scan
    monkeypatch.setattr(vectors, "MANY_ROWS", 300)
    begun = index.vectors.nearest_beside(query, 7, allowed)
    refused = index.vectors.nearest_beside(np.ones(32, np.float32), 1)
    ids, cosines = index.vectors.search(query[None, :], 7, allowed)
    np.testing.assert_array_equal(begun.result().ids, ids[0])
    np.testing.assert_array_equal(begun.result().cosines, cosines[0])
    assert begun.result().whole
    with pytest.raises(EncoderMismatchError):
        refused.result()


def test_from_its_second_scan_on_a_large_base_is_looked_at_coarsely(index, helpers, monkeypatch):
    helpers.fill(index, 3_000)
    index.vectors.settle(index.folder)
    made, looked = [], []
    monkeypatch.setattr(vectors, "COARSE_ROWS", 3_000)
    monkeypatch.setattr(vectors, "_coarse", lambda base: made.append(base) or Coarse(base.rows))
    surely = vectors.surely_nearest
    monkeypatch.setattr(vectors, "surely_nearest", lambda *one: looked.append(one) or surely(*one))
    query = asked(index)[0]
    ids, cosines = (found[0] for found in index.vectors.search(query[None, :], 100))

    def check() -> None:
        near = index.vectors.nearest(query, 100)
        assert near.whole == (len(near.ids) == 100)
        assert len(near.ids) > 10
        np.testing.assert_array_equal(near.cosines, cosines[: len(near.ids)])

    check()
    assert not made
    check()
    index.vectors.wait()
    check()
    assert len(made) == len(looked) == 1
    index.vectors.nearest(query, 100, ids[:5])
    assert len(looked) == 1  # what is filtered is few already
    # Another base has codes of its own.
    helpers.fill(index, 1_500, first=3_000)
    index.vectors.settle(index.folder)
    ids, cosines = (found[0] for found in index.vectors.search(query[None, :], 100))
    check()
    assert len(looked) == 1
    check()
    index.vectors.wait()
    check()
    assert len(made) == len(looked) == 2


def test_without_memory_for_codes_searches_go_on(index, helpers, monkeypatch):
    helpers.fill(index, 300)
    index.vectors.settle(index.folder)
    monkeypatch.setattr(vectors, "COARSE_ROWS", 300)

    def none_left(base):
        raise MemoryError

    monkeypatch.setattr(vectors, "_coarse", none_left)
    query = asked(index)[0]
    for _ in range(3):
        assert len(index.vectors.nearest(query, 7).ids) == 7
        index.vectors.wait()


def test_many_threads_search_one_index_while_it_grows(index, helpers):
    helpers.fill(index, 200)
    problems = []

    def search() -> None:
        try:
            for _ in range(30):
                ids, cosines = index.vectors.search(asked(index), 5)
                assert (ids > 0).all()
                assert (np.diff(cosines, axis=1) <= 0).all()
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=search) for _ in range(6)]
    for thread in threads:
        thread.start()
    for first in range(200, 2_200, 250):
        helpers.fill(index, 250, first=first)
        helpers.drop(index, [first - 7])
    for thread in threads:
        thread.join()
    assert not problems
    index.vectors.wait()
    assert_exact(index, helpers)
