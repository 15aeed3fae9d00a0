"""CSV and TSV: a row a paragraph, each cell under its column's name.

A row alone says "4.2; yes; Oslo"; with the names repeated it can answer a question.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Literal

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers.base import DEFAULT_LIMITS, DocumentBuilder, Limits, read_bytes
from indexer.readers.encoding import decode

MEDIA_TYPE = "text/csv"
_TAB_MEDIA_TYPE = "text/tab-separated-values"

# In the order in which they are preferred where they divide the rows equally well.
_DELIMITERS = ("\t", ";", ",", "|")
_SAMPLE_ROWS = 50
_SAMPLE_CHARACTERS = 65_536

# The csv module's own bound on a field; a longer one is nearly always a quote never closed, which
# swallows every row after it, so such a file is read again with quotes as ordinary characters.
_QUOTED_FIELD_CHARACTERS = 131_072

# Excel writes this line to say which delimiter it used.
_EXCEL_HINT = re.compile(r"\Asep=(.)\r?\n", re.IGNORECASE)
_Quoting = Literal[0, 3]  # csv.QUOTE_MINIMAL, csv.QUOTE_NONE

_NUMBER = re.compile(r"[\s\d.,:;%/+()€$£¥-]*\Z")


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a CSV or TSV file; see `registry.read`."""
    return parse(read_bytes(path, limits), limits)


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read delimited text from bytes.

    :param data: the content of a file.
    :param limits: how much it may cost.
    :return: a paragraph of "name: value" lines for each row, or of values alone where the first
        row does not look like names.
    :raises UnreadableFileError: if it is not text or has none.
    """
    text = decode(data).replace("\0", " ")
    hint = _EXCEL_HINT.match(text)
    if hint:
        text = text[hint.end() :]
    delimiter = hint.group(1) if hint else _sniff(text)
    try:
        return _document(text, delimiter, csv.QUOTE_MINIMAL, limits)
    except csv.Error:
        return _document(text, delimiter, csv.QUOTE_NONE, limits)


def _document(text: str, delimiter: str, quoting: _Quoting, limits: Limits) -> Document:
    bound = _QUOTED_FIELD_CHARACTERS if quoting == csv.QUOTE_MINIMAL else limits.max_text_characters
    csv.field_size_limit(bound)
    builder = DocumentBuilder(limits)
    rows = _rows(text, delimiter, quoting)
    first = list(islice(rows, 2))
    if not first:
        raise UnreadableFileError("the file contains no text")
    names = first[0] if _is_header(first) else None
    if names is None:
        builder.paragraph(_line(first[0]))
    for row in chain(first[1:], rows):
        builder.paragraph(_line(row) if names is None else _record(names, row))
    media_type = _TAB_MEDIA_TYPE if delimiter == "\t" else MEDIA_TYPE
    return builder.build(None, media_type)


def _rows(text: str, delimiter: str, quoting: _Quoting) -> Iterator[list[str]]:
    """Yield the rows that have any text, their cells stripped."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting, strict=False
    )
    for row in reader:
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield cells


def _sniff(text: str) -> str:
    """Return the delimiter that divides most of the first rows into the same number of cells."""
    csv.field_size_limit(_QUOTED_FIELD_CHARACTERS)
    sample = text[:_SAMPLE_CHARACTERS]
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            rows = list(islice(_rows(sample, delimiter, csv.QUOTE_MINIMAL), _SAMPLE_ROWS))
        except csv.Error:
            continue
        widths = Counter(map(len, rows))
        widths.pop(1, None)
        if widths:
            score = widths.most_common(1)[0][1] / len(rows)
            if score > best_score:
                best, best_score = delimiter, score
    return best


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row looks like names: all different, none a number, and data follows."""
    names = [name for name in rows[0] if name]
    return (
        len(rows) > 1
        and len(rows[0]) > 1
        and len(names) >= len(rows[0]) - 1
        and len(set(names)) == len(names)
        and not any(map(_NUMBER.match, names))
    )


def _record(names: list[str], row: list[str]) -> str:
    padded = names + [""] * (len(row) - len(names))
    pairs = zip(padded, row, strict=False)
    return "\n".join(f"{name}: {cell}" if name else cell for name, cell in pairs if cell)


def _line(row: list[str]) -> str:
    return ", ".join(filter(None, row))
