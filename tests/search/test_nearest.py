"""The passages nearest to one query: exact, in as few scans as that takes."""

import numpy as np
import pytest

from indexer import vectors
from indexer.neighbours import State, rows_of, search
from indexer.vectors import Near
from indexer.viewfile import EXACT, Stamp, build_base
from search import Searcher
from search.best_sentences import added
from search.columns import Columns
from search.nearest import Nearest

ROWS, WIDTH = 3_000, 16


class CountedView:
    """The neighbours of one moment of an index, and how often all of them were scanned."""

    def __init__(self, rows: np.ndarray) -> None:
        ids = np.arange(len(rows))
        base = build_base(Stamp("g", "f", 1, ROWS, ROWS, 0, EXACT), ids, rows)
        self.state = State(base, "g", 1, ROWS, ids[:0], np.empty((0, WIDTH), np.float32), None)
        self.scans = 0
        self.sure: int | None = None  # how many are proved at first sight

    def rows(self, ids):
        return rows_of(self.state, ids)

    def search(self, queries, limit, allowed=None):
        self.scans += allowed is None
        return search(self.state, queries, limit, allowed)

    def nearest(self, query, limit, allowed=None):
        ids, cosines = self.search(query[None, :], limit, allowed)
        sure = limit if self.sure is None else self.sure
        return Near(ids[0, :sure], cosines[0, :sure], whole=sure == limit)


def made(factor: float = 1.0) -> CountedView:
    """Make a view of random unit rows; every second one is shortened."""
    rows = np.random.default_rng(3).standard_normal((ROWS, WIDTH))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[1::2] *= factor
    return CountedView(rows.astype(np.float16))


@pytest.fixture
def view() -> CountedView:
    return made()


def every(view: CountedView) -> np.ndarray:
    return view.rows(np.arange(ROWS))


def query(view: CountedView) -> np.ndarray:
    return every(view)[8]


class MadeSentences:
    """Sentences of which some are near."""

    def __init__(self) -> None:
        self.asked: set[int] = set()

    def best(self, passages):
        self.asked.update(passages.tolist())
        return ((passages * 7919) % 100 / 100).astype(np.float32)


def near(
    view: CountedView,
    usual: int = 50,
    offsets: dict[str, float] | None = None,
    sentences: MadeSentences | None = None,
) -> Nearest:
    ids = np.arange(ROWS)
    languages = (ids % 2).astype(np.int16)
    held = Columns("1", ids, ids, languages, languages, ("de", "ja"))
    return Nearest(view, query(view), None, held, offsets or {}, usual, sentences)


def test_the_nearest_of_some_are_those_of_a_plain_multiplication(view):
    cosines = every(view) @ query(view)
    for some, most in (
        (np.arange(0, ROWS, 2), 20),  # enough of them among the nearest of all
        (np.arange(0, ROWS, 2), 400),  # not enough
        (np.arange(0, ROWS, 31), 500),  # few, compared one by one
        (np.arange(ROWS - 40, ROWS), 10),
        (np.arange(0), 10),
        (np.arange(9), 0),
    ):
        found = near(view).among(some, most)
        wanted = some[np.argsort(-cosines[some], kind="stable")][:most]
        assert sorted(found) == sorted(wanted.tolist())
        np.testing.assert_allclose(
            [found[id] for id in wanted.tolist()], cosines[wanted], atol=1e-6
        )


def test_both_halves_of_a_search_share_one_scan(view):
    nearest = near(view, usual=50)
    nearest.among(np.arange(0, ROWS, 2), 20)
    pairs, all_found = nearest.first(50)
    assert view.scans == 1
    assert not all_found
    assert pairs == near(view).first(50)[0]
    assert len(nearest.first(80)[0]) == 80
    assert view.scans == 3


def test_what_a_language_adds_is_taken_off_however_far_down_that_leads():
    view = made(0.01)  # all of one language lies far behind
    cosines = every(view) @ query(view)
    even = cosines + np.where(np.arange(ROWS) % 2, 0.9, 0.0)
    pairs, _ = near(view, offsets={"de": 0.0, "ja": -0.9}).first(20)
    assert [id for id, _ in pairs] == np.argsort(-even, kind="stable")[:20].tolist()


@pytest.mark.parametrize("made_sentences", [False, True])
@pytest.mark.parametrize("sure", [0, 1, 19, 20, 60, 200])
@pytest.mark.parametrize("offsets", [{}, {"de": 0.0, "ja": -0.1}])
def test_a_list_that_is_proved_in_part_changes_nothing(
    view, sure, offsets, made_sentences, monkeypatch
):
    monkeypatch.setattr("search.nearest.LOOKED_INTO", 50)
    sentences = MadeSentences() if made_sentences else None
    whole, part = (near(view, 20, offsets, sentences) for _ in range(2))
    wanted = whole.first(20), whole.among(np.arange(0, ROWS, 2), 40), whole.first(80)
    view.sure = sure
    assert part.first(20) == wanted[0]
    assert part.among(np.arange(0, ROWS, 2), 40) == wanted[1]
    assert part.first(80) == wanted[2]


@pytest.mark.parametrize("offsets", [{}, {"de": 0.0, "ja": -0.1}])
@pytest.mark.parametrize("wanted", [5, 20, 300])
def test_best_sentences_reorder_the_nearest_and_no_others(view, offsets, wanted, monkeypatch):
    monkeypatch.setattr("search.nearest.LOOKED_INTO", 50)
    sentences = MadeSentences()
    pairs, _ = near(view, 20, offsets, sentences).first(wanted)
    cosines = every(view) @ query(view)
    off = np.where(np.arange(ROWS) % 2, offsets.get("ja", 0.0), 0.0)
    of = np.argsort(-cosines, kind="stable")[: 100 if offsets else 50]
    looked_into = of[np.argsort(-(cosines - off)[of], kind="stable")][:50]
    assert sentences.asked == {*looked_into.tolist()}
    nearness = cosines - off
    nearness[looked_into] += added(sentences.best(looked_into) - off[looked_into])
    assert [id for id, _ in pairs] == np.argsort(-nearness, kind="stable")[:wanted].tolist()
    assert nearness.argmax() != (cosines - off).argmax()


def test_what_is_proved_spares_the_scan(view):
    view.sure = 200
    near(view, 20, {"de": 0.0, "ja": -0.01}).first(20)
    assert view.scans == 1


def test_a_scan_beside_the_words_changes_no_hit(make_index, monkeypatch):
    index = make_index({f"{n}.txt": f"river bank {n} water flood" for n in range(40)})
    searcher = Searcher(index)
    before = searcher.search("river water 7", limit=20)
    begun = []
    beside = index.vectors.nearest_beside

    def noted(*arguments):
        begun.append(beside(*arguments))
        return begun[-1]

    monkeypatch.setattr(vectors, "MANY_ROWS", 1)
    monkeypatch.setattr(index.vectors, "nearest_beside", noted)
    assert searcher.search("river water 7", limit=20) == before
    assert begun[0] is not None
