"""Workbooks: sheets as pages, rows with their headers, values as the cells show them."""

import datetime
import zipfile

import openpyxl
import pytest

from indexer.errors import UnreadableFileError
from indexer.readers import xlsx as reader
from indexer.readers.base import Limits
from indexer.readers.xlsx_numbers import shown

DAY = datetime.datetime(2024, 3, 5)
MOMENT = datetime.datetime(2024, 3, 5, 14, 7, 9)


@pytest.fixture
def workbook():
    book = openpyxl.Workbook()
    book.active.title = "Sheet"
    return book


@pytest.fixture
def read(tmp_path, workbook):
    def save_and_read(limits=None):
        workbook.save(tmp_path / "a.xlsx")
        return reader.read(tmp_path / "a.xlsx", *([limits] if limits else []))

    return save_and_read


def test_sheets_are_pages_headed_by_their_names_in_four_scripts(workbook, read):
    names = ["Люди", "都市", "أسعار", "ราคา"]
    workbook.active.title = names[0]
    for name in names[1:]:
        workbook.create_sheet(name)
    for sheet in workbook:
        sheet.append([f"only {sheet.title}"])
    document = read()
    starts = [document.text.index(name) for name in names]
    assert [(m.label, m.start) for m in document.marks if m.kind == "page"] == [
        (str(number), start) for number, start in enumerate(starts, start=1)
    ]
    assert [(m.label, m.start) for m in document.marks if m.kind == "heading"] == list(
        zip(names, starts, strict=True)
    )


def test_a_row_is_written_with_the_headers_of_its_columns(workbook, read):
    for row in (["Имя", "Город"], ["Анна", "Омск"], ["田中", None], [None, None], ["x", "y", "z"]):
        workbook.active.append(row)
    expected = ["Sheet", "Имя: Анна\nГород: Омск", "Имя: 田中", "Имя: x\nГород: y\nz"]
    assert read().text.split("\n\n") == expected


def test_a_caption_above_the_headers_is_text_of_its_own(workbook, read):
    for row in (["Report of the year"], [], ["Year", 2023], ["Sales", 7]):
        workbook.active.append(row)
    assert read().text == "Sheet\n\nReport of the year\n\nYear: Sales\n2023: 7"


def test_a_table_of_numbers_has_no_headers(workbook, read):
    for row in ([1, 2], [3, 4]):
        workbook.active.append(row)
    assert read().text == "Sheet\n\n1 | 2\n\n3 | 4"


def test_headers_without_rows_are_read(workbook, read):
    workbook.active.append(["Name", "Town"])
    assert read().text == "Sheet\n\nName | Town"


def test_an_empty_sheet_counts_and_has_no_mark(workbook, read):
    workbook.create_sheet("Second").append(["text"])
    assert [m.label for m in read().marks] == ["2", "Second"]


def test_cells_are_read_as_they_are_shown(workbook, read):
    sheet = workbook.active
    sheet.append(["Day", "Price", "Share"])
    sheet.append([DAY, 1234.5, 0.185])
    for cell, number_format in zip(sheet[2], ["dd/mm/yyyy", '#,##0.00 "€"', "0.0%"], strict=True):
        cell.number_format = number_format
    assert read().text.endswith("Day: 05/03/2024\nPrice: 1,234.50 €\nShare: 18.5%")


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (3, "General", "3"),
        (3.0, "General", "3"),
        (0.1 + 0.2, "General", "0.3"),
        (1e21, "General", "1e+21"),
        (2.5, "0", "3"),
        (1234567, "#,##0", "1,234,567"),
        (1234567, '#,##0,"k"', "1,235k"),
        (5, "000", "005"),
        (0.5, "#.##", ".5"),
        (12.3, "0.##", "12.3"),
        (-7, "0.00", "-7.00"),
        (-7, "0.00;(0.00)", "(7.00)"),
        (-7, "0.00;[Red](0.00)", "(7.00)"),
        (1000000, "[$€-407]#,##0", "€1,000,000"),
        (12, '_("$"* #,##0.00_)', "$12.00"),
        (0.25, "0%", "25%"),
        (12345.678, "0.00E+00", "12345.678"),
        (0.5, "# ?/?", "0.5"),
        (5551234, "000-0000", "5551234"),
        (True, "General", "TRUE"),
        ("text", "@", "text"),
        (DAY, "General", "2024-03-05"),
        (DAY, "mm-dd-yy", "2024-03-05"),
        (DAY, "d.m.yyyy", "5.3.2024"),
        (DAY, "d mmm yy", "5 Mar 24"),
        (DAY, "dddd, mmmm d", "Tuesday, March 5"),
        (DAY, "[$-409]d mmmm yyyy", "5 March 2024"),
        (DAY, "[$-407]d. mmmm yyyy", "2024-03-05"),
        (DAY, 'yyyy"年"m"月"d"日"', "2024年3月5日"),
        (DAY, "ggge", "2024-03-05"),
        (MOMENT, "yyyy-mm-dd hh:mm", "2024-03-05 14:07"),
        (MOMENT, "h:mm AM/PM", "2:07 PM"),
        (MOMENT, "mm:ss", "07:09"),
        (MOMENT, "General", "2024-03-05 14:07"),
        (datetime.time(9, 5), "h:mm", "9:05"),
        (datetime.time(9, 5), "yyyy", "09:05"),
        (datetime.timedelta(hours=30, minutes=5), "[h]:mm:ss", "30:05:00"),
    ],
)
def test_a_value_is_shown_in_its_format(value, number_format, expected):
    assert shown(value, number_format) == expected


def test_the_title_is_the_one_in_the_properties(workbook, read):
    workbook.active.append(["text"])
    assert read().title is None
    workbook.properties.title = "Бюджет"
    assert read().title == "Бюджет"


def test_an_empty_workbook_is_refused_as_without_text(read):
    with pytest.raises(UnreadableFileError, match="contains no text"):
        read()


def test_more_sheets_than_the_limit_are_refused(workbook, read):
    for sheet in (workbook.active, workbook.create_sheet("B"), workbook.create_sheet("C")):
        sheet.append(["text"])
    with pytest.raises(UnreadableFileError, match="more than 2 pages"):
        read(Limits(max_pages=2))


@pytest.mark.parametrize("claim", ['<row r="9999999999">', '<row r="1048577">'])
def test_a_sheet_that_claims_endless_rows_is_refused_at_once(workbook, read, tmp_path, claim):
    workbook.active.append(["text"])
    read()
    _replace(tmp_path / "a.xlsx", "xl/worksheets/sheet1.xml", b'<row r="1">', claim.encode())
    with pytest.raises(UnreadableFileError):
        reader.read(tmp_path / "a.xlsx")


@pytest.mark.parametrize("claim", ["A1:A1", "A1:XFD1048576"])
def test_a_false_claim_of_size_changes_nothing(workbook, read, tmp_path, claim):
    for row in (["Name", "Town"], ["Ana", "Lima"]):
        workbook.active.append(row)
    read()
    sheet = "xl/worksheets/sheet1.xml"
    _replace(tmp_path / "a.xlsx", sheet, b'"A1:B2"', f'"{claim}"'.encode())
    assert reader.read(tmp_path / "a.xlsx").text == "Sheet\n\nName: Ana\nTown: Lima"


def _replace(path, member, old, new):
    """Replace bytes in one member of an archive."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert old in contents[member], contents[member]
    contents[member] = contents[member].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
