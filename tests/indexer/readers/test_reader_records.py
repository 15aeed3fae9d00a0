"""CSV, JSON, subtitles and e-mail."""

from email.message import EmailMessage

import pytest

from indexer.errors import UnreadableFileError
from indexer.readers import delimited, mail, structured, subtitles


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_each_row_is_a_paragraph_with_its_column_names(delimiter):
    rows = [("Name", "City", "Note"), ("Anna", "Köln", "likes tea"), ("Bob", "Łódź", "")]
    document = delimited.parse("\n".join(map(delimiter.join, rows)).encode())
    assert document.text == "Name: Anna\nCity: Köln\nNote: likes tea\n\nName: Bob\nCity: Łódź"


def test_quoted_cells_keep_delimiters_and_lines():
    document = delimited.parse(b'name;text\nA;"one; two\nthree ""x"""\n')
    assert document.text == 'name: A\ntext: one; two\nthree "x"'


def test_a_decimal_comma_does_not_divide_a_semicolon_table():
    document = delimited.parse(b"Ware;Preis\nBrot;3,50\nMilch;1,20\n")
    assert document.text == "Ware: Brot\nPreis: 3,50\n\nWare: Milch\nPreis: 1,20"


def test_a_table_without_names_has_its_values_alone():
    assert delimited.parse(b"1,2\n3,4\n").text == "1, 2\n\n3, 4"


def test_excels_delimiter_line_is_obeyed_and_no_row():
    assert delimited.parse(b"sep=;\na;b\nx,y;z\n").text == "a: x,y\nb: z"


def test_a_row_longer_than_the_header_keeps_its_cells():
    assert delimited.parse(b"a,b\n1,2,three\n").text == "a: 1\nb: 2\nthree"


def test_a_quote_never_closed_does_not_swallow_the_rows_after_it():
    rows = "".join(f"{number},row {number}\n" for number in range(20_000))
    document = delimited.parse(f'id,text\n0,"oops\n{rows}'.encode())
    assert 'text: "oops' in document.text
    assert "id: 19999\ntext: row 19999" in document.text


def test_a_huge_field_is_kept():
    document = delimited.parse(b"a,b\nx," + b"word " * 2_000_000 + b"\n")
    assert len(document.text) > 9_000_000


def test_json_strings_come_with_their_key_paths_a_record_a_paragraph():
    document = structured.parse(
        b"""{"title": "Shop", "owner": {"name": "Ann", "age": 3}, "tags": ["a", "b"],
        "items": [{"name": "Lamp", "size": {"unit": "cm"}}, {"name": "Desk", "sold": true}]}"""
    )
    assert document.title == "Shop"
    assert document.text == (
        "title: Shop\n\nowner.name: Ann\n\ntags: a, b\n\n"
        "items.name: Lamp\nitems.size.unit: cm\n\nitems.name: Desk"
    )


def test_a_list_of_records_is_read_like_json_lines():
    whole = structured.parse('[{"a": "é"}, {"a": "ü"}]'.encode())
    lines = structured.parse('{"a": "é"}\n\n{"a": "ü"}\n'.encode())
    assert whole.text == lines.text == "a: é\n\na: ü"


def test_a_last_line_cut_short_is_kept_as_it_is():
    assert structured.parse(b'{"a": "x"}\n{"a": "y"}\n{"a": "z').text.endswith('{"a": "z')


def test_json_escapes_are_undone_and_half_pairs_replaced():
    assert (
        structured.parse(rb'{"a": "\u00e9\u4e2d \ud83d\ude00 \ud83d"}').text == "a: é中 😀 \ufffd"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{broken", "not valid JSON .line 1"),
        (b'{\n"a": 1,\n}', "not valid JSON .line 3"),
        (b"[1, 2, 3]", "contains no text"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000 + b"1" + b"}" * 200_000, "nested too deeply"),
    ],
)
def test_json_that_cannot_be_read_says_why(content, reason):
    with pytest.raises(UnreadableFileError, match=reason):
        structured.parse(content)


def test_json_at_the_depth_the_parser_accepts_is_read():
    assert structured.parse(b"[" * 400 + b'"deep"' + b"]" * 400).text == "deep"
    assert structured.parse(b'{"key":' * 400 + b'"deep"' + b"}" * 400).text.endswith("deep")


def test_a_number_of_ten_thousand_digits_harms_nothing():
    assert structured.parse(b'{"n": ' + b"9" * 10_000 + b', "s": "t"}').text == "s: t"


SRT = """1
00:00:01,000 --> 00:00:02,000
<i>Where did you</i>

2
00:00:02,100 --> 00:00:03,000
{\\an8}leave the <font color="#fff">key</font>?

3
00:00:30,000 --> 00:00:31,000
Under the mat.
"""


def test_subtitles_are_joined_without_markup_and_parted_by_pauses():
    document = subtitles.parse(SRT.encode())
    assert document.text == "Where did you leave the key?\n\nUnder the mat."
    assert subtitles.parse(SRT.replace("\n", "\r\n").encode("utf-16")).text == document.text


def test_webvtt_loses_notes_styles_voices_and_karaoke_times():
    document = subtitles.parse(
        b"""WEBVTT - Talk

NOTE not spoken

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.000 align:start
<v Ann>Fish &amp; <b>chips</b>

00:02.000 --> 00:03.000
Fish &amp; chips

00:03.000 --> 00:04.000
for <00:03.500><c>two</c>
"""
    )
    assert document.text == "Fish & chips for two"


def test_japanese_subtitles_are_joined_without_spaces():
    cues = (
        "1\n00:00:01,000 --> 00:00:02,000\n鍵は\nどこに\n\n"
        "2\n00:00:02,000 --> 00:00:03,000\nありますか。\n"
    )
    assert subtitles.parse(cues.encode("cp932")).text == "鍵はどこにありますか。"


def test_a_long_talk_becomes_several_paragraphs_at_sentence_ends():
    cues = "".join(
        f"{n}\n00:{n // 60:02}:{n % 60:02},000 --> 00:{n // 60:02}:{n % 60:02},900\n"
        f"Sentence number {n} is here.\n\n"
        for n in range(1, 200)
    )
    paragraphs = subtitles.parse(cues.encode()).text.split("\n\n")
    assert len(paragraphs) > 5
    assert all(paragraph.endswith(".") and len(paragraph) < 700 for paragraph in paragraphs)


def message(**headers):
    made = EmailMessage()
    for name, value in headers.items():
        made[name] = value
    return made


def test_a_message_has_its_subject_headers_body_and_attachments_names():
    made = message(
        Subject="Grüße aus 東京",
        From="Jörg <j@x.de>",
        To="a@b.c",
        Date="Mon, 2 Nov 2026 10:00:00 +0000",
    )
    made.set_content("Hällo!\n\nBis bald.")
    made.add_alternative("<p>HTML instead</p>", subtype="html")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="résumé.pdf")
    document = mail.parse(made.as_bytes())
    assert document.title == "Grüße aus 東京"
    assert document.text == (
        "Grüße aus 東京\n\n"
        "From: Jörg <j@x.de>\nTo: a@b.c\nDate: Mon, 02 Nov 2026 10:00:00 +0000\n\n"
        "Hällo!\n\nBis bald.\n\n"
        "Attachments: résumé.pdf"
    )


def test_a_message_with_only_html_is_read_through_html():
    made = message(Subject="x", From="a@b.c")
    made.set_content("<style>p{}</style><p>Dear <b>friend</b></p>", subtype="html")
    assert mail.parse(made.as_bytes()).text == "x\n\nFrom: a@b.c\n\nDear friend"


def test_a_body_that_misnames_its_encoding_is_still_read():
    text = "Завтра приедет врач."
    for charset in ("utf-8", "us-ascii", "x-unknown"):
        raw = f"From: a@b.c\nContent-Type: text/plain; charset={charset}\n\n".encode()
        assert text in mail.parse(raw + text.encode("koi8_r")).text


def test_headers_in_raw_letters_or_malformed_are_still_read():
    raw = 'Subject: Привет всем\nTo: "unclosed <a@b\nDate: nonsense\n\nbody'
    for encoding in ("utf-8", "koi8_r"):
        document = mail.parse(raw.encode(encoding))
        assert document.title == "Привет всем"
        assert "nonsense" in document.text


def test_a_message_that_only_forwards_another_has_the_others_body():
    inner = message(Subject="inner", From="a@b.c")
    inner.set_content("The forwarded words.")
    outer = message(Subject="Fwd", From="d@e.f")
    outer.make_mixed()
    outer.add_attachment(inner)
    assert "The forwarded words." in mail.parse(outer.as_bytes()).text


def test_a_message_nested_without_end_is_refused():
    raw = b"Subject: x\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5_000)
    )
    with pytest.raises(UnreadableFileError, match="nested too deeply"):
        mail.parse(raw)
