"""Plain text: its paragraphs, and its pages where form feeds part them."""

import re
from pathlib import Path

from indexer.documents import Document
from indexer.readers.base import DEFAULT_LIMITS, DocumentBuilder, Limits, clean, read_bytes
from indexer.readers.encoding import decode

MEDIA_TYPE = "text/plain"

_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_FORM_FEED = "\f"


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a plain text file; see `registry.read`."""
    return parse(read_bytes(path, limits), limits)


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read plain text from bytes.

    :param data: the content of a file.
    :param limits: how much it may cost.
    :return: the text without a title; text with form feeds (as in RFCs) has pages.
    :raises UnreadableFileError: if it is not text or has none.
    """
    return from_text(decode(data), MEDIA_TYPE, limits)


def from_text(text: str, media_type: str, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Return text as a document, paragraph by paragraph, whatever markup it may have."""
    builder = DocumentBuilder(limits)
    fill_from_text(builder, text)
    return builder.build(None, media_type)


def fill_from_text(builder: DocumentBuilder, text: str) -> None:
    """Add the paragraphs of plain text, and pages where form feeds part them, to a document."""
    pages = text.split(_FORM_FEED)
    for number, page in enumerate(pages, start=1):
        if len(pages) > 1:
            builder.page(number)
        for paragraph in _BLANK_LINES.split(clean(page)):
            builder.paragraph(paragraph)
