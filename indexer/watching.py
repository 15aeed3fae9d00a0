"""Folders watched for changes: which of them to bring up to date, moments after something happened.

What changed is left to the scan; this says only where to look. A folder whose file system tells
nothing of changes made elsewhere (a network drive's) is brought up to date by hand.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterable
from typing import Any

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from indexer.ignoring import IGNORE_FILES
from indexer.paths import display, is_within, prefix

# A folder is given out when nothing has happened in it for so long, so that a file is read when it
# is written to its end; or after so long at the latest, because a log never rests.
QUIET_SECONDS, LONGEST_SECONDS = 1.0, 10.0

_KINDS: list[type[FileSystemEvent]] = [
    *(DirCreatedEvent, DirDeletedEvent, DirMovedEvent),
    *(FileClosedEvent, FileCreatedEvent, FileDeletedEvent, FileModifiedEvent, FileMovedEvent),
]


class Watcher:
    """Watches folders; close it, or use it as a context manager.

    :param apart: a folder in which changes mean nothing: the index's own.
    """

    def __init__(self, apart: bytes) -> None:
        self._apart = apart
        self._observer = Observer()
        self._observer.start()
        self._watches: dict[bytes, tuple[tuple[int, int], Any]] = {}
        self._changes: dict[bytes, tuple[float, float]] = {}
        self._heard = threading.Condition()

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Watch nothing any more."""
        self._observer.stop()
        self._observer.join()

    def watch(self, roots: Iterable[bytes]) -> dict[bytes, str]:
        """Watch these folders and no others.

        A folder that is not there is watched from the next call on that finds it.

        :param roots: absolute paths.
        :return: the folders that cannot be watched, and why.
        """
        wanted = {root: place for root in roots if (place := _place(root)) is not None}
        for root, (place, watch) in list(self._watches.items()):
            if wanted.get(root) != place:
                self._observer.unschedule(watch)
                del self._watches[root]
        refused = {}
        for root, place in wanted.items():
            if root in self._watches:
                continue
            try:
                watch = self._observer.schedule(
                    _Listener(self, root), os.fsdecode(root), recursive=True, event_filter=_KINDS
                )
            except OSError as error:
                refused[root] = _refusal(root, error)
            else:
                self._watches[root] = (place, watch)
        return refused

    def changed(self, seconds: float) -> set[bytes]:
        """Return the folders in which something changed, each once.

        :param seconds: how long to wait for one at most.
        """
        deadline = time.monotonic() + seconds
        with self._heard:
            while True:
                now = time.monotonic()
                due = {root for root, times in self._changes.items() if _due(*times) <= now}
                if due or now >= deadline:
                    for root in due:
                        del self._changes[root]
                    return due
                first = min((_due(*times) for times in self._changes.values()), default=deadline)
                self._heard.wait(max(min(first, deadline) - now, 0.0))

    def hear(self, root: bytes, path: bytes) -> None:
        """Take note that something happened to a path below a folder."""
        if is_within(path, self._apart) or _is_hidden(path.removeprefix(prefix(root))):
            return
        now = time.monotonic()
        with self._heard:
            first, _ = self._changes.get(root, (now, now))
            self._changes[root] = (first, now)
            self._heard.notify()


class _Listener(FileSystemEventHandler):
    def __init__(self, watcher: Watcher, root: bytes) -> None:
        self._watcher, self._root = watcher, root

    def on_any_event(self, event: FileSystemEvent) -> None:
        for path in (event.src_path, event.dest_path):
            if path:
                self._watcher.hear(self._root, os.fsencode(path))


def _due(first: float, last: float) -> float:
    return min(last + QUIET_SECONDS, first + LONGEST_SECONDS)


def _is_hidden(name: bytes) -> bool:
    """Whether a path is left out by every scan: an editor's own files come and go all the time."""
    parts = name.split(b"/")
    hidden = [part for part in parts if part.startswith(b".")]
    return bool(hidden) and not (len(hidden) == 1 and parts[-1] in IGNORE_FILES)


def _place(root: bytes) -> tuple[int, int] | None:
    """Return what tells a folder from another of its name; None if there is none."""
    try:
        found = os.stat(root)  # noqa: PTH116 (the path is bytes)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _refusal(root: bytes, error: OSError) -> str:
    shown = display(root)
    if error.errno in (errno.ENOSPC, errno.EMFILE):
        return (
            f"{shown} cannot be watched: this system watches no more folders at once. Raise "
            "fs.inotify.max_user_watches, or update the folder by hand."
        )
    return f"{shown} cannot be watched ({error.strerror or error}): update it by hand."
