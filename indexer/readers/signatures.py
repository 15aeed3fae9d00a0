"""Telling formats by their content, for files whose name says something else.

Every check looks at the first bytes alone, except that the zip-based formats are told apart by the
names of the archive's members.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path

# A PDF may have junk before its header; readers look for it in the first kilobyte.
HEAD_BYTES = 1024

Signature = Callable[[bytes, Path], bool]

_HTML_STARTS = (b"<!doctype html", b"<html")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PDF = b"%PDF-"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")


def is_pdf(head: bytes, path: Path) -> bool:
    """Whether the content is a PDF; before the header, junk is allowed in a file named so."""
    if path.suffix.lower() == ".pdf":
        return _PDF in head
    return head.lstrip().startswith(_PDF)


def is_rtf(head: bytes, path: Path) -> bool:
    r"""Whether the content is RTF; some writers put whitespace before the opening brace."""
    return head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"{\\rtf")


def is_html(head: bytes, path: Path) -> bool:
    """Whether the content says that it is HTML."""
    start = head.removeprefix(_BYTE_ORDER_MARK).lstrip().lower()
    if start.startswith(b"<?xml"):
        start = start.partition(b"?>")[2].lstrip()
    return start.startswith(_HTML_STARTS)


def is_gzip(head: bytes, path: Path) -> bool:
    """Whether the content is compressed by gzip."""
    return head.startswith(b"\x1f\x8b\x08")


def is_zip(head: bytes) -> bool:
    """Whether the content is a zip archive."""
    return head.startswith(_ZIP_STARTS)


def is_ole(head: bytes) -> bool:
    """Whether the content is an OLE container.

    Office's binary formats before 2007 are, and so is a newer document under a password.
    """
    return head.startswith(_OLE)


def zip_with(*markers: str) -> Signature:
    """Return a check that a zip archive has a member whose name begins with one of `markers`.

    An archive too damaged to be listed passes none of them.
    """

    def has_member(head: bytes, path: Path) -> bool:
        if not is_zip(head):
            return False
        try:
            with zipfile.ZipFile(path) as archive:
                return any(name.startswith(markers) for name in archive.namelist())
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError):
            return False

    return has_member
