"""The view: nearest neighbours over an index's vectors, kept up to date with SQLite.

A view is a base (everything up to some passage id, from disk or built) plus the rows added since,
minus the ids removed since. All of it is exact: the base holds the stored half-precision rows, and
a scan of 50,000 x 256 of them takes a millisecond. An index may have codes instead, which take a
half (int8) or a tenth (binary) of the memory: what they find is compared again by the stored
rows. A process that searches a large exact base more than once makes codes beside its rows, to look
at first (`coarse`). Past some 500,000 passages a graph index (HNSW) would take the base's place;
nothing outside this module, `neighbours` and `viewfile` would know. Vectors never change under an
id, so a commit is seen by reading the rows with greater ids and the list of removed ones.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.centres import read_centres
from indexer.coarse import Coarse
from indexer.database import read_meta, snapshot, transaction, write_meta
from indexer.encoders.protocol import Vectors
from indexer.errors import EncoderMismatchError
from indexer.neighbours import Ids, State, among, of_one, rows_of, search, surely_nearest
from indexer.viewfile import (
    EXACT,
    Base,
    DamagedViewError,
    Stamp,
    build_base,
    load_base,
    read_stamp,
    remove_abandoned,
    save_base,
)

# Rows outside the base, added or removed, as a share of it: at a twentieth a search costs a few per
# cent more than on a fresh base, and a growing index is rebuilt only 15 times while it doubles.
DRIFT = 0.05
# Below this many rows a rebuild is not worth its file: reading them from SQLite takes milliseconds.
DRIFT_ROWS = 1_000
# From so many rows on, a scan takes longer than handing it to another thread.
MANY_ROWS = 20_000
# From so many rows on, a coarse look before a scan pays; fewer rows lie in a processor's cache.
COARSE_ROWS = 60_000

_AFTER = """
SELECT passages.id, vectors.vector, passages.language FROM passages
JOIN vectors ON vectors.key = passages.vector_key
WHERE passages.id > ? ORDER BY passages.id
"""
_CHOSEN = """
SELECT passages.id, vectors.vector, passages.language FROM json_each(?) AS wanted
CROSS JOIN passages ON passages.id = wanted.value
CROSS JOIN vectors ON vectors.key = passages.vector_key
"""

_LOG = logging.getLogger(__name__)


class Near(NamedTuple):
    """The passages nearest to a query, best first.

    :param ids: int64 [k].
    :param cosines: float32 [k].
    :param whole: whether they are as many as were asked for, or all there are.
    """

    ids: Ids
    cosines: Vectors
    whole: bool


class VectorView:
    """Nearest neighbours by cosine over the passages of an index, for several threads.

    :param path: where the base is kept.
    :param connect: gives the calling thread's connection.
    """

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        self._path = path
        self._connect = connect
        self._lock = threading.Lock()
        self._scanning = threading.Lock()  # held for an instant, `_lock` while a base is read
        self._state: State | None = None
        self._built: Base | None = None
        self._builder: threading.Thread | None = None
        # The base scanned last, and its codes once they are being made.
        self._coarse: tuple[Base, Future[Coarse] | None] | None = None
        # One more than cores, so that no scan waits until codes are made.
        scanners = 1 + (os.cpu_count() or 1)
        self._scanners = ThreadPoolExecutor(scanners, thread_name_prefix="scan")
        self._file_unusable = False

    def search(
        self, queries: Vectors, limit: int, allowed: Ids | None = None
    ) -> tuple[Ids, Vectors]:
        """Find the passages nearest to each query.

        :param queries: float32 [n, d], unit rows.
        :param limit: how many passages for each query.
        :param allowed: passage ids to choose from, in any order; None allows all.
        :return: (ids int64 [n, k], cosines float32 [n, k]), best first, k = limit; where there are
            fewer passages the ids are -1 and the cosines -1.
        :raises EncoderMismatchError: if the queries are not as wide as the index's vectors.
        """
        return self._search(self._current(), queries, limit, allowed)

    def _search(
        self, state: State, queries: Vectors, limit: int, allowed: Ids | None
    ) -> tuple[Ids, Vectors]:
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        width = state.tail.shape[1]
        if queries.ndim != 2 or queries.shape[1] != width:
            raise EncoderMismatchError(
                f"The query's vectors have shape {queries.shape}, but this index holds vectors of "
                f"{width} dimensions: its encoder has changed, so open the index again."
            )
        return search(state, queries, limit, allowed, partial(self._stored, state))

    def nearest(self, query: Vectors, limit: int, allowed: Ids | None = None) -> Near:
        """Find the passages nearest to one query, or the first of them that are soon proved.

        The second time that much is scanned, codes of one byte a number begin to be made beside;
        from then on searches look at these first (`coarse`), which takes half the time.

        :param query: float32 [d], of unit length.
        :param limit: how many passages.
        :param allowed: as in `search`.
        :raises EncoderMismatchError: as in `search`.
        """
        return self._nearest(self._current(), query, limit, allowed)

    def _nearest(self, state: State, query: Vectors, limit: int, allowed: Ids | None) -> Near:
        coarse = self._coarse_of(state) if allowed is None else None
        if coarse is not None and query.shape == (state.tail.shape[1],):
            sure = surely_nearest(state, coarse, query, limit)
            if sure is not None:
                return Near(*sure, whole=len(sure[0]) == limit)
        return Near(*of_one(self._search(state, query[None, :], limit, allowed)), whole=True)

    def nearest_beside(
        self, query: Vectors, limit: int, allowed: Ids | None = None
    ) -> Future[Near] | None:
        """Begin a `nearest` that runs beside what the caller does next; FAISS lets the lock go.

        :return: the passages to come, or None where there is too little to scan.
        """
        state = self._current()
        if state.passages < MANY_ROWS:
            return None
        return self._scanners.submit(self._nearest, state, query, limit, allowed)

    def rows(self, ids: Ids) -> Vectors:
        """Return the vectors of some passages as they are compared, without centres.

        :param ids: int64 [n], in any order.
        :return: float32 [n, d]; zeros where an id is gone.
        :raises EncoderMismatchError: if the index's vectors change in this instant.
        """
        state = self._current()
        return rows_of(state, ids) if state.base.exact else self._stored(state, ids)

    def warm(self) -> int:
        """Load what searches need, now instead of at the first one; return how many passages."""
        return self._current().passages

    def settle(self, folder: Path) -> None:
        """Rebuild the base on disk if it has drifted; only the process that may write calls this.

        :param folder: the index folder, for an error's sentence.
        """
        connection = self._connect()
        remove_abandoned(self._path)
        with snapshot(connection):
            meta = read_meta(connection)
            stamp = read_stamp(self._path)
            if stamp and _fits(stamp, meta) and not _drifted(connection, stamp):
                return
        base = self._build(connection)
        try:
            save_base(self._path, base)
        except OSError as error:
            _LOG.warning(
                "The view %s could not be written (%s); searches go on.", self._path, error
            )
            return
        self._built = base
        # No one else writes now, so the new base holds no removed row; whoever still has an older
        # base sees `pruned_at` and takes this one.
        with transaction(connection, folder):
            connection.execute("DELETE FROM removed_passages")
            write_meta(connection, pruned_at=base.stamp.revision)

    def close(self) -> None:
        """Wait for what is under way; no search may follow."""
        self._scanners.shutdown()
        self.wait()

    def wait(self) -> None:
        """Wait for what is being built, if anything is."""
        builder = self._builder
        if builder is not None and builder is not threading.current_thread():
            builder.join()
        if self._coarse is not None and self._coarse[1] is not None:
            self._coarse[1].exception()

    def _coarse_of(self, state: State) -> Coarse | None:
        """Return the codes of a state's base, if there are any; begin to make them if it is time.

        A process that searches once would wait for them longer than for its scan.
        """
        base = state.base
        if not base.exact or base.stamp.rows < COARSE_ROWS:
            return None
        with self._scanning:
            if self._coarse is None or self._coarse[0] is not base:
                self._coarse = base, None
                return None
            made = self._coarse[1]
            if made is None:
                self._coarse = base, self._scanners.submit(_coarse, base)
                return None
        # Without the memory for them, searches go on without.
        return made.result() if made.done() and made.exception() is None else None

    def _stored(self, state: State, ids: Ids) -> Vectors:
        """Read the vectors of some passages from the tables; as `rows`."""
        connection = self._connect()
        with snapshot(connection):
            meta = read_meta(connection)
            if meta["generation"] != state.generation:
                raise EncoderMismatchError(
                    "The index has changed while it was searched: search it once more."
                )
            width = _dimension(meta)
            distinct, places = np.unique(ids, return_inverse=True)
            wanted = json.dumps(distinct.tolist())
            there, rows = _read(connection, _CHOSEN, wanted, width, _centres(meta))
        found = np.zeros((len(distinct), width), np.float32)
        found[np.searchsorted(distinct, there)] = rows
        return found[places]

    def _current(self) -> State:
        """Return the state of the last commit."""
        connection = self._connect()
        state = self._state
        if state is not None and self._built is None and state.revision == _revision(connection):
            return state
        with self._lock:
            self._state = state = self._refresh(connection)
            outside = len(state.tail_ids) + state.gone
            if self._file_unusable or _past(outside, state.base.stamp.rows):
                self._rebuild_behind()
        return state

    def _refresh(self, connection: sqlite3.Connection) -> State:
        with snapshot(connection):
            meta = read_meta(connection)
            base = self._choose_base(connection, meta)
            old = self._state
            if old is not None and old.base is not base:
                old = None
            since = base.stamp.max_id if old is None else old.max_id
            width = base.faiss_index.d
            new_ids, new = _rows(connection, since, width, _centres(meta))
            removed = np.array(
                [row[0] for row in connection.execute("SELECT id FROM removed_passages")], np.int64
            )
        tail_ids, tail = new_ids, new.astype(np.float32)
        if old is not None:
            tail_ids = np.concatenate([old.tail_ids, tail_ids])
            tail = np.concatenate([old.tail, tail])
        max_id = max(since, int(tail_ids[-1]) if len(tail_ids) else 0)
        stays = ~among(tail_ids, removed)
        alive: NDArray[np.bool_] | None = ~among(base.ids, removed)
        if alive is not None and alive.all():
            alive = None
        return State(
            base,
            meta["generation"],
            int(meta["revision"]),
            max_id,
            tail_ids[stays],
            np.ascontiguousarray(tail[stays]),
            alive,
        )

    def _choose_base(self, connection: sqlite3.Connection, meta: dict[str, str]) -> Base:
        """Take the newest base there is: just built, in use, or on disk; or else an empty one."""
        built, self._built = self._built, None
        candidates = [base for base in (built, self._state and self._state.base) if base]
        for base in candidates:
            if _fits(base.stamp, meta) and not _drifted(connection, base.stamp):
                return base
        stamp = read_stamp(self._path)
        used = max(
            (base.stamp.revision for base in candidates if _fits(base.stamp, meta)), default=-1
        )
        if stamp is None or not _fits(stamp, meta) or stamp.revision > used:
            loaded = self._load(meta)
            if loaded is not None:
                return loaded
        for base in candidates:
            if _fits(base.stamp, meta):
                return base
        width = _dimension(meta)
        nothing = _stamp(meta, int(meta["pruned_at"]), 0, 0)
        return build_base(nothing, np.empty(0, np.int64), np.empty((0, width), np.float16))

    def _load(self, meta: dict[str, str]) -> Base | None:
        try:
            base = load_base(self._path)
        except FileNotFoundError:
            _LOG.info("The view %s is missing; it is rebuilt.", self._path)
        except (DamagedViewError, OSError) as error:
            _LOG.warning("The view %s cannot be used: %s. It is rebuilt.", self._path, error)
        else:
            if _fits(base.stamp, meta) and base.faiss_index.d == _dimension(meta):
                return base
            _LOG.info("The view %s is of another state of the index; it is rebuilt.", self._path)
        self._file_unusable = True
        return None

    def _rebuild_behind(self) -> None:
        """Build and save a new base in a thread, while searches go on with the old one."""
        if self._builder is not None and self._builder.is_alive():
            return
        self._builder = threading.Thread(target=self._rebuild, name="rebuild of the view")
        self._builder.start()

    def _rebuild(self) -> None:
        base = self._build(self._connect())
        self._built = base
        self._file_unusable = False
        try:
            save_base(self._path, base)
        except OSError as error:
            _LOG.warning(
                "The view %s could not be written (%s); searches go on.", self._path, error
            )

    def _build(self, connection: sqlite3.Connection) -> Base:
        with snapshot(connection):
            meta = read_meta(connection)
            ids, rows = _rows(connection, 0, _dimension(meta), _centres(meta))
        max_id = int(ids[-1]) if len(ids) else 0
        return build_base(_stamp(meta, int(meta["revision"]), max_id, len(ids)), ids, rows)


def _coarse(base: Base) -> Coarse:
    """Make codes of a base, which stays until they are made: its rows are FAISS's own memory."""
    return Coarse(base.rows)


def _revision(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()
    return int(row[0])


def codes_of(meta: dict[str, str]) -> str:
    """Return how an index's base holds its rows: one of `viewfile.CODES`."""
    return meta.get("codes", EXACT)


def _dimension(meta: dict[str, str]) -> int:
    return int(meta["dimension"])


def _centres(meta: dict[str, str]) -> int:
    return int(meta.get("centres", "0"))


def _stamp(meta: dict[str, str], revision: int, max_id: int, rows: int) -> Stamp:
    found = (meta["generation"], meta["fingerprint"], revision, max_id, rows)
    return Stamp(*found, _centres(meta), codes_of(meta))


def _fits(stamp: Stamp, meta: dict[str, str]) -> bool:
    """Whether a base is of these vectors and not so old that removals it misses are forgotten."""
    return (
        stamp.generation == meta["generation"]
        and stamp.fingerprint == meta["fingerprint"]
        and stamp.centres == _centres(meta)
        and stamp.codes == codes_of(meta)
        and int(meta["pruned_at"]) <= stamp.revision <= int(meta["revision"])
    )


def _past(outside: int, rows: int) -> bool:
    return outside > max(DRIFT_ROWS, DRIFT * rows)


def _drifted(connection: sqlite3.Connection, stamp: Stamp) -> bool:
    added = connection.execute(
        "SELECT count(*) FROM passages WHERE id > ?", (stamp.max_id,)
    ).fetchone()[0]
    removed = connection.execute("SELECT count(*) FROM removed_passages").fetchone()[0]
    return _past(int(added) + int(removed), stamp.rows)


def _rows(
    connection: sqlite3.Connection, after: int, width: int, centres: int
) -> tuple[Ids, NDArray[np.float16]]:
    """Read the passages with greater ids; as `_read`."""
    return _read(connection, _AFTER, after, width, centres)


def _read(
    connection: sqlite3.Connection, statement: str, wanted: int | str, width: int, centres: int
) -> tuple[Ids, NDArray[np.float16]]:
    """Read passages as they are compared: int64 [n] ascending and float16 [n, width].

    :param centres: the version of the centres to take off; 0 leaves rows as they are stored.
    """
    rows = connection.execute(statement, (wanted,)).fetchall()
    ids = np.fromiter((row[0] for row in rows), np.int64, len(rows))
    stored = np.frombuffer(b"".join(row[1] for row in rows), "<f2").reshape(len(rows), width)
    if not centres or not rows:
        return ids, stored
    centred = read_centres(connection, centres).documents(stored, [row[2] for row in rows])
    return ids, centred.astype(np.float16)
