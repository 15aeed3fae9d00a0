"""How fast a run goes and how long it will take."""

from __future__ import annotations

import time
from collections.abc import Iterable

from indexer.scan import FoundFile

# What opening, hashing and recording a file costs beside its bytes, in bytes' worth of reading
# text: an empty file takes about as long as 4 kB more in another.
_FILE_WEIGHT = 4_096
# Before this much time has passed a rate says nothing.
_MEASURABLE_SECONDS = 0.5


class Meter:
    """Counts files as they are read.

    :param files: those to read.
    """

    def __init__(self, files: Iterable[FoundFile]) -> None:
        sizes = [file.size + _FILE_WEIGHT for file in files]
        self.files_total = len(sizes)
        self.files_done = 0
        self._weight = sum(sizes)
        self._done = 0
        self._started = time.monotonic()
        self._paused = 0.0

    def read(self, file: FoundFile) -> None:
        """Count a file."""
        self.files_done += 1
        self._done += file.size + _FILE_WEIGHT

    def pause(self, seconds: float) -> None:
        """Leave a time out of the rate."""
        self._paused += seconds

    def estimate(self) -> tuple[float | None, float | None]:
        """Return files a second and seconds left, None where they cannot be told yet."""
        elapsed = time.monotonic() - self._started - self._paused
        if elapsed < _MEASURABLE_SECONDS or not self._done:
            return None, None
        return self.files_done / elapsed, elapsed * (self._weight - self._done) / self._done
