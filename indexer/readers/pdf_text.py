"""PDF through PDFium: text by pages, a heading where the document's outline names one.

Only the process in `pdf_process.py` runs this, because a hostile file can make PDFium take all
memory or abort. It reads from memory, so that a file that changes meanwhile cannot pull the ground
from under it.
"""

import logging
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from ctypes import c_double
from pathlib import Path
from statistics import median

import pypdfium2
from pypdfium2 import raw

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers.base import DocumentBuilder, Limits, megabytes
from indexer.readers.faults import reading
from indexer.readers.pdf_layout import Block, Line, blocks_of, heading_key
from indexer.readers.pdf_pages import joined_over_pages, without_running_lines
from indexer.readers.titles import real_title

MEDIA_TYPE = "application/pdf"

# A page of a newspaper has 30,000 characters; a page with more than this is a data dump or an
# attack, and PDFium's own work on a page grows faster than its length.
MAX_PAGE_CHARACTERS = 500_000
# An outline entry is matched against every line, so a hostile outline must not be endless.
_MAX_OUTLINE_ENTRIES = 5_000
_MAX_OUTLINE_DEPTH = 8
# The first page's largest text is taken for the title when it is this much larger than the page's
# usual text and no longer than a title is.
_TITLE_SIZE = 1.3
_MAX_TITLE_CHARACTERS = 200
# Pages looked at to tell a scanned document from a blank one.
_PAGES_TO_JUDGE = 20

# The dots that lead from an entry of a table of contents to its page number.
_LEADERS = re.compile(r"(?:\s?[.·…]){5,}\s?")
_HYPHEN_MARKS = (0x02, 0xFFFE)  # PDFium's sign for a hyphen at a line end that it removed
_LINE_ENDS = (0x0A, 0x0D)

# A circular outline costs nothing, and a person who indexes a folder need not hear of it.
logging.getLogger("pypdfium2").setLevel(logging.ERROR)


def extract(path: Path, limits: Limits, page_done: Callable[[], None] = lambda: None) -> Document:
    """Read a PDF in this process.

    :param path: the file.
    :param limits: `max_file_bytes`, `max_pages` and `max_text_characters` apply.
    :param page_done: called after each page.
    :return: its text, with a mark for every page and for every heading its outline names.
    :raises UnreadableFileError: if it is damaged, protected by a password, without a text layer or
        beyond a limit.
    """
    with path.open("rb") as file:
        content = file.read(limits.max_file_bytes + 1)
    if len(content) > limits.max_file_bytes:
        raise UnreadableFileError(f"the file is larger than {megabytes(limits.max_file_bytes)}")
    with reading("PDF"), _open(content) as pdf:
        return _document(pdf, limits, page_done)


def _open(content: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            reason = "the PDF is protected by a password"
        elif error.err_code == raw.FPDF_ERR_SECURITY:
            reason = "the PDF is encrypted in a way that cannot be read"
        else:
            reason = "the PDF is damaged or is not a PDF"
        raise UnreadableFileError(reason) from error


def _document(
    pdf: pypdfium2.PdfDocument, limits: Limits, page_done: Callable[[], None]
) -> Document:
    count = len(pdf)
    if count == 0:
        raise UnreadableFileError("the PDF is damaged: it has no pages")
    if count > limits.max_pages:
        raise UnreadableFileError(
            f"the PDF has {count:,} pages, more than the limit of {limits.max_pages:,}"
        )
    lines, damaged = _lines_of_pages(pdf, limits, page_done)
    outline = _outline(pdf)
    pages = joined_over_pages(
        [
            blocks_of(page, _heading_level(outline.get(index, {})))
            for index, page in enumerate(without_running_lines(lines))
        ]
    )
    builder = DocumentBuilder(limits)
    for number, blocks in enumerate(pages, start=1):
        builder.page(number)
        for block in blocks:
            if block.level:
                builder.heading(block.text, block.level)
            else:
                builder.paragraph(block.text)
    if builder.is_empty:
        _refuse_without_text(pdf, damaged)
    title = real_title(_decoded(lambda: pdf.get_metadata_value("Title")))
    return builder.build(title or _largest_text(next(filter(None, pages), [])), MEDIA_TYPE)


def _lines_of_pages(
    pdf: pypdfium2.PdfDocument, limits: Limits, page_done: Callable[[], None]
) -> tuple[list[list[Line]], int]:
    """Return every page's lines, and how many pages were too damaged to have any."""
    pages: list[list[Line]] = []
    damaged = characters = 0
    for index in range(len(pdf)):
        try:
            pages.append(_page_lines(pdf, index))
        except pypdfium2.PdfiumError:
            pages.append([])
            damaged += 1
        page_done()
        characters += sum(len(line.text) for line in pages[-1])
        if characters > limits.max_text_characters:
            raise UnreadableFileError(
                f"the text is longer than {limits.max_text_characters:,} characters"
            )
    return pages, damaged


def _page_lines(pdf: pypdfium2.PdfDocument, index: int) -> list[Line]:
    page = pdf[index]
    try:
        textpage = page.get_textpage()
        try:
            return list(_lines(textpage))
        finally:
            textpage.close()
    finally:
        page.close()


def _lines(textpage: pypdfium2.PdfTextPage) -> Iterator[Line]:
    """Yield a page's lines as PDFium orders them, each with its place."""
    count = textpage.count_chars()
    if count > MAX_PAGE_CHARACTERS:
        raise UnreadableFileError(
            f"a page of the PDF has more than {MAX_PAGE_CHARACTERS:,} characters"
        )
    handle = textpage.raw
    codes = [raw.FPDFText_GetUnicode(handle, index) for index in range(count)]
    first = 0
    for index, code in enumerate(codes):
        if code in _LINE_ENDS or code in _HYPHEN_MARKS:
            yield from _line(textpage, codes, first, index + (code in _HYPHEN_MARKS))
            first = index + 1
    yield from _line(textpage, codes, first, count)


def _line(
    textpage: pypdfium2.PdfTextPage, codes: Sequence[int], first: int, beyond: int
) -> Iterator[Line]:
    """Yield the line between two character indices, unless it is blank."""
    letters = ("-" if code in _HYPHEN_MARKS else chr(code) for code in codes[first:beyond] if code)
    text = _LEADERS.sub(" … ", "".join(letters))
    if not text.strip():
        return
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    while first < beyond - 1 and chr(codes[first]).isspace():
        first += 1
    last = beyond - 1
    while last > first and chr(codes[last]).isspace():
        last -= 1
    yield _placed(text, _origin(textpage, first), _origin(textpage, last), _size(textpage, first))


def _placed(text: str, start: tuple[float, float], end: tuple[float, float], size: float) -> Line:
    """Return the line in the direction of its own reading: left, right or down."""
    run, drop = end[0] - start[0], start[1] - end[1]
    if abs(drop) > 2 * abs(run) and abs(drop) > size:
        return Line(text, -start[1], -end[1], -start[0], size, vertical=True)
    sign = -1 if run < 0 else 1  # right-to-left lines begin at the greater x
    return Line(text, sign * start[0], sign * end[0], -start[1], size)


def _origin(textpage: pypdfium2.PdfTextPage, index: int) -> tuple[float, float]:
    x, y = c_double(), c_double()
    raw.FPDFText_GetCharOrigin(textpage.raw, index, x, y)
    return x.value, y.value


def _size(textpage: pypdfium2.PdfTextPage, index: int) -> float:
    """Return the letter size as shown, which is the font's size scaled by the text's matrix."""
    size = float(raw.FPDFText_GetFontSize(textpage.raw, index))
    matrix = raw.FS_MATRIX()
    if raw.FPDFText_GetMatrix(textpage.raw, index, matrix):
        size *= math.hypot(matrix.c, matrix.d) or 1.0
    return size if math.isfinite(size) and size > 0 else 1.0


def _outline(pdf: pypdfium2.PdfDocument) -> dict[int, dict[str, int]]:
    """Return, by page index, the outline's headings on that page with their depths."""
    pages: dict[int, dict[str, int]] = {}
    for number, bookmark in enumerate(pdf.get_toc(max_depth=_MAX_OUTLINE_DEPTH)):
        if number >= _MAX_OUTLINE_ENTRIES:
            break
        destination = bookmark.get_dest()
        page = destination.get_index() if destination else None
        key = heading_key(_decoded(bookmark.get_title))
        if page is not None and key:
            pages.setdefault(page, {}).setdefault(key, bookmark.level + 1)
    return pages


def _heading_level(levels: dict[str, int]) -> Callable[[str], int]:
    return lambda text: levels.get(heading_key(text), 0) if levels else 0


def _decoded(get: Callable[[], str]) -> str:
    """Return a string that the PDF stores, or nothing where it is not the UTF-16 it should be."""
    try:
        return get()
    except UnicodeDecodeError:
        return ""


def _largest_text(blocks: Sequence[Block]) -> str | None:
    """Return the text in the page's largest letters if it stands out as a title does."""
    sizes = Counter[float]()
    for block in blocks:
        sizes[block.size] += len(block.text)
    if not sizes:
        return None
    largest = max(blocks, key=lambda block: block.size)
    usual = median(sizes.elements())
    if largest.size < usual * _TITLE_SIZE or len(largest.text) > _MAX_TITLE_CHARACTERS:
        return None
    return real_title(largest.text)


def _refuse_without_text(pdf: pypdfium2.PdfDocument, damaged: int) -> None:
    """Say why no page gave any text.

    :raises UnreadableFileError: unless the pages are simply blank.
    """
    if damaged:
        raise UnreadableFileError("the PDF is damaged: no page could be read")
    for index in range(min(len(pdf), _PAGES_TO_JUDGE)):
        page = pdf[index]
        try:
            blank = raw.FPDFPage_CountObjects(page) <= 0
        finally:
            page.close()
        if not blank:
            raise UnreadableFileError(
                "the PDF has no text layer: it is probably scanned and needs OCR first"
            )
