"""Jobs: one writer at a time, and every window sees what it does.

A job is a row of `jobs` (progress, requests, process, host); the right to write is a lock on a file
in the index folder, which the system frees when its holder dies. What a job does is not known here.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import socket
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from indexer.database import transaction
from indexer.errors import CrosstongueError, IndexBusyError
from indexer.paths import display
from indexer.progress import Phase, SyncProgress

if TYPE_CHECKING:
    from indexer.index import Index

JobState = Literal["running", "paused", "done", "stopped", "failed", "interrupted"]
Request = Literal["pause", "resume", "stop"]

LOCK_NAME = "writer.lock"

# A window that looks whether the lock is held takes it, shared, for some microseconds; a writer
# that meets it then tries again for this long.
_PATIENCE_SECONDS = 0.5
# Progress reaches the row at most this often; a window reads it about once a second.
_REPORT_SECONDS = 0.25
# How often a paused job looks whether it may go on.
_PAUSE_SECONDS = 0.2

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A job's row. Times are nanoseconds since the epoch; folders are fit to print."""

    id: int
    kind: str
    state: JobState
    request: Request | None
    process: int
    host: str
    folders: tuple[str, ...]
    started_at: int
    updated_at: int
    files_total: int
    files_done: int
    files_failed: int
    passages_done: int
    files_per_second: float | None
    seconds_left: float | None
    error: str | None
    phase: Phase

    @property
    def active(self) -> bool:
        """Whether it is running or paused."""
        return self.state in ("running", "paused")


_COLUMNS = ", ".join(Job.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the right to write.

    :param since: local time, as shown to a person.
    :param doing: such as "indexing /home/me/papers".
    """

    process: int
    host: str
    since: str
    doing: str


@contextmanager
def writer_lock(folder: Path, doing: str) -> Iterator[None]:
    """Hold the right to write to an index.

    :param folder: the index folder.
    :param doing: what for, shown to whoever is refused meanwhile.
    :raises IndexBusyError: if another process, or another thread of this one, holds it.
    :raises CrosstongueError: if the folder cannot be written to.
    """
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CrosstongueError(
            f"The index in {display(folder)} cannot be written to ({error.strerror})."
        ) from error
    try:
        if not _locked(descriptor, fcntl.LOCK_EX, _PATIENCE_SECONDS):
            raise IndexBusyError(_busy(folder, _read_holder(descriptor)))
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        holder = {"process": os.getpid(), "host": socket.gethostname(), "since": since}
        _write_holder(descriptor, {**holder, "doing": doing})
        yield
        _write_holder(descriptor, None)
    finally:
        os.close(descriptor)


def is_held(folder: Path) -> bool:
    """Whether anybody is writing to the index in a folder."""
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _locked(descriptor, fcntl.LOCK_SH, 0.0)
    finally:
        os.close(descriptor)


def current(index: Index) -> Job | None:
    """Return the job now running or paused, or else the last one, or None.

    A job whose process has died is given as interrupted, which the next writer records.
    """
    row = index.connection.execute(
        f"SELECT {_COLUMNS} FROM jobs ORDER BY state IN ('running', 'paused') DESC, id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    job = _job(row)
    if job.active and not is_held(index.folder):
        return replace(job, state="interrupted")
    return job


def get(index: Index, job: int) -> Job | None:
    """Return a job's row as it stands."""
    row = index.connection.execute(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", (job,)).fetchone()
    return None if row is None else _job(row)


def request_pause(index: Index, job: int) -> bool:
    """Ask a job to pause; it does between two batches. Return whether it was there to be asked."""
    return _request(index, job, "pause")


def request_resume(index: Index, job: int) -> bool:
    """Ask a paused job to go on. Return whether it was there to be asked."""
    return _request(index, job, "resume")


def request_stop(index: Index, job: int) -> bool:
    """Ask a job to stop after its batch. Return whether it was there to be asked."""
    return _request(index, job, "stop")


class RunningJob:
    """The row of the job this process is doing.

    :param index: the index it writes to; the caller holds the writer's lock.
    :param job: the row's id.
    """

    def __init__(self, index: Index, job: int) -> None:
        self._index = index
        self.id = job
        self._reported = 0.0

    def report(self, event: SyncProgress, *, now: bool = False) -> None:
        """Write progress to the row, at most four times a second unless `now`."""
        if not now and time.monotonic() - self._reported < _REPORT_SECONDS:
            return
        self._reported = time.monotonic()
        with self._writing() as connection:
            connection.execute(
                "UPDATE jobs SET updated_at = ?, phase = ?, files_total = ?, files_done = ?, "
                "files_failed = ?, passages_done = ?, files_per_second = ?, seconds_left = ? "
                "WHERE id = ?",
                (
                    time.time_ns(),
                    event.phase,
                    event.files_total,
                    event.files_done,
                    event.files_failed,
                    event.passages,
                    event.files_per_second,
                    event.seconds_left,
                    self.id,
                ),
            )

    def may_go_on(self) -> bool:
        """Honour requests: wait while paused; return False when asked to stop."""
        paused = False
        while True:
            request = self._asked()
            if request == "stop":
                return False
            if request == "resume" or (request is None and not paused):
                if paused or request == "resume":
                    self._set_state("running")
                return True
            if not paused:
                self._set_state("paused", keep_request=True)
                paused = True
            time.sleep(_PAUSE_SECONDS)

    def finish(self, state: JobState, error: str | None = None) -> None:
        """Record how it ended."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE jobs SET state = ?, error = ?, request = NULL, seconds_left = NULL, "
                "updated_at = ? WHERE id = ?",
                (state, error, time.time_ns(), self.id),
            )

    def _asked(self) -> str | None:
        row = self._index.connection.execute(
            "SELECT request FROM jobs WHERE id = ?", (self.id,)
        ).fetchone()
        return None if row is None else row[0]

    def _set_state(self, state: JobState, *, keep_request: bool = False) -> None:
        with self._writing() as connection:
            connection.execute(
                "UPDATE jobs SET state = ?, updated_at = ?, "
                "request = CASE WHEN ? THEN request END WHERE id = ?",
                (state, time.time_ns(), keep_request, self.id),
            )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with transaction(self._index.connection, self._index.folder) as connection:
            yield connection


@contextmanager
def running(index: Index, kind: str, folders: Sequence[bytes]) -> Iterator[RunningJob]:
    """Take the right to write, open a job's row and close it however the work ends.

    :param kind: "sync" or "re-embed".
    :param folders: what it works on.
    :raises IndexBusyError: if another process is writing.
    """
    shown = [display(folder) for folder in folders]
    doing = " ".join(["re-embedding" if kind == "re-embed" else "indexing", ", ".join(shown)])
    with writer_lock(index.folder, doing.strip()):
        job = _start(index, kind, shown)
        try:
            yield job
        except CrosstongueError as error:
            _finish_if_possible(job, "failed", str(error))
            raise
        except Exception as error:
            _finish_if_possible(job, "failed", f"{type(error).__name__}: {error}")
            raise
        except BaseException:
            _finish_if_possible(job, "interrupted", None)
            raise


def _start(index: Index, kind: str, folders: Sequence[str]) -> RunningJob:
    now = time.time_ns()
    with transaction(index.connection, index.folder) as connection:
        # The lock is ours, so whoever these rows speak of is dead.
        connection.execute(
            "UPDATE jobs SET state = 'interrupted', request = NULL, seconds_left = NULL "
            "WHERE state IN ('running', 'paused')"
        )
        row = connection.execute(
            "INSERT INTO jobs(kind, state, process, host, folders, started_at, updated_at) "
            "VALUES (?, 'running', ?, ?, ?, ?, ?)",
            (kind, os.getpid(), socket.gethostname(), json.dumps(folders), now, now),
        )
        return RunningJob(index, int(row.lastrowid or 0))


def _finish_if_possible(job: RunningJob, state: JobState, error: str | None) -> None:
    try:
        job.finish(state, error)
    except CrosstongueError as problem:
        # On a full disk the row cannot say so; once the lock is free it counts as interrupted.
        _LOG.warning("The end of job %d could not be recorded: %s", job.id, problem)


def _request(index: Index, job: int, request: Request) -> bool:
    with transaction(index.connection, index.folder) as connection:
        cursor = connection.execute(
            "UPDATE jobs SET request = ? WHERE id = ? AND state IN ('running', 'paused')",
            (request, job),
        )
        return cursor.rowcount == 1


def _job(row: tuple[object, ...]) -> Job:
    values = dict(zip(Job.__dataclass_fields__, row, strict=True))
    values["folders"] = tuple(json.loads(str(values["folders"])))
    return Job(**values)  # type: ignore[arg-type]


def _locked(descriptor: int, kind: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)


def _write_holder(descriptor: int, holder: dict[str, object] | None) -> None:
    os.ftruncate(descriptor, 0)
    if holder is not None:
        try:
            os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        except OSError:  # a full disk: the lock holds without its label
            _LOG.info("The lock's label could not be written.", exc_info=True)


def _read_holder(descriptor: int) -> Holder | None:
    try:
        return Holder(**json.loads(os.pread(descriptor, 65536, 0)))
    except (ValueError, TypeError):
        return None


def _busy(folder: Path, holder: Holder | None) -> str:
    if holder is None:
        return f"Another process is writing to the index in {display(folder)}: try again later."
    return (
        f"Process {holder.process} on {holder.host} has been {holder.doing} since {holder.since} "
        f"and holds the index in {display(folder)}: wait until it is done, or stop it."
    )
