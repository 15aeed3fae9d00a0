"""How documents are divided, as a reader would see it."""

import time
from itertools import pairwise
from pathlib import Path

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.documents import Document, Mark, Passage
from indexer.passages import MAXIMUM, MINIMUM, embedded_text, split
from indexer.sentences import sentences
from indexer.sizes import Sizes

# Ordinary sentences, written without marks or spaces where the script allows it.
UNBROKEN = {
    "Chinese": "今天早上我们一起去市场买了很多新鲜的蔬菜和水果然后回家做了一顿丰盛的午饭",
    "Japanese": "昨日の夜は雨が降っていたので私たちは家で温かいスープを飲みながら映画を見ました",
    "Thai": "เมื่อเช้านี้พวกเราไปตลาดด้วยกันเพื่อซื้อผักและผลไม้สดจำนวนมากแล้วกลับบ้านไปทำอาหารกลางวัน",
    "Lao": "ເຊົ້ານີ້ພວກເຮົາໄປຕະຫຼາດນຳກັນເພື່ອຊື້ຜັກແລະໝາກໄມ້ສົດຫຼາຍຢ່າງແລ້ວກັບບ້ານໄປເຮັດອາຫານທ່ຽງ",
    "Khmer": "ព្រឹកនេះយើងបានទៅផ្សារជាមួយគ្នាដើម្បីទិញបន្លែនិងផ្លែឈើស្រស់ជាច្រើនហើយត្រឡប់មកផ្ទះវិញធ្វើអាហារថ្ងៃត្រង់",
    "Burmese": "ဒီနေ့မနက်ကျွန်တော်တို့ဈေးကိုအတူတူသွားပြီးလတ်ဆတ်တဲ့ဟင်းသီးဟင်းရွက်တွေအများကြီးဝယ်ခဲ့ကြတယ်",
    "Tibetan": "དེ་རིང་ཞོགས་པར་ང་ཚོ་མཉམ་དུ་ཁྲོམ་ལ་ཕྱིན་ནས་ཚལ་དང་ཤིང་ཏོག་སོ་མ་མང་པོ་ཉོས་ནས་ཁྱིམ་ལ་ལོག་པ་ཡིན་",
}
RANGES = {"Chinese": (100, 300), "Japanese": (100, 300)}
UNSPACED_RANGE = (200, 600)

CLUSTER = regex.compile(r"\X")


def plain(text: str, *marks: Mark, title: str | None = None) -> Document:
    return Document(text, title, "text/plain", marks)


def prose(sentence_count: int, subject: str = "The river") -> str:
    return " ".join(
        f"{subject} carried {number} boats past the old mill before the evening bells."
        for number in range(sentence_count)
    )


def check_nothing_is_lost(document: Document, passages: list[Passage]) -> None:
    text = document.text
    position = 0
    for ordinal, passage in enumerate(passages):
        assert passage.ordinal == ordinal
        assert passage.text == text[passage.start : passage.end]
        assert passage.text.strip()
        assert not text[position : passage.start].strip(), "lost or overlapping text"
        assert passage.start >= position
        position = passage.end
    assert not text[position:].strip()


def check_no_cluster_is_torn(document: Document, passages: list[Passage]) -> None:
    ends = {0} | {match.end() for match in CLUSTER.finditer(document.text)}
    for passage in passages:
        assert passage.start in ends, f"{passage.text[:10]!r} begins inside a character"
        assert passage.end in ends, f"{passage.text[-10:]!r} ends inside a character"


def check_sizes(document: Document, passages: list[Passage]) -> None:
    sizes = Sizes(document.text)
    for passage in passages:
        assert sizes.between(passage.start, passage.end) <= MAXIMUM


@pytest.mark.parametrize("script", UNBROKEN)
def test_ten_kilobytes_without_a_break_become_passages_of_the_right_size(script):
    sentence = UNBROKEN[script]
    text = sentence * (10_000 // len(sentence.encode()) + 1)
    document = plain(text)
    passages = split(document)
    check_nothing_is_lost(document, passages)
    check_no_cluster_is_torn(document, passages)
    low, high = RANGES.get(script, UNSPACED_RANGE)
    assert all(low <= len(passage.text) <= high for passage in passages)


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        ("Thai", r"\A[เแโใไ]|ๆ\Z"),
        ("Lao", r"\A[ເແໂໃໄ]|ໆ\Z"),
        ("Khmer", r"\A[\u1780-\u17b3][\u17b6-\u17c5\u17d2]"),
        ("Burmese", r"\A[\u1000-\u102a](?![\u103a\u1039])"),
        ("Tibetan", r"་\Z"),
        ("Japanese", r"[ぁ-ん]\Z"),
    ],
)
def test_unbroken_text_is_cut_where_a_syllable_shows(script, wanted):
    passages = split(plain(UNBROKEN[script] * 40))
    assert len(passages) > 4
    for left, right in pairwise(passages):
        assert regex.search(wanted, right.text) or regex.search(wanted, left.text), (
            left.text[-5:],
            right.text[:5],
        )


def test_japanese_never_begins_with_a_small_kana_or_a_closing_bracket():
    passages = split(plain("「ちょっとまって」って" * 400))
    assert len(passages) > 10
    assert not any(passage.text[0] in "ょっ」" for passage in passages)
    assert not any(passage.text[-1] == "「" for passage in passages)


def test_chinese_is_cut_after_a_full_stop_before_a_comma():
    clause = "我们走了很远的路，看见了山上的雪，"
    text = (clause * 3 + "最后回到了家里。") * 20
    assert all(passage.text.endswith("。") for passage in split(plain(text)))
    text = clause * 60
    assert all(passage.text.endswith("，") for passage in split(plain(text)))


def test_a_thai_space_ends_a_phrase():
    clause = UNBROKEN["Thai"]
    passages = split(plain(" ".join([clause] * 60)))
    assert len(passages) > 5
    assert all(passage.text.startswith(clause) for passage in passages)
    assert all(passage.text.endswith(clause) for passage in passages)


def test_a_short_document_is_one_passage_whatever_its_headings():
    text = "Tea\n\nGreen\n\nSteep two minutes.\n\nBlack\n\nSteep four minutes."
    marks = [Mark(text.index(name), "heading", name, 2) for name in ("Tea", "Green", "Black")]
    (passage,) = split(plain(text, *marks))
    assert passage.text == text


def test_a_text_of_whitespace_has_no_passages():
    assert split(plain("")) == []
    assert split(plain(" \n\n\t \u3000\r\n")) == []


def test_paragraphs_stay_whole_when_they_fit():
    paragraphs = [
        prose(6, subject) for subject in ("The river", "A canal", "Our brook", "One ditch")
    ]
    passages = split(plain("\n\n".join(paragraphs)))
    assert [passage.text for passage in passages] == paragraphs


def test_short_paragraphs_are_merged_up_to_the_range():
    paragraphs = [f"Step {number}: turn the screw a little further." for number in range(60)]
    passages = split(plain("\n\n".join(paragraphs)))
    assert all(300 <= len(passage.text) <= 800 for passage in passages)
    assert all(passage.text.startswith("Step ") for passage in passages)


def test_a_long_paragraph_is_cut_between_sentences_into_even_parts():
    passages = split(plain(prose(14)))
    assert len(passages) == 2
    assert all(passage.text.startswith("The river carried") for passage in passages)
    assert all(passage.text.endswith("bells.") for passage in passages)
    assert abs(len(passages[0].text) - len(passages[1].text)) < 100


def test_no_short_end_is_left_over():
    paragraphs = [prose(3), prose(7, "A canal"), prose(2, "Our brook")]
    assert 800 < len("\n\n".join(paragraphs)) < 1000
    passages = split(plain("\n\n".join(paragraphs)))
    assert [len(passage.text) >= 300 for passage in passages] == [True, True]


def test_a_sentence_that_fits_a_passage_is_kept_whole_beside_a_short_one():
    short = prose(2)
    long = "It began " + "and then went on past the fields and the farms " * 15 + "to the sea."
    assert 700 < len(long) < 800
    passages = split(plain(f"{short} {long} {prose(8)}"))
    assert passages[0].text == short
    assert long in passages[1].text


def test_a_heading_with_nothing_under_it_is_not_replaced_by_one_beside_it():
    text = f"Foreword\n\nRivers\n\n{prose(5)}"
    marks = [Mark(0, "heading", "Foreword", 1), Mark(10, "heading", "Rivers", 1)]
    (passage,) = split(plain(text, *marks))
    assert passage.heading == "Foreword"


def test_the_last_of_several_tiny_sections_joins_those_before_it():
    sections = [f"Question {number}\n\n{prose(2)}" for number in range(3)]
    text = "\n\n".join(sections)
    marks = [
        Mark(match.start(), "heading", match.group(), 1)
        for match in regex.finditer(r"Question \d", text)
    ]
    (passage,) = split(plain(text, *marks))
    assert passage.text == text


def test_a_heading_begins_a_new_passage_and_names_it():
    text = f"Rivers\n\n{prose(5)}\n\nCanals\n\n{prose(5, 'A canal')}"
    marks = [Mark(0, "heading", "Rivers", 1), Mark(text.index("Canals"), "heading", "Canals", 1)]
    first, second = split(plain(text, *marks))
    assert (first.heading, second.heading) == ("Rivers", "Canals")
    assert first.text.startswith("Rivers\n")
    assert second.text.startswith("Canals\n")


def test_the_headings_above_a_passage_are_joined():
    text = f"{prose(5)}\n\n{prose(5)}\n\n{prose(5)}\n\n{prose(5)}"
    starts = [0, *(match.end() for match in regex.finditer("\n\n", text))]
    levels = [(1, "Water"), (2, "Rivers"), (3, "Boats"), (2, "Canals")]
    marks = [
        Mark(start, "heading", label, level)
        for start, (level, label) in zip(starts, levels, strict=True)
    ]
    assert [passage.heading for passage in split(plain(text, *marks))] == [
        "Water",
        "Water › Rivers",
        "Water › Rivers › Boats",
        "Water › Canals",
    ]


def test_a_heading_with_nothing_under_it_stays_with_the_section_below():
    text = f"Part One\n\nRivers\n\n{prose(5)}"
    marks = [Mark(0, "heading", "Part One", 1), Mark(10, "heading", "Rivers", 2)]
    (passage,) = split(plain(text, *marks))
    assert passage.text == text
    assert passage.heading == "Part One › Rivers"


def test_text_before_the_first_heading_has_none():
    text = f"{prose(5)}\n\nRivers\n\n{prose(5)}"
    start = text.index("Rivers")
    first, second = split(plain(text, Mark(start, "heading", "Rivers", 1)))
    assert (first.heading, second.heading) == (None, "Rivers")


def test_tiny_sections_in_a_row_are_merged_and_a_large_one_stands_alone():
    tiny = [f"Question {number}\n\nAn answer of one short line, no more." for number in range(12)]
    large = f"Appendix\n\n{prose(6)}"
    text = "\n\n".join([*tiny, large])
    marks = [
        Mark(match.start(), "heading", match.group(), 1)
        for match in regex.finditer(r"Question \d+|Appendix", text)
    ]
    *merged, last = split(plain(text, *marks))
    assert last.text == large
    assert 1 < len(merged) < 4
    assert all(300 <= len(passage.text) <= 800 for passage in merged)
    assert all(passage.text.startswith("Question") for passage in merged)


def test_a_section_of_a_few_words_joins_the_one_before_it():
    text = f"Rivers\n\n{prose(5)}\n\nTools\n\nA spanner.\n\nCanals\n\n{prose(5, 'A canal')}"
    marks = [Mark(text.index(name), "heading", name, 1) for name in ("Rivers", "Tools", "Canals")]
    first, second = split(plain(text, *marks))
    assert first.text.endswith("Tools\n\nA spanner.")
    assert second.text.startswith("Canals")


def test_a_page_begins_a_new_passage_and_gives_its_number():
    pages = [prose(6, subject) for subject in ("The river", "A canal", "Our brook")]
    text = "\n\n".join(pages)
    marks = [Mark(text.index(page), "page", str(n)) for n, page in enumerate(pages, 1)]
    passages = split(plain(text, *marks))
    assert [(passage.page, passage.text) for passage in passages] == list(enumerate(pages, 1))


def test_slides_with_a_few_words_are_merged_under_the_first_one_s_number():
    slides = [f"Slide about subject number {number}" for number in range(1, 9)]
    text = "\n\n".join(slides)
    marks = [Mark(text.index(slide), "page", str(n)) for n, slide in enumerate(slides, 1)]
    (passage,) = split(plain(text, *marks))
    assert (passage.page, passage.text) == (1, text)


def test_a_sentence_that_goes_on_over_a_page_is_not_cut_there():
    begun = f"{prose(6)} The miller looked at the water and"
    text = f"{begun}\n\nthen closed the gate for the night. {prose(6)}"
    marks = [Mark(0, "page", "1"), Mark(text.index("then closed"), "page", "2")]
    passages = split(plain(text, *marks))
    assert len(passages) > 1
    assert not any(passage.text.startswith("then closed") for passage in passages)


def test_marks_out_of_order_or_out_of_range_do_no_harm():
    text = f"  {prose(20)}"
    marks = [Mark(10**9, "heading", "Far", 1), Mark(-5, "page", "x"), Mark(0, "heading", " ", 3)]
    document = plain(text, *marks)
    passages = split(document)
    check_nothing_is_lost(document, passages)
    assert {(passage.page, passage.heading) for passage in passages} == {(None, None)}


def test_a_code_block_that_fits_is_one_passage():
    code = "def area(width, height):\n    if width < 0:\n        raise ValueError\n" + (
        "    total = width * height\n" * 12
    )
    text = f"{prose(6)}\n\n{code.strip()}\n\n{prose(6)}"
    assert code.strip() in [passage.text for passage in split(plain(text))]


def test_a_long_table_is_cut_between_rows():
    rows = [f"| {number} | Bolt M{number} | steel, zinc-plated. Fine thread | 0.{number} |"
            for number in range(80)]  # fmt: skip
    passages = split(plain("\n".join(rows)))
    assert len(passages) > 3
    assert all(passage.text.startswith("| ") for passage in passages)
    assert all(passage.text.endswith(" |") for passage in passages)


def test_long_code_is_cut_between_lines():
    lines = [f"    register_{number} = load(address_{number}, mask=0x{number:04x})"
             for number in range(80)]  # fmt: skip
    passages = split(plain("\n".join(lines)))
    assert len(passages) > 3
    assert all(passage.text.startswith("register_") for passage in passages)
    assert all(passage.text.endswith(")") for passage in passages)


def test_emoji_flags_and_syllables_are_never_torn():
    for unit in ("👩‍👩‍👧‍👦", "🇪🇹", "각", "क्षि", "ที่", "e\u0301\u0323", "\r\n", "1️⃣"):
        document = plain("x" + unit * 3000)
        passages = split(document)
        check_nothing_is_lost(document, passages)
        check_no_cluster_is_torn(document, passages)
        check_sizes(document, passages)


@pytest.mark.parametrize("unit", ["中", "\u0301", "🇪", "\n", ".", ".)", "a. ", "\n "])
def test_a_megabyte_of_the_same_takes_linear_time(unit):
    def seconds(count: int) -> float:
        begun = time.process_time()
        document = plain(unit * count + "x")
        check_nothing_is_lost(document, split(document))
        return time.process_time() - begun

    count = 1_000_000 // len(unit.encode())
    tenth = min(seconds(count // 10) for _ in range(3))
    # Quadratic time would be a hundred times as long.
    assert seconds(count) < 30 * max(tenth, 0.02)


@pytest.mark.slow
def test_ten_megabytes_of_one_letter_are_divided():
    document = plain("a" * 10_000_000)
    passages = split(document)
    check_nothing_is_lost(document, passages)
    assert all(300 <= len(passage.text) <= 800 for passage in passages)


def test_a_title_and_a_heading_are_prefixed_to_what_is_embedded():
    passage = Passage(0, 0, 9, "It floods.", heading="Water › Rivers")
    assert embedded_text(passage, "Atlas") == "Atlas\nRivers\nIt floods."
    assert embedded_text(passage, None) == "Rivers\nIt floods."
    assert embedded_text(Passage(0, 0, 9, "It floods."), None) == "It floods."


def test_what_the_passage_begins_with_is_not_prefixed_again():
    passage = Passage(
        0, 0, 0, "# The  Atlas\n\n## Rivers\n\nThey flood.", heading="The Atlas › Rivers"
    )
    assert embedded_text(passage, "the atlas") == passage.text
    passage = Passage(0, 0, 0, "Rivers\n\nThey flood.", heading="The Atlas › Rivers")
    assert embedded_text(passage, "The Atlas") == f"The Atlas\n{passage.text}"
    passage = Passage(0, 0, 0, "They flood.", heading="The Atlas")
    assert embedded_text(passage, "The Atlas") == "The Atlas\nThey flood."


def test_a_very_long_title_is_cut_between_words():
    passage = Passage(0, 0, 0, "They flood.")
    prefix = embedded_text(passage, "A complete account of every river " * 9).split("\n")[0]
    assert 60 < len(prefix) <= 120
    assert prefix.endswith(("complete", "account", "of", "every", "river", "A"))
    prefix = embedded_text(passage, "क्षि" * 100).split("\n")[0]
    assert len(prefix) <= 120
    assert len(prefix) % 4 == 0


PIECES = st.one_of(
    st.sampled_from([*UNBROKEN.values(), prose(3), "Dr. Smith ", "z. B. ", "3.14 ", "… ", "?! "]),
    st.sampled_from("abcXYZ ,;:.!?…\n\r\t()「」『』“”‘’«»。！？、，．।॥།༎་།ฯๆ።፧؟۔։;"),
    st.sampled_from(["\n\n", "\r\n", "\r\n\r\n", "\u2028", "\u2029", "\x0c", "\x1c", "\x85"]),
    st.sampled_from(
        ["👩\u200d👩\u200d👧", "🇪🇹", "🇪", "각", "ᄀ", "\u0600", "‼\ufe0f", "1\ufe0f\u20e3"]
    ),
    st.sampled_from(
        ["क्षि", "क", "्", "ที่", "\u0301", "\u200d", "\ufe0f", "ゃ", "ｶﾞ", "\u3099", "က္က", "ស្ត្រី"]
    ),
    st.sampled_from([" " * 400, "\ud800", "e\u0301"]),
    st.text(max_size=5),
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    runs = draw(st.lists(st.tuples(PIECES, st.integers(1, 60)), max_size=30))
    text = "".join(piece * times for piece, times in runs)
    places = st.integers(-2, len(text) + 2)
    kinds = st.sampled_from(["page", "heading"])
    labels = st.sampled_from(["1", "2", "Rivers", "", "ix"])
    marks = draw(st.lists(st.builds(Mark, places, kinds, labels, st.integers(0, 4)), max_size=6))
    return plain(text, *marks)


@given(documents())
@settings(max_examples=150, deadline=None)
def test_any_text_is_divided_without_loss(document):
    passages = split(document)
    check_nothing_is_lost(document, passages)
    check_no_cluster_is_torn(document, passages)
    check_sizes(document, passages)
    sizes = Sizes(document.text)
    if document.text and sizes.between(0, len(document.text)) < MINIMUM:
        assert len(passages) <= 1


@given(documents())
@settings(max_examples=150, deadline=None)
def test_a_passage_begins_where_a_sentence_does_unless_that_one_is_too_long(document):
    document = plain(document.text)
    sizes = Sizes(document.text)
    spans = sentences(document.text)
    starts = {start for start, _ in spans}
    for passage in split(document):
        if passage.start not in starts:
            start, end = next(span for span in spans if span[0] < passage.start < span[1])
            assert sizes.between(start, end) > MAXIMUM


def test_no_sentence_is_cut_for_the_whitespace_after_it():
    sentence = "今天早上我们一起去市场买了很多新鲜的蔬菜和水果然后回家做了一顿丰盛的午饭"
    document = plain(f"{sentence * 4}{' ' * 400}\n\n{sentence}")
    assert [passage.text for passage in split(document)] == [sentence * 4, sentence]


def test_this_project_s_own_texts_come_out_in_range():
    root = Path(__file__).resolve().parents[2]
    for path in sorted(root.glob("indexer/*.py")):
        document = plain(path.read_text(encoding="utf-8"))
        passages = split(document)
        check_nothing_is_lost(document, passages)
        check_sizes(document, passages)
