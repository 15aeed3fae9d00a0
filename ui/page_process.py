"""Long work that a page asks for: a process with a folder of its own, watched and stopped.

The page stays usable while it runs, and what it needed in memory is free when it ends.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from indexer.errors import SourceError
from ui.page_jobs import last_sentence, own_environment

_STOP_SECONDS = 5.0
_WRITTEN, _TOLD = "written", "told"


class PageProcess:
    """A Python module at work, or done.

    :param module: what is run, as by `python -m`.
    :param prepare: puts what it needs into the folder that it is called with, and returns the
        arguments.
    :param untold: the sentence for an end that explains nothing.
    :raises SourceError: if it cannot be started.
    """

    def __init__(
        self, module: str, prepare: Callable[[Path], Sequence[str]], *, untold: str
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="crosstongue-")
        self.place = Path(self._folder.name)
        self._untold = untold
        try:
            command = [sys.executable, "-m", module, *prepare(self.place)]
            with (
                (self.place / _WRITTEN).open("wb") as written,
                (self.place / _TOLD).open("wb") as told,
            ):
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=written,
                    stderr=told,
                    env=own_environment(),
                )
        except OSError as error:
            self._folder.cleanup()
            raise SourceError(
                f"This could not be started ({error.strerror}): check that there is free disk "
                "space."
            ) from error
        self._began = time.monotonic()
        self.stopped = False

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._process.poll() is None

    @property
    def seconds(self) -> float:
        """How long ago it began."""
        return time.monotonic() - self._began

    @property
    def done(self) -> bool:
        """Whether it did what it was asked for."""
        return not self.running and not self._process.returncode

    @property
    def complaint(self) -> str | None:
        """The sentence it failed with, if it did."""
        if self.running or self.stopped or self.done:
            return None
        return last_sentence(self._read(_TOLD), self._untold)

    @property
    def written(self) -> str:
        """What it has written on standard output."""
        return self._read(_WRITTEN)

    @property
    def progress(self) -> str:
        """The last line it has told of what it does, "" before there is one."""
        lines = self._read(_TOLD).splitlines()
        return lines[-1] if lines else ""

    def stop(self) -> None:
        """End it."""
        if self.running:
            self.stopped = True
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def close(self) -> None:
        """End it, and remove its folder."""
        self.stop()
        self._folder.cleanup()

    def _read(self, name: str) -> str:
        return (self.place / name).read_bytes().decode("utf-8", "replace").strip()
