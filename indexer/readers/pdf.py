"""PDF, read in a process of its own; the text comes from `pdf_text.py`."""

import threading
from pathlib import Path

from indexer.documents import Document
from indexer.readers.base import DEFAULT_LIMITS, Limits
from indexer.readers.pdf_process import PdfProcess

# PDFium is not safe to call from two threads, and one process is enough for a reader that shares
# its machine with an encoder.
_LOCK = threading.Lock()
_PROCESS = PdfProcess()


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a PDF.

    :param path: the file.
    :param limits: `max_file_bytes`, `max_pages` and `max_text_characters` apply.
    :return: its text, with a mark for every page and for every heading its outline names.
    :raises UnreadableFileError: if it is damaged, protected by a password, without a text layer or
        beyond a limit, or takes more memory or time than a document should.
    """
    with _LOCK:
        return _PROCESS.read(path, limits)
