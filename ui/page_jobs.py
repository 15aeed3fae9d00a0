"""Indexing jobs as the page sees them: started, watched and asked to stop, never run here.

A job is a process of its own, the same command a person would type, so that the page stays usable,
and closing or reloading it changes nothing. What a job has done is read from its row in the index.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from indexer.errors import SourceError
from indexer.jobs import Job
from indexer.progress import unit_of
from ui.locations import make_private
from ui.safe_text import shown_path

_PACKAGES = Path(__file__).resolve().parent.parent
# Long enough for any sentence the command ends with, short enough for a page.
LONGEST_REASON = 2_000
# How the command line begins the one sentence it fails with.
_COMPLAINT = "Error: "
_UNTOLD = "Indexing ended unexpectedly; start it again, it goes on where it stopped."
MINUTE, HOUR = 60, 3600
# What a job does when it is past reading files, or before it.
_DOING = {
    "segmenting": "Finding words anew",
    "sentences": "Encoding sentences",
    "labelling": "Labelling",
    "re-embedding": "Embedding anew",
    "finishing": "Finishing",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """A job in words.

    :param headline: what it is doing, to which folder.
    :param detail: how far it is.
    :param share: between 0 and 1, or None before that can be told.
    """

    headline: str
    detail: str
    share: float | None


class JobStarter:
    """Starts the jobs of one index and keeps hold of the last one it started.

    One instance serves every window of the page, so that a reload still knows of a job that has
    not yet written its row, and of one that ended before it could. `folder` and `started_at`
    (nanoseconds since the epoch) say what was started last.

    :param index_folder: the index the jobs write to.
    """

    def __init__(self, index_folder: Path) -> None:
        self._index_folder = index_folder
        self._process: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self._complaint: str | None = None
        self.folder: Path | None = None
        self.started_at = 0

    def start(self, folder: Path | None, *options: str) -> None:
        """Start `crosstongue index` in a process of its own, which outlives the page.

        :param folder: what to index; None brings every folder up to date.
        :param options: of the command.
        :raises SourceError: if the index folder cannot be made or no process can be started.
        """
        command = [sys.executable, "-m", "ui.cli", "index", *options]
        command += ["--index", str(self._index_folder), *([str(folder)] if folder else [])]
        try:
            make_private(self._index_folder.parent)
            # A file, not a pipe: a pipe nobody reads would block the process once the page ends.
            complaints = tempfile.TemporaryFile()
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                env=own_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise SourceError(
                f"Indexing could not be started ({error.strerror}): check that there is free disk "
                f"space and that {shown_path(self._index_folder)} can be written."
            ) from error
        if self._complaints is not None:
            self._complaints.close()
        self._complaints, self._complaint = complaints, None
        self.folder, self.started_at = folder, time.time_ns()

    @property
    def working(self) -> bool:
        """Whether the last job started here is still a living process."""
        return self._process is not None and self._process.poll() is None

    @property
    def complaint(self) -> str | None:
        """The sentence the last job started here ended with, or None where it did not fail."""
        if self._complaints is not None and not self.working:
            with self._complaints as complaints:
                complaints.seek(0)
                written = complaints.read().decode("utf-8", "replace")
            self._complaints = None
            if self._process is not None and self._process.returncode:
                self._complaint = last_sentence(written, _UNTOLD)
        return self._complaint


@lru_cache(maxsize=1)
def starter_of(folder: str) -> JobStarter:
    """Return the one starter of an index's jobs in this process, shared by every window."""
    return JobStarter(Path(folder))


def last_sentence(written: str, untold: str) -> str:
    """Return the sentence a command failed with.

    :param written: all that it wrote on standard error.
    :param untold: for one that ended without a sentence.
    """
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    if not lines or not lines[-1].startswith(_COMPLAINT):
        return untold
    return lines[-1].removeprefix(_COMPLAINT)[:LONGEST_REASON]


def checked_folder(typed: str) -> Path:
    """Return the folder a person typed or pasted.

    :raises SourceError: with a sentence, if it is no folder that can be read.
    """
    text = typed.strip().strip("\"'").removeprefix("file://")
    if not text:
        raise SourceError("Type the path of a folder, such as ~/Documents.")
    try:
        folder = Path(text).expanduser()
        if not folder.is_absolute():
            raise SourceError(
                f"{shown_path(folder)} is not a full path: begin with / or with ~ for your home."
            )
        if not folder.exists():
            raise SourceError(f"There is no folder {shown_path(folder)}: check the spelling.")
        if not folder.is_dir():
            raise SourceError(
                f"{shown_path(folder)} is a file: give the folder it is in, "
                f"{shown_path(folder.parent)}."
            )
        if not os.access(folder, os.R_OK | os.X_OK):
            raise PermissionError
    except PermissionError as error:
        raise SourceError(
            f"{shown_path(text)} may not be read: give yourself permission to read it, or choose "
            "another folder."
        ) from error
    except (OSError, ValueError, RuntimeError) as error:
        raise SourceError(
            "That is not a path this system can open: check it and try again."
        ) from error
    return folder


def progress_of(job: Job) -> Progress:
    """Put a job's row into words."""
    folders = ", ".join(job.folders) or "the index"
    unit = unit_of(job.phase)
    counted = f"{job.files_done:,} of {job.files_total:,} {unit}"
    failed = f"{job.files_failed:,} could not be read" if job.files_failed else None
    if not job.active:
        return Progress(_ended(job, folders), _joined(counted, failed), None)
    paused = job.state == "paused"
    if not job.files_total:
        doing = f"Paused: {folders}" if paused else f"Looking through {folders}"
        return Progress(doing, _joined(_asked(job)) or "Counting the files…", None)
    rate = f"{job.files_per_second:,.0f} {unit} a second" if job.files_per_second else None
    left = f"{_duration(job.seconds_left)} left" if job.seconds_left is not None else None
    if paused:
        rate = left = None
    return Progress(
        f"{'Paused' if paused else _DOING.get(job.phase, 'Indexing')}: {folders}",
        _joined(_asked(job), counted, rate, left, failed),
        min(job.files_done / job.files_total, 1.0),
    )


def _ended(job: Job, folders: str) -> str:
    words = {
        "done": f"Finished: {folders}",
        "stopped": f"Stopped: {folders}",
        "interrupted": f"Interrupted: {folders}",
    }
    return words.get(job.state, f"Failed: {folders}")


def _asked(job: Job) -> str | None:
    if job.state == "paused" and job.request == "pause":
        return None  # granted; the request stands as long as the pause lasts
    waiting = {"pause": "pausing…", "stop": "stopping…", "resume": "going on…"}
    return waiting.get(job.request or "")


def _joined(*parts: str | None) -> str:
    words = " · ".join(part for part in parts if part)
    return words[:1].upper() + words[1:]


def _duration(seconds: float) -> str:
    if seconds < MINUTE:
        return f"about {max(round(seconds), 1)} s"
    if seconds < HOUR:
        return f"about {round(seconds / MINUTE)} min"
    return f"about {seconds / HOUR:.1f} h"


def own_environment() -> dict[str, str]:
    """Return this process's environment; in a checkout, with these packages on the path."""
    if not (_PACKAGES / "pyproject.toml").is_file():
        return dict(os.environ)
    known = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(_PACKAGES), *([known] if known else [])]),
    }
