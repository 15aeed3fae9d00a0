"""Connections to index.db: one for each thread, set up alike, with errors a person can act on.

What the tables are is `schema`; what is in them is everybody else's.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from indexer import schema
from indexer.encoders.protocol import Encoder, EncoderSpec
from indexer.errors import CrosstongueError, IndexBusyError, SchemaTooNewError
from indexer.paths import display

if TYPE_CHECKING:
    from sqlite_utils import Database

FILE_NAME = "index.db"

# A writer holds the database for one batch, well under a second; a reader that waited longer than
# this would be waiting for something that is stuck.
BUSY_SECONDS = 30.0


class Connections:
    """A connection to one database for each thread that asks for one.

    A connection whose thread has ended is closed when the next thread comes, so a page that runs
    every script in a new thread does not pile them up.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[tuple[weakref.ref[threading.Thread], sqlite3.Connection]] = []
        self._closed = False

    def get(self) -> sqlite3.Connection:
        """Return the calling thread's connection, opened at its first call."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is not None and not self._closed:
            return found
        connection = connect(self._path)
        with self._lock:
            if self._closed:
                connection.close()
                raise CrosstongueError(f"The index in {display(self._path.parent)} is closed.")
            self._close_dead()
            self._open.append((weakref.ref(threading.current_thread()), connection))
        self._local.connection = connection
        return connection

    def _close_dead(self) -> None:
        alive = []
        for thread, connection in self._open:
            owner = thread()
            if owner is not None and owner.is_alive():
                alive.append((thread, connection))
            else:
                connection.close()
        self._open = alive

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            self._closed = True
            for _, connection in self._open:
                connection.close()
            self._open = []


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection with foreign keys on; closing it from another thread is allowed."""
    with said_plainly(path.parent):
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
        connection.execute("PRAGMA foreign_keys = ON")
        # With a write-ahead log this survives any kill; a power cut may lose the last batches,
        # which the next sync makes again.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA recursive_triggers = ON")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection, folder: Path) -> Iterator[sqlite3.Connection]:
    """Commit what is written inside, all or nothing.

    The write lock is taken at once, so that a commit never fails because another connection wrote
    in between.

    :param folder: the index folder, for the error's sentence.
    """
    with said_plainly(folder):
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Read several things as of one moment."""
    connection.execute("BEGIN")
    try:
        yield connection
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def migrate(path: Path) -> None:
    """Bring a database to the current schema; a new file gets all of it.

    :raises SchemaTooNewError: if a newer Crosstongue wrote it.
    """
    from sqlite_utils import Database

    with said_plainly(path.parent):
        connection = connect(path)
        database = Database(connection, execute_plugins=False)
        try:
            _use_wal(database)
            with transaction(connection, path.parent):
                for number in range(
                    checked_version(connection, path.parent), len(schema.MIGRATIONS)
                ):
                    database.executescript(schema.MIGRATIONS[number])
                    connection.execute(f"PRAGMA user_version = {number + 1}")
        finally:
            connection.close()


def _use_wal(database: Database) -> None:
    # Two connections that change the mode at once would wait for each other forever, so SQLite
    # refuses one of them without waiting.
    patience = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return database.enable_wal()
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > patience:
                raise
            time.sleep(0.01)


def checked_version(connection: sqlite3.Connection, folder: Path) -> int:
    """Return the schema version of a database, 0 for an empty one.

    :raises SchemaTooNewError: if it is newer than this Crosstongue knows.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > schema.SCHEMA_VERSION:
        raise SchemaTooNewError(
            f"The index in {display(folder)} was written by a newer Crosstongue (schema {version}; "
            f"this one knows {schema.SCHEMA_VERSION}): upgrade Crosstongue, or name another index "
            "folder with --index."
        )
    return version


def read_meta(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the whole `meta` table."""
    return dict(connection.execute("SELECT key, value FROM meta"))


def write_meta(connection: sqlite3.Connection, **values: str | int) -> None:
    """Set rows of `meta` inside the caller's transaction."""
    connection.executemany(
        "INSERT INTO meta(key, value) VALUES (?, ?) "
        "ON CONFLICT(key) DO UPDATE SET value = excluded.value",
        [(key, str(value)) for key, value in values.items()],
    )


def read_spec(connection: sqlite3.Connection) -> EncoderSpec:
    """Return the recorded spec of the encoder that made the vectors."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'encoder'").fetchone()
    return _spec(row[0])


@lru_cache(maxsize=64)  # every search reads it
def _spec(stored: str) -> EncoderSpec:
    recorded = json.loads(stored)
    if isinstance(recorded["layer"], list):
        recorded["layer"] = tuple(recorded["layer"])
    return EncoderSpec(**{field.name: recorded[field.name] for field in fields(EncoderSpec)})


def write_spec(connection: sqlite3.Connection, spec: EncoderSpec) -> None:
    """Record the encoder in `meta`, inside the caller's transaction."""
    write_meta(
        connection,
        encoder=json.dumps(asdict(spec), ensure_ascii=False, sort_keys=True),
        fingerprint=spec.fingerprint,
        dimension=spec.dimension,
    )


def write_encoder(connection: sqlite3.Connection, encoder: Encoder) -> None:
    """Record an encoder and whether an index of it is usually centred, as `write_spec`."""
    write_spec(connection, encoder.spec)
    write_meta(connection, centring_usual="on" if getattr(encoder, "raw", False) else "off")


def bump_revision(connection: sqlite3.Connection) -> None:
    """Tell every open view that passages were added or removed, in the caller's transaction."""
    connection.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'revision'")


def new_generation() -> str:
    """Return a token that no view on disk carries yet."""
    return secrets.token_hex(8)


@contextmanager
def said_plainly(folder: Path) -> Iterator[None]:
    """Turn what the disk and the database complain of into one sentence.

    :param folder: the index folder, for the sentence.
    :raises CrosstongueError: instead of `sqlite3.DatabaseError` or a full disk's `OSError`.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _sentence(folder, error) from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise CrosstongueError(_full(folder)) from error


def _sentence(folder: Path, error: sqlite3.DatabaseError) -> CrosstongueError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _no_space(folder)):
        return CrosstongueError(_full(folder))
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return IndexBusyError(
            f"Another process has kept the index in {display(folder)} locked for "
            f"{BUSY_SECONDS:.0f} seconds: try again when it is done."
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return CrosstongueError(
            f"The index in {display(folder)} cannot be opened or written to ({error}): check the "
            "folder's permissions."
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return CrosstongueError(
            f"The index in {display(folder)} is damaged ({error}): remove that folder and run "
            "`crosstongue index` on your documents again."
        )
    return CrosstongueError(f"The index in {display(folder)} could not be used: {error}.")


def _full(folder: Path) -> str:
    return (
        f"The disk that holds the index in {display(folder)} is full: free some space and run the "
        "same command again; what was already indexed is kept."
    )


def _no_space(folder: Path) -> bool:
    try:
        state = os.statvfs(folder)
    except OSError:
        return False
    return state.f_bavail * state.f_frsize < 1_000_000
