"""Nearest neighbours over one moment of an index: FAISS and nothing else.

Over codes, more are taken than are wanted, and compared again by their vectors. What a moment
consists of and when the next one comes is `vectors`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.coarse import Coarse
from indexer.encoders.protocol import Vectors
from indexer.viewfile import BINARY, INT8, Base, build_base

Ids = NDArray[np.int64]
# Gives the vectors of passages as they are compared: float32 [n, d] of ids [n].
ReadRows = Callable[[Ids], Vectors]

# From this many queries in one search, FAISS gets every core. A single query over 50,000 rows takes
# one core 0.8 ms; two have to wait for each other, 45 ms as soon as something else keeps one busy.
MANY_QUERIES = 16
# From this share of rows allowed on, all are searched for so many times more than that asks for,
# and some more, up to a number that costs FAISS next to nothing to keep.
MANY_ALLOWED, MARGIN, MORE, MOST_SIFTED = 0.2, 1.5, 32, 8_192
# Over codes, so many times more than are wanted are compared by their vectors, and some more. On
# 50,000 sentences with the embedded encoder this finds 100 % (int8) and 98 % (binary) of the first
# 10, 100 % and 97 % of the first 800 (`benchmarks.codes`).
COMPARED = {INT8: 1.1, BINARY: 4.0}
COMPARED_MORE = 32
# After a coarse look, so many times more than are wanted are compared by their vectors, and so many
# at least: of 100,000 passages 2,000 prove the first 450 to 800. Past the most, a plain scan is as
# quick.
LOOKED, LEAST_LOOKED, MOST_LOOKED = 2.5, 1_000, 8_000
# Up to so many allowed rows are copied out and searched by themselves: a third of the time of going
# through all 50,000 for them.
PICKED = 1_000


@dataclass(frozen=True, slots=True)
class State:
    """What one moment's searches run over; never changed, only replaced.

    :param base: a FAISS index of most passages.
    :param generation: the index's generation at that moment.
    :param revision: the index's revision at that moment.
    :param max_id: the greatest passage id ever seen.
    :param tail_ids: int64 [m] ascending, passages added since the base was built.
    :param tail: float32 [m, d], their vectors.
    :param alive: bool [rows of the base], which of them are not removed; None when all are there.
    """

    base: Base
    generation: str
    revision: int
    max_id: int
    tail_ids: Ids
    tail: Vectors
    alive: NDArray[np.bool_] | None

    @property
    def gone(self) -> int:
        """How many rows of the base are removed."""
        return 0 if self.alive is None else int(len(self.alive) - self.alive.sum())

    @property
    def passages(self) -> int:
        """How many passages there are."""
        return self.base.stamp.rows - self.gone + len(self.tail_ids)


def search(
    state: State,
    queries: Vectors,
    limit: int,
    allowed: Ids | None,
    read_rows: ReadRows | None = None,
) -> tuple[Ids, Vectors]:
    """Find the passages nearest to each query; see `VectorView.search`.

    :param read_rows: needed where the base holds codes.
    """
    import faiss

    # The setting is the calling thread's own.
    faiss.omp_set_num_threads(1 if len(queries) < MANY_QUERIES else os.cpu_count() or 1)
    if state.base.exact:
        if allowed is not None and len(allowed) <= PICKED:
            places, there = _places(state.base.ids, np.unique(allowed))
            found = [_search_base(_part(state, places[there]), queries, limit, None)]
        else:
            found = [_search_base(state, queries, limit, allowed)]
    else:
        assert read_rows is not None
        many = int(COMPARED[state.base.stamp.codes] * limit) + COMPARED_MORE
        near, _ = _search_base(state, queries, many, allowed)
        found = [(near, _compared(near, queries, read_rows))]
    if len(state.tail_ids):
        found.append(_search_tail(state, queries, limit, allowed))
    return _best(found, len(queries), limit)


def surely_nearest(
    state: State, coarse: Coarse, query: Vectors, limit: int
) -> tuple[Ids, Vectors] | None:
    """Find the passages nearest to a query as far as a coarse look proves them.

    :param state: its base is exact.
    :param coarse: of the rows of its base.
    :param query: float32 [d].
    :return: (ids int64 [k], cosines float32 [k]), the first k that `search` finds, k up to `limit`;
        None where it would have to look at too many.
    """
    import faiss

    looked = max(int(LOOKED * limit), LEAST_LOOKED)
    if looked > MOST_LOOKED:
        return None
    faiss.omp_set_num_threads(1)  # the calling thread's own setting
    places, bound = coarse.nearest(query, looked)
    places.sort()
    ids, cosines = of_one(search(_part(state, places), query[None, :], limit, None))
    sure = cosines > bound
    return ids[sure], cosines[sure]


def of_one(searched: tuple[Ids, Vectors]) -> tuple[Ids, Vectors]:
    """Return what was found for the only query of a search, without what stands for no passage."""
    ids, cosines = searched
    found = ids[0] >= 0
    return ids[0][found], cosines[0][found]


def rows_of(state: State, ids: Ids) -> Vectors:
    """Return the vectors of passages as they are compared: float32 [n, d], zeros where one is gone.

    :param state: its base is exact.
    :param ids: in any order.
    """
    found = np.zeros((len(ids), state.tail.shape[1]), np.float32)
    for held, rows, alive in (
        (state.base.ids, state.base.rows, state.alive),
        (state.tail_ids, state.tail, None),
    ):
        places, there = _places(held, ids)
        if alive is not None:
            there &= alive[places]
        found[there] = rows[places[there]]
    return found


def _places(held: Ids, ids: Ids) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return where each of `ids` is in `held`, which is ascending, and whether it is there."""
    if not len(held):
        return np.zeros(len(ids), np.int64), np.zeros(len(ids), np.bool_)
    places = np.minimum(np.searchsorted(held, ids), len(held) - 1)
    return places, held[places] == ids


def _part(state: State, places: NDArray[np.int64]) -> State:
    """Return a state of some rows of an exact base, those that are not removed.

    FAISS compares them, so that cosines are those of a search among all rows to the bit.

    :param places: of rows, ascending.
    """
    if state.alive is not None:
        places = places[state.alive[places]]
    base = build_base(state.base.stamp, state.base.ids[places], state.base.rows[places])
    return replace(state, base=base, alive=None)


def among(ids: Ids, wanted: Ids) -> NDArray[np.bool_]:
    """Return which of `ids`, ascending, are wanted: one flag for each id between first and last.

    A twentieth of the time of `numpy.isin`; ids lie close together, and a flag is a byte.
    """
    if not len(ids) or not len(wanted):
        return np.zeros(len(ids), np.bool_)
    first, last = int(ids[0]), int(ids[-1])
    wanted = np.asarray(wanted, np.int64)
    flags = np.zeros(last - first + 1, np.bool_)
    flags[wanted[(wanted >= first) & (wanted <= last)] - first] = True
    return flags[ids - first]


def _search_base(
    state: State, queries: Vectors, limit: int, allowed: Ids | None
) -> tuple[Ids, Vectors]:
    import faiss

    index, ids = state.base.faiss_index, state.base.ids
    mask = state.alive
    if allowed is not None:
        chosen = among(ids, allowed)
        mask = chosen if mask is None else mask & chosen
    count = min(limit, len(ids) if mask is None else int(mask.sum()))
    if count == 0:
        return np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
    parameters: Any = None
    if mask is not None:
        found = _sifted(index, queries, mask, count)
        if found is not None:
            return ids[found[0]], found[1]
        library: Any = faiss  # its stubs do not know the keyword arguments of its wrappers
        chosen = library.IDSelectorBitmap(np.packbits(mask, bitorder="little"))
        parameters = library.SearchParameters(sel=chosen)
    cosines, rows = index.search(queries, count, params=parameters)
    return ids[rows], cosines


def _sifted(
    index: Any,  # noqa: ANN401 - of a library without types
    queries: Vectors,
    mask: NDArray[np.bool_],
    count: int,
) -> tuple[Ids, Vectors] | None:
    """Search among all rows for somewhat more, and keep the allowed ones.

    FAISS takes twice as long over rows that it picks as over all of them in turn. What is found is
    exact; None where too few of it are allowed, or so few rows are that picking them is quicker.
    """
    share = int(mask.sum()) / len(mask)
    if share < MANY_ALLOWED:
        return None
    wanted = int(MARGIN * count / share) + MORE
    if wanted > min(len(mask), MOST_SIFTED):
        return None
    cosines, rows = index.search(queries, wanted)
    kept = mask[rows]
    if not (kept.sum(axis=1) >= count).all():
        return None
    first = np.argsort(~kept, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(rows, first, axis=1), np.take_along_axis(cosines, first, axis=1)


def _compared(ids: Ids, queries: Vectors, read_rows: ReadRows) -> Vectors:
    """Return the cosines of the passages found for each query."""
    distinct, places = np.unique(ids, return_inverse=True)
    rows = read_rows(distinct)
    pairs = zip(places.reshape(ids.shape), queries, strict=True)
    return np.array([rows[of] @ query for of, query in pairs], np.float32).reshape(ids.shape)


def _search_tail(
    state: State, queries: Vectors, limit: int, allowed: Ids | None
) -> tuple[Ids, Vectors]:
    import faiss

    ids, rows = state.tail_ids, state.tail
    if allowed is not None:
        chosen = among(ids, allowed)
        ids, rows = ids[chosen], np.ascontiguousarray(rows[chosen])
    count = min(limit, len(ids))
    if count == 0:
        return np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
    cosines, found = faiss.knn(queries, rows, count, metric=faiss.METRIC_INNER_PRODUCT)
    return ids[found], cosines


def _best(found: list[tuple[Ids, Vectors]], queries: int, limit: int) -> tuple[Ids, Vectors]:
    """Merge what base and tail gave; equal cosines come in the order of their ids."""
    ids = np.concatenate([part[0] for part in found], axis=1)
    cosines = np.concatenate([part[1] for part in found], axis=1)
    order = np.lexsort((ids, -cosines), axis=1)[:, :limit]
    best_ids = np.full((queries, limit), -1, np.int64)
    best = np.full((queries, limit), -1.0, np.float32)
    best_ids[:, : order.shape[1]] = np.take_along_axis(ids, order, axis=1)
    best[:, : order.shape[1]] = np.take_along_axis(cosines, order, axis=1)
    return best_ids, best
