"""The process in which PDFs are read, seen from both sides.

A PDF of 600 bytes can make PDFium take all memory or abort: drawings that contain themselves double
at every level. In a process of its own that costs the one file and not the whole run. The process
is started at the first PDF, serves one after another, and ends when it has been idle for a while.

A request is a line of JSON; the answer is an empty line when it has arrived and for every page
done, so that slow and stuck can be told apart, and then a line of JSON. JSON and not pickle,
because a process that has read a hostile file is not to be believed.
"""

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import indexer
from indexer.documents import Document, Mark
from indexer.errors import UnreadableFileError
from indexer.readers.base import Limits
from indexer.readers.faults import reading

# What a PDF of the greatest size allowed takes with room to spare; one that takes more does so
# because it was made to.
MEMORY_BYTES = 1_500_000_000
# The slowest pages met (maps of 100,000 lines) take a second on an old machine.
PAGE_SECONDS = 30.0
# The longest manual (5,000 pages) takes half a minute here and minutes on an old machine.
FILE_SECONDS = 900.0
_IDLE_SECONDS = 60.0
_PIECE = 1 << 16

Extract = Callable[[Path, Limits, Callable[[], None]], Document]


class PdfProcess:
    """The reading process, from the side of the program that needs the text.

    Not safe for two threads at a time.

    :param memory_bytes: the address space that the process may take.
    :param page_seconds: how long a page may take.
    :param file_seconds: how long a file may take.
    """

    def __init__(
        self,
        memory_bytes: int = MEMORY_BYTES,
        page_seconds: float = PAGE_SECONDS,
        file_seconds: float = FILE_SECONDS,
    ) -> None:
        self._memory_bytes = memory_bytes
        self._page_seconds = page_seconds
        self._file_seconds = file_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        atexit.register(self.stop)

    def read(self, path: Path, limits: Limits) -> Document:
        """Read a PDF; see `pdf.read`."""
        with path.open("rb"):
            pass  # what keeps the file from being opened is told to the caller as it is
        request = json.dumps({"path": os.fspath(path.absolute()), "limits": asdict(limits)})
        for _ in range(2):
            try:
                answer = self._answer(self._running(), request.encode() + b"\n")
            except BaseException:  # what still comes would be taken for the next file's answer
                self.stop()
                raise
            if answer:
                with reading("PDF"):
                    return _document(json.loads(answer))
            self.stop()
            if answer is not None:
                raise UnreadableFileError("the PDF is damaged: it makes the PDF library fail")
        raise UnreadableFileError("the process that reads PDFs could not be started")

    def stop(self) -> None:
        """End the process, if there is one; it has nothing to lose."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                _pipe(pipe).close()
        process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid():
            self._owner = os.getpid()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(self._memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": _python_path()},
                start_new_session=True,  # Ctrl-C is for the program, which then ends this
            )
        return self._process

    def _answer(self, process: subprocess.Popen[bytes], request: bytes) -> bytes | None:
        """Return the answer's line.

        :return: nothing if the process ended over the file; None if it had ended before, as it does
            after a while without work.
        :raises UnreadableFileError: if the file or one of its pages takes too long.
        """
        with contextlib.suppress(BrokenPipeError):
            _pipe(process.stdin).write(request)
            _pipe(process.stdin).flush()
        received, begun = bytearray(), False
        now = time.monotonic()
        page_end, file_end = now + self._page_seconds, now + self._file_seconds
        output = _pipe(process.stdout).fileno()
        while not received.endswith(b"\n"):
            wait = min(page_end, file_end) - time.monotonic()
            if wait <= 0 or not select.select([output], [], [], wait)[0]:
                raise UnreadableFileError("the PDF takes too long to read")
            piece = os.read(output, _PIECE)
            if not piece:
                return b"" if begun else None
            begun = True
            received += piece if received else piece.lstrip(b"\n")
            page_end = time.monotonic() + self._page_seconds
        return bytes(received)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # both are asked for when the process is started
    return pipe


def _python_path() -> str:
    """Return where the process finds this package: where it is, and never the working folder."""
    home = str(Path(indexer.__file__).resolve().parent.parent)
    return os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))


def _document(answer: dict[str, Any]) -> Document:
    if "unreadable" in answer:
        raise UnreadableFileError(str(answer["unreadable"]))
    marks = tuple(Mark(*mark) for mark in answer["marks"])
    return Document(answer["text"], answer["title"], answer["media_type"], marks)


def main() -> None:
    """Serve requests on standard input until it ends or nothing has come for a while."""
    _bound_memory(int(sys.argv[1]))
    from indexer.readers.pdf_text import extract  # here, so that only this process loads PDFium

    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints must not stand between the answers
    while select.select([sys.stdin], [], [], _IDLE_SECONDS)[0]:
        request = sys.stdin.buffer.readline()
        if not request:
            break
        _write(answers, b"\n")
        signal.alarm(int(FILE_SECONDS))  # ends a stuck process whose program is gone
        answer = _served(extract, json.loads(request), answers)
        signal.alarm(0)
        _write(answers, json.dumps(answer).encode() + b"\n")


def _served(extract: Extract, request: dict[str, Any], answers: IO[bytes]) -> dict[str, Any]:
    try:
        document = extract(
            Path(request["path"]), Limits(**request["limits"]), lambda: _write(answers, b"\n")
        )
    except UnreadableFileError as error:
        return {"unreadable": str(error)}
    except MemoryError:
        return {"unreadable": "the PDF takes more memory than a document should"}
    except OSError as error:
        return {"unreadable": f"the file cannot be opened: {error.strerror}"}
    marks = [(mark.start, mark.kind, mark.label, mark.level) for mark in document.marks]
    return {
        "text": document.text,
        "title": document.title,
        "media_type": document.media_type,
        "marks": marks,
    }


def _write(pipe: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) :]


def _bound_memory(limit: int) -> None:
    """Make taking more memory than this fail; where the system cannot, only time bounds a file."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
