"""PDF: paragraphs from layout, pages, headings, titles, and files that must not be read."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

from indexer.errors import UnreadableFileError
from indexer.readers import pdf
from indexer.readers.base import DEFAULT_LIMITS, Limits
from indexer.readers.pdf_layout import Line, blocks_of, join_lines
from indexer.readers.pdf_process import PdfProcess

JAPANESE, CHINESE, KOREAN = "HeiseiMin-W3", "STSong-Light", "HYSMyeongJo-Medium"
LEFT, TOP, PITCH = 72, 780, 14


@pytest.fixture(scope="module", autouse=True)
def _fonts():
    for name in (JAPANESE, CHINESE, KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))


def write_pdf(path, pages, font="Helvetica", size=11, **options):
    """Write pages of lines; None leaves a gap, (size, text) sets another size."""
    sheet = canvas.Canvas(str(path), **options)
    for lines in pages:
        y = TOP
        for line in lines:
            this_size, text = line if isinstance(line, tuple) else (size, line)
            sheet.setFont(font, this_size)
            if text:
                sheet.drawString(LEFT, y, text)
            y -= PITCH * this_size / size
        sheet.showPage()
    sheet.save()
    return path


def marks(document, kind):
    return [(mark.label, mark.start) for mark in document.marks if mark.kind == kind]


def test_a_word_broken_by_a_line_end_is_whole_again(tmp_path):
    lines = ["The municipal govern-", "ment of the North-", "South line met."]
    text = pdf.read(write_pdf(tmp_path / "a.pdf", [lines])).text
    assert text == "The municipal government of the North-South line met."


def test_lines_make_one_paragraph_and_a_gap_makes_two(tmp_path):
    lines = [
        "The first paragraph goes",
        "on over two lines.",
        None,
        "The second is here",
        "and ends.",
    ]
    text = pdf.read(write_pdf(tmp_path / "a.pdf", [lines])).text
    assert text == "The first paragraph goes on over two lines.\n\nThe second is here and ends."


@pytest.mark.parametrize(
    ("font", "lines", "expected"),
    [
        (
            JAPANESE,
            ["これは日本語の文章で、行の途", "中で切れています。"],
            "これは日本語の文章で、行の途中で切れています。",
        ),
        (CHINESE, ["这是一个中文段落，它在行", "末断开。"], "这是一个中文段落，它在行末断开。"),
        (
            KOREAN,
            ["이것은 한국어 문단이며", "줄이 바뀝니다."],
            "이것은 한국어 문단이며 줄이 바뀝니다.",
        ),
        (
            JAPANESE,
            ["Городское прави-", "тельство решило", "так."],
            "Городское правительство решило так.",
        ),
        (JAPANESE, ["Η πόλη είναι", "μεγάλη."], "Η πόλη είναι μεγάλη."),
    ],
)
def test_lines_are_joined_as_their_script_is_written(tmp_path, font, lines, expected):
    assert pdf.read(write_pdf(tmp_path / "a.pdf", [lines], font)).text == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("ภาษาไทยไม่มีช่องว่างระหว่าง", "คำในประโยค", "ภาษาไทยไม่มีช่องว่างระหว่างคำในประโยค"),
        ("ພາສາ", "ລາວ", "ພາສາລາວ"),
        ("ភាសា", "ខ្មែរ", "ភាសាខ្មែរ"),
        ("မြန်မာ", "ဘာသာ", "မြန်မာဘာသာ"),
        ("བོད་", "སྐད", "བོད་སྐད"),
        ("Debian 参考", "manual", "Debian 参考 manual"),
        ("שלום", "עולם", "שלום עולם"),
        ("soft\u00ad", "Hyphen", "softHyphen"),
        ("1990-", "1995", "1990- 1995"),
        ("a dash -", "then", "a dash - then"),
        ("well-", "Known", "well-Known"),
        ("", "alone", "alone"),
    ],
)
def test_two_lines_are_joined(first, second, expected):
    assert join_lines(first, second) == expected


def test_the_dots_that_lead_to_a_page_number_are_one_sign(tmp_path):
    lines = [
        "1 Bread . . . . . . . . . . . . 12",
        "2 Beer ........................ 34 and so on...",
    ]
    text = pdf.read(write_pdf(tmp_path / "a.pdf", [lines])).text
    assert text.split("\n\n") == ["1 Bread … 12 2 Beer … 34 and so on..."]


def test_every_page_with_text_is_marked_where_it_begins(tmp_path):
    pages = [["Page one says this."], [], ["Page three says that."]]
    document = pdf.read(write_pdf(tmp_path / "a.pdf", pages))
    assert marks(document, "page") == [("1", 0), ("3", document.text.index("Page three"))]


def test_a_sentence_that_goes_on_over_the_page_is_one(tmp_path):
    pages = [["A sentence begins here and"], ["goes on over there. It ends.", None, "Next."]]
    document = pdf.read(write_pdf(tmp_path / "a.pdf", pages))
    assert document.text == "A sentence begins here and goes on over there. It ends.\n\nNext."
    assert marks(document, "page") == [("1", 0), ("2", document.text.index("Next."))]


def test_running_heads_stand_once_and_page_numbers_not_at_all(tmp_path):
    pages = [
        [f"My Handbook {n}", None, f"Text of part {name} stands here.", None, "More.", None, str(n)]
        for n, name in enumerate(("one", "two", "three", "four", "five"), start=1)
    ]
    text = pdf.read(write_pdf(tmp_path / "a.pdf", pages)).text
    assert text.count("My Handbook") == 1
    assert not any(block.isdigit() for block in text.split("\n\n"))
    assert text.count("Text of part") == 5


def test_headings_that_the_outline_names_are_marked_with_their_depth(tmp_path):
    path = tmp_path / "a.pdf"
    sheet = canvas.Canvas(str(path))
    for number, (title, level) in enumerate([("Cooking", 0), ("Bread at home", 1)]):
        sheet.bookmarkPage(f"p{number}")
        sheet.addOutlineEntry(title, f"p{number}", level)
        sheet.drawString(LEFT, TOP, f"{number + 1}.1 {title}")
        sheet.drawString(LEFT, TOP - PITCH, "Text below the heading.")
        sheet.showPage()
    sheet.save()
    document = pdf.read(path)
    headings = [mark for mark in document.marks if mark.kind == "heading"]
    assert [(mark.label, mark.level) for mark in headings] == [
        ("1.1 Cooking", 1),
        ("2.1 Bread at home", 2),
    ]
    assert all(document.text.startswith(mark.label, mark.start) for mark in headings)


def test_the_title_is_the_one_in_the_metadata(tmp_path):
    path = tmp_path / "a.pdf"
    sheet = canvas.Canvas(str(path))
    sheet.setTitle("日本語の題")
    sheet.drawString(LEFT, TOP, "Text.")
    sheet.save()
    assert pdf.read(path).title == "日本語の題"


@pytest.mark.parametrize("placeholder", ["untitled", "Microsoft Word - report.doc", "x.indd", ""])
def test_without_a_real_title_the_largest_text_of_the_first_page_is_it(tmp_path, placeholder):
    path = tmp_path / "a.pdf"
    sheet = canvas.Canvas(str(path))
    sheet.setTitle(placeholder)
    sheet.setFont("Helvetica", 20)
    sheet.drawString(LEFT, TOP, "How to mend a tyre")
    sheet.setFont("Helvetica", 11)
    for row in range(4):
        sheet.drawString(LEFT, TOP - 40 - row * PITCH, "Ordinary text of an ordinary size.")
    sheet.save()
    assert pdf.read(path).title == "How to mend a tyre"


def test_a_document_in_one_size_of_letter_has_no_title(tmp_path):
    assert pdf.read(write_pdf(tmp_path / "a.pdf", [["Just some text."]])).title is None


def test_a_heading_over_two_lines_is_one_paragraph(tmp_path):
    lines = [(20, "A heading that needs"), (20, "two lines"), "Text one", "text two", "text three."]
    text = pdf.read(write_pdf(tmp_path / "a.pdf", [lines])).text
    assert text == "A heading that needs two lines\n\nText one text two text three."


def test_two_columns_are_read_one_after_the_other():
    left = [Line(f"left {row}", 50, 200, 100 + row * 12, 10) for row in range(3)]
    right = [Line(f"right {row}", 300, 450, 100 + row * 12, 10) for row in range(3)]
    blocks = [block.text for block in blocks_of([*left, *right])]
    assert blocks == ["left 0 left 1 left 2", "right 0 right 1 right 2"]


def test_columns_of_vertical_writing_are_lines_of_one_paragraph():
    lines = [Line("縦書きの", 0, 300, -500 + c * 18, 10, vertical=True) for c in range(3)]
    assert [block.text for block in blocks_of(lines)] == ["縦書きの縦書きの縦書きの"]


@pytest.mark.parametrize("bullet", ["•", "1.", "(a)", "–"])
def test_items_of_a_list_are_paragraphs(bullet):
    lines = [Line(f"{bullet} item", 50, 120, 100 + row * 12, 10) for row in range(3)]
    assert len(blocks_of(lines)) == 3


def test_a_scanned_document_is_refused_with_what_it_needs(tmp_path):
    Image.new("RGB", (40, 40), "grey").save(tmp_path / "scan.png")
    sheet = canvas.Canvas(str(tmp_path / "a.pdf"))
    sheet.drawImage(str(tmp_path / "scan.png"), 0, 0)
    sheet.save()
    with pytest.raises(UnreadableFileError, match=r"no text layer.*OCR"):
        pdf.read(tmp_path / "a.pdf")


def test_a_blank_document_is_refused_as_without_text(tmp_path):
    with pytest.raises(UnreadableFileError, match="contains no text"):
        pdf.read(write_pdf(tmp_path / "a.pdf", [[]]))


def test_a_document_under_a_password_is_refused_as_such(tmp_path):
    lock = StandardEncryption("secret", "owner", strength=128)
    with pytest.raises(UnreadableFileError, match="password"):
        pdf.read(write_pdf(tmp_path / "a.pdf", [["Secret."]], encrypt=lock))


def test_a_document_that_only_restricts_printing_is_read(tmp_path):
    lock = StandardEncryption("", "owner", canPrint=0, strength=128)
    assert pdf.read(write_pdf(tmp_path / "a.pdf", [["Open."]], encrypt=lock)).text == "Open."


def test_a_damaged_document_is_refused_as_damaged(tmp_path):
    path = write_pdf(tmp_path / "a.pdf", [["Some text."]])
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(UnreadableFileError, match="damaged"):
        pdf.read(path)


def test_more_pages_than_the_limit_are_refused_with_both_numbers(tmp_path):
    path = write_pdf(tmp_path / "a.pdf", [["Text."]] * 4)
    with pytest.raises(UnreadableFileError, match=r"4 pages.*limit of 3"):
        pdf.read(path, Limits(max_pages=3))


def test_more_text_than_the_limit_is_refused(tmp_path):
    path = write_pdf(tmp_path / "a.pdf", [["Text of some length."]] * 4)
    with pytest.raises(UnreadableFileError, match="longer than 50 characters"):
        pdf.read(path, Limits(max_text_characters=50))


def test_a_file_that_may_not_be_opened_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        pdf.read(tmp_path / "gone.pdf")


def test_a_name_that_is_not_utf_8_is_no_obstacle(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.pdf"))
    try:
        write_pdf(tmp_path / "a.pdf", [["Named in Latin-1."]]).rename(path)
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    assert pdf.read(path).text == "Named in Latin-1."


def drawing_that_contains_itself_twice():
    """Return a PDF of 600 bytes whose page doubles at every level of nesting."""
    form = b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]%s/Length 11>>stream\n/X Do /X Do\nendstream"
    resources = b"/Resources<</XObject<</X 5 0 R>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R" + resources + b">>",
        b"<</Length 5>>stream\n/X Do\nendstream",
        form % resources,
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % pair for pair in enumerate(objects, start=1))
    return b"%PDF-1.7\n" + body + b"trailer<</Size 6/Root 1 0 R>>\n%%EOF"


@pytest.fixture
def small_process():
    process = PdfProcess(memory_bytes=400_000_000, page_seconds=10)
    yield process
    process.stop()


def test_a_file_that_breaks_the_pdf_library_costs_itself_alone(tmp_path, small_process):
    hostile, good = tmp_path / "hostile.pdf", write_pdf(tmp_path / "good.pdf", [["Still here."]])
    hostile.write_bytes(drawing_that_contains_itself_twice())
    assert small_process.read(good, DEFAULT_LIMITS).text == "Still here."
    # where the system bounds no memory, time ends it
    reason = "library fail" if sys.platform == "linux" else "library fail|too long"
    with pytest.raises(UnreadableFileError, match=reason):
        small_process.read(hostile, DEFAULT_LIMITS)
    assert small_process.read(good, DEFAULT_LIMITS).text == "Still here."


def test_a_file_that_takes_too_long_is_given_up(tmp_path):
    process = PdfProcess(page_seconds=0.001)
    with pytest.raises(UnreadableFileError, match="too long"):
        process.read(write_pdf(tmp_path / "a.pdf", [["Text."]]), DEFAULT_LIMITS)


def test_the_reading_process_that_ended_is_started_again(tmp_path, small_process):
    path = write_pdf(tmp_path / "a.pdf", [["Text."]])
    small_process.read(path, DEFAULT_LIMITS)
    small_process._process.kill()
    assert small_process.read(path, DEFAULT_LIMITS).text == "Text."
    small_process.stop()
    assert small_process.read(path, DEFAULT_LIMITS).text == "Text."


def test_a_process_that_cannot_start_is_said_so(tmp_path):
    process = PdfProcess(memory_bytes=1_000_000)
    with pytest.raises(UnreadableFileError, match="could not be started"):
        process.read(write_pdf(tmp_path / "a.pdf", [["Text."]]), DEFAULT_LIMITS)


def test_threads_get_each_their_own_text(tmp_path):
    paths = [write_pdf(tmp_path / f"{n}.pdf", [[f"Text number {n}."]]) for n in range(12)]
    with ThreadPoolExecutor(4) as pool:
        texts = [document.text for document in pool.map(pdf.read, paths)]
    assert texts == [f"Text number {n}." for n in range(12)]
