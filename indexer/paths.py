"""Paths as the index keeps them: bytes, because a file name need not be UTF-8.

Everything between the file system and a person passes through here; nothing here touches a file
except to resolve links.
"""

import os
import re
from pathlib import Path

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

AnyPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]


def to_bytes(path: AnyPath) -> bytes:
    """Return the absolute path with every symbolic link resolved, as the file system spells it."""
    return os.path.realpath(os.path.expanduser(os.fsencode(path)))  # noqa: PTH111 (bytes)


def to_path(path: bytes) -> Path:
    """Return the path to open: a `Path` whose undecodable bytes are lone surrogates."""
    return Path(os.fsdecode(path))


def display(path: AnyPath) -> str:
    """Return a path fit to print, log or put into JSON.

    Bytes that are no text become "?", and so do control characters, with which a file's name could
    write to the terminal it is printed on.
    """
    text = os.fsdecode(path).encode("utf-8", "replace").decode("utf-8")
    return text if text.isprintable() else _CONTROLS.sub("?", text)


def prefix(folder: bytes) -> bytes:
    """Return the folder with exactly one separator at its end."""
    return folder if folder.endswith(b"/") else folder + b"/"


def is_within(path: bytes, folder: bytes) -> bool:
    """Whether `path` is `folder` or lies below it, by name alone."""
    return path == folder or path.startswith(prefix(folder))


def below(folder: bytes) -> tuple[bytes, bytes]:
    """Return the half-open range of paths that lie below a folder, for `path >= ? AND path < ?`."""
    return prefix(folder), prefix(folder)[:-1] + b"0"  # "0" is the byte after "/"
