"""Brings watched folders up to date while the page is served.

A thread of the process that serves it looks after them; the work is done by the same jobs that the
Update buttons start. Which folders are watched stands in the index, so that the next time the page
is opened they are again, beginning with what changed meanwhile.
"""

import logging
import sqlite3
import threading
from functools import lru_cache
from pathlib import Path

from indexer import jobs, paths
from indexer.errors import CrosstongueError, IndexNotFoundError
from indexer.index import Index
from indexer.watching import Watcher
from ui.page_jobs import JobStarter, starter_of

# How long a switch in the library, or a folder that is back, may go unnoticed.
_SECONDS = 1.0
# After an error of the index or the system.
_SECONDS_AFTER_FAULT = 10.0

_LOG = logging.getLogger(__name__)


class PageWatcher:
    """Looks after the watched folders of one index.

    :param index_folder: the index; it need not exist yet.
    :param starter: starts the jobs.
    """

    def __init__(self, index_folder: Path, starter: JobStarter) -> None:
        self._index_folder = index_folder
        self._starter = starter
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        # Folders that cannot be watched, and why.
        self.refused: dict[bytes, str] = {}

    def start(self) -> None:
        """Begin, in a thread that ends with the process."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End, after the wait of a second or so."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        known: set[bytes] = set()
        due: set[bytes] = set()
        with Watcher(paths.to_bytes(self._index_folder)) as watcher:
            while not self._ended.is_set():
                try:
                    watched = self._watched()
                    self.refused = watcher.watch(watched)
                    due = watched & (due | (watched - known) | watcher.changed(_SECONDS))
                    known = watched
                    due -= self._update(due)
                except (CrosstongueError, sqlite3.Error, OSError):
                    # The page tells what is wrong with the index; this goes on when it is well.
                    _LOG.warning("Watching waits.", exc_info=True)
                    self._ended.wait(_SECONDS_AFTER_FAULT)

    def _watched(self) -> set[bytes]:
        index = self._open()
        if index is None:
            return set()
        with index:
            return {source.root for source in index.sources() if source.watched}

    def _update(self, due: set[bytes]) -> set[bytes]:
        """Start a job for the first folder, unless one is at work; return what was begun."""
        if not due or self._starter.working or (index := self._open()) is None:
            return set()
        with index:
            job = jobs.current(index)
        if job is not None and job.active:
            return set()
        root = min(due)
        if paths.to_path(root).is_dir():
            self._starter.start(paths.to_path(root))
        return {root}

    def _open(self) -> Index | None:
        try:
            return Index.open(self._index_folder)
        except IndexNotFoundError:
            return None


@lru_cache(maxsize=1)
def watcher_of(folder: str) -> PageWatcher:
    """Return the one that looks after an index in this process."""
    return PageWatcher(Path(folder), starter_of(folder))
