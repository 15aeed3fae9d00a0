"""Jobs: one writer at a time, and every window sees what it does.

A job is a row of `jobs` (progress, requests, process, host); the right to write is a lock on a file
in the index folder, which the system frees when its holder dies. What a job does is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from indexer.index import Index

JobState = Literal["running", "paused", "done", "stopped", "failed", "interrupted"]
Request = Literal["pause", "resume", "stop"]


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

    @property
    def active(self) -> bool:
        """Whether it is running or paused."""
        return self.state in ("running", "paused")


def current(index: Index) -> Job | None:
    """Return the job now running or paused, or else the last one, or None."""
    raise NotImplementedError


def request_pause(index: Index, job: int) -> bool:
    """Ask a job to pause; it does between two batches. Return whether it was there to be asked."""
    raise NotImplementedError


def request_resume(index: Index, job: int) -> bool:
    """Ask a paused job to go on. Return whether it was there to be asked."""
    raise NotImplementedError


def request_stop(index: Index, job: int) -> bool:
    """Ask a job to stop after its batch. Return whether it was there to be asked."""
    raise NotImplementedError
