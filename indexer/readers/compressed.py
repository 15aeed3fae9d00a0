"""Gzip around one of the text formats: unpacked in memory, within limits, and then read."""

import gzip
import zlib
from importlib import import_module
from pathlib import Path

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers.base import DEFAULT_LIMITS, Limits, check_expansion, megabytes

_PIECE = 1 << 20


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a compressed text file by the extension before `.gz`; see `registry.read`."""
    from indexer.readers.registry import format_of  # it imports this module when it needs it

    inner = format_of(path.with_suffix(""))
    if inner is None:
        raise UnreadableFileError("there is no reader for what the archive holds")
    data = _unpack(path, limits)
    if not data:
        raise UnreadableFileError("the file is empty")
    document: Document = import_module(f"indexer.readers.{inner.module}").parse(data, limits)
    return document


def _unpack(path: Path, limits: Limits) -> bytes:
    packed = path.stat().st_size
    data = bytearray()
    try:
        with gzip.open(path) as file:
            while piece := file.read(_PIECE):
                data += piece
                check_expansion(len(data), packed, limits)
                if len(data) > limits.max_text_file_bytes:
                    size = megabytes(limits.max_text_file_bytes)
                    raise UnreadableFileError(f"the archive expands to more than {size} of text")
    except EOFError as error:
        raise UnreadableFileError("the gzip archive is cut short") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFileError("the gzip archive is damaged") from error
    return bytes(data)
