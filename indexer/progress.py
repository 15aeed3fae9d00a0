"""What a run of the index tells while it works and when it ends: plain frozen values.

The command line and the page both draw from these and from the job's row; nothing here measures,
writes or prints.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Phase = Literal[
    "scanning",
    "segmenting",
    "sentences",
    "indexing",
    "labelling",
    "re-embedding",
    "finishing",
    "embedding",
    "measuring",
]
# What a phase counts, where it counts no files.
_UNITS: dict[str, str] = {
    "segmenting": "passages",
    "sentences": "passages",
    "labelling": "passages",
    "re-embedding": "passages",
    "embedding": "texts",
    "measuring": "encoders",
}


def unit_of(phase: str) -> str:
    """Return what `files_done` and `files_total` count in a phase: `files`, `passages`..."""
    return _UNITS.get(phase, "files")


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """One event of a run.

    :param phase: what is being done.
    :param files_done: files read so far, failed ones included (or what `unit_of` says); while
        scanning, files seen.
    :param files_total: files to read, 0 while scanning.
    :param files_failed: files that could not be read so far.
    :param passages: passages written so far.
    :param files_per_second: the rate since reading began, or None before it can be told.
    :param seconds_left: an estimate weighted by file size, or None before it can be told.
    :param current: the path being worked on, fit to print, or None.
    """

    phase: Phase
    files_done: int = 0
    files_total: int = 0
    files_failed: int = 0
    passages: int = 0
    files_per_second: float | None = None
    seconds_left: float | None = None
    current: str | None = None


ProgressCallback = Callable[[SyncProgress], None]


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file that could not be read, with the reason in a few words.

    :param path: fit to print.
    """

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a run did, or with `dry_run` what it would do. Paths are fit to print.

    :param added: files that were not in the index.
    :param changed: files whose content changed, or that a newer reader or splitter reads anew.
    :param moved: (old, new) names of files with the same bytes; nothing was embedded.
    :param removed: documents taken out because the scan saw their file go.
    :param unchanged: how many documents needed nothing.
    :param failed: every file of the scanned folders that could not be read, old failures included.
    :param ignored: files and folders left out by an ignore rule (a folder counts once).
    :param unsupported: files of a kind that no reader reads.
    :param unlisted: folders that could not be listed; nothing below them was removed.
    :param vanished: files that went between the scan and their turn.
    :param passages: passages written.
    :param embedded: texts that went through the encoder (repeated passages do not).
    :param seconds: how long it took.
    :param dry_run: nothing was written.
    :param stopped: somebody asked the job to stop before it was done.
    :param job: the row in `jobs`, or None after a dry run.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    failed: tuple[FailedFile, ...] = ()
    ignored: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    unlisted: tuple[FailedFile, ...] = ()
    vanished: tuple[str, ...] = ()
    passages: int = 0
    embedded: int = 0
    seconds: float = 0.0
    dry_run: bool = False
    stopped: bool = False
    job: int | None = None
