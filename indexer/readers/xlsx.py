"""Excel workbooks (XLSX) through openpyxl: a sheet is a page, with its name as heading.

A row alone says little ("Ana | 34"), so each is written with the headers of its columns.
"""

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, cast

import openpyxl

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers.base import DEFAULT_LIMITS, DocumentBuilder, Limits, one_line
from indexer.readers.faults import reading_archive
from indexer.readers.titles import real_title
from indexer.readers.xlsx_numbers import shown

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# Excel's own bounds; a file that claims more rows would keep the library yielding empty ones.
MAX_ROWS = 1_048_576
# A minute's reading; sheets with formats on whole columns have millions of empty cells.
MAX_CELLS = 20_000_000
_MAX_HEADER_CHARACTERS = 80
_YEARS = range(1800, 2200)

CELL_SEPARATOR = " | "

# What the library says of features it would lose on saving is of no use to someone who reads.
warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")


class _Cell(Protocol):
    """What is used of a cell, be it one with a value or the library's stand-in for none."""

    value: Any
    data_type: str
    number_format: Any


class _Sheet(Protocol):
    """What is used of a sheet that is opened for reading only."""

    def reset_dimensions(self) -> None: ...

    def iter_rows(self) -> Iterator[tuple[_Cell, ...]]: ...


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a workbook.

    :param path: the file.
    :param limits: how much it may cost; `max_pages` bounds the sheets.
    :return: its rows sheet by sheet, values as they are shown; formulas as their last result.
    :raises UnreadableFileError: if it is damaged, encrypted, beyond a limit or without text.
    """
    with reading_archive("Excel workbook", path, limits) as file:
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        try:
            builder = DocumentBuilder(limits)
            for number, name in enumerate(workbook.sheetnames, start=1):
                builder.page(number)
                sheet = workbook[name]
                if hasattr(sheet, "reset_dimensions"):  # a sheet of charts has no cells
                    _sheet(builder, name, _rows(cast(_Sheet, sheet)))
            return builder.build(real_title(workbook.properties.title), MEDIA_TYPE)
        finally:
            workbook.close()


def _sheet(builder: DocumentBuilder, name: str, rows: Iterable[list[str]]) -> None:
    """Add a sheet: the rows above its headers as they are, those below with the headers."""
    headers: list[str] | None = None  # empty once a table without headers has begun
    headers_are_alone = False
    for number, row in enumerate(rows):
        if number == 0:
            builder.heading(name, 1)
        if headers is None and len([cell for cell in row if cell]) > 1:
            headers = row if _are_headers(row) else []
            headers_are_alone = bool(headers)
            if headers:
                continue
        headers_are_alone = False
        builder.paragraph(_written(row, headers or []))
    if headers and headers_are_alone:
        builder.paragraph(_written(headers, []))


def _are_headers(row: list[str]) -> bool:
    """Whether a row names columns: short texts or years, all different."""
    cells = [cell for cell in row if cell]
    return len(set(cells)) == len(cells) and all(
        len(cell) <= _MAX_HEADER_CHARACTERS
        and (any(map(str.isalpha, cell)) or (cell.isdecimal() and int(cell) in _YEARS))
        for cell in cells
    )


def _written(row: list[str], headers: list[str]) -> str:
    if not any(headers):
        return CELL_SEPARATOR.join(cell for cell in row if cell)
    padded = headers + [""] * (len(row) - len(headers))
    named = (  # a line for each cell, as in CSV
        f"{header}: {cell}" if header else cell
        for header, cell in zip(padded, row, strict=False)
        if cell
    )
    return "\n".join(named)


def _rows(sheet: _Sheet) -> Iterator[list[str]]:
    """Yield the rows that have text, each cell as it is shown."""
    sheet.reset_dimensions()  # what the file says of its size may be wrong by millions of rows
    cells = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells += len(row)
        if number > MAX_ROWS or cells > MAX_CELLS:
            raise UnreadableFileError(f"the workbook has more than {MAX_CELLS:,} cells in a sheet")
        texts = [_text(cell) for cell in row]
        if any(texts):
            yield texts


def _text(cell: _Cell) -> str:
    if cell.value is None or cell.data_type == "e":
        return ""
    try:
        number_format = cell.number_format or "General"
    except (IndexError, KeyError):  # the cell names a style that the file lacks
        number_format = "General"
    return one_line(shown(cell.value, number_format))
