r"""Rich Text Format (RTF) through striprtf.

The library knows RTF's groups and control words. What it lacks is put into its terms before it sees
a file: `rtf_unicode` turns every way of writing a character into the character, and headings and
table cells into signs that survive the stripping.
"""

import re
from pathlib import Path

from striprtf.striprtf import rtf_to_text

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers import rtf_unicode
from indexer.readers.base import DEFAULT_LIMITS, DocumentBuilder, Limits, one_line, read_bytes
from indexer.readers.faults import reading
from indexer.readers.titles import real_title

MEDIA_TYPE = "application/rtf"

CELL_SEPARATOR = " | "

_START = re.compile(r"(?:\xef\xbb\xbf)?\s*\{\\rtf")
_TITLE = re.compile(r"\{\\title\b ?")
_BRACE = re.compile(r"\\[\\{}]|[{}]")


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read an RTF document.

    :param path: the file.
    :param limits: how much it may cost.
    :return: its text by paragraphs, tables by rows, with a mark for each heading.
    :raises UnreadableFileError: if it is not RTF, is damaged, beyond a limit or without text.
    """
    source = read_bytes(path, limits).decode("latin-1")
    if not _START.match(source):
        raise UnreadableFileError("the file is not RTF")
    with reading("RTF document"):
        return _document(rtf_unicode.normalised(source), limits)


def _document(source: str, limits: Limits) -> Document:
    builder = DocumentBuilder(limits)
    styled_title: str | None = None
    first_heading: str | None = None
    for paragraph in _stripped(source).split("\n"):
        level, text = rtf_unicode.heading(paragraph)
        if rtf_unicode.CELL_MARK in text:
            cells = (one_line(cell) for cell in text.split(rtf_unicode.CELL_MARK))
            builder.paragraph(CELL_SEPARATOR.join(cell for cell in cells if cell))
        elif level > 0:
            builder.heading(text, level)
            first_heading = first_heading or text.strip()
        else:
            builder.paragraph(text)
            if level == rtf_unicode.TITLE_LEVEL:
                styled_title = styled_title or text.strip()
    title = real_title(_information_title(source))
    return builder.build(title or styled_title or first_heading, MEDIA_TYPE)


def _stripped(source: str) -> str:
    """Return the text of normalised RTF, one paragraph a line."""
    text = str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _information_title(source: str) -> str | None:
    """Return the title in the file's information; its last form is the Unicode one."""
    titles = list(_TITLE.finditer(source))
    if not titles:
        return None
    depth, start = 1, titles[-1].end()
    for brace in _BRACE.finditer(source, start):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return _stripped("{\\rtf1 " + source[start : brace.start()] + "}")
    return None
