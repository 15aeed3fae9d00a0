"""Hits as cards."""

from datetime import datetime
from pathlib import Path

from search.explaining import WordShare
from search.hits import Hit, PassageHit
from ui.page_results import cards_html

ROOT = Path("/home/ana/papers")


def passage(text: str, snippet: str, **changes) -> PassageHit:
    values = {
        "id": 1,
        "ordinal": 0,
        "text": text,
        "start": 500,
        "end": 500 + len(text),
        "page": None,
        "heading": None,
        "language": "de",
        "cosine": 0.714,
        "snippet": snippet,
        "snippet_start": 500 + text.index(snippet),
    }
    return PassageHit(**{**values, **changes})


def hit(*passages: PassageHit, **changes) -> Hit:
    values = {
        "path": ROOT / "law" / "miete.pdf",
        "title": "Die Kaution",
        "media_type": "application/pdf",
        "modified": datetime(2026, 1, 1),
        "language": passages[0].language,
        "score": 1.0,
        "cosine": passages[0].cosine,
        "confidence": 0.42,
        "copies": (),
        "passages": passages,
    }
    return Hit(**{**values, **changes})


TEXT = "Vorher steht dies. Die Kaution kommt nach sechs Monaten zurück. Danach steht das."
BEST = "Die Kaution kommt nach sechs Monaten zurück."


def test_a_card_says_title_language_file_page_heading_and_score():
    found = passage(TEXT, BEST, page=7, heading="Mietrecht › Kaution")
    html = cards_html([hit(found)], [ROOT])
    for words in ("Die Kaution</h3>", "German", "page 7", "Mietrecht › Kaution", "confidence 42"):
        assert words in html


def test_a_card_names_the_script_its_document_is_written_in():
    for language, code, name in (("de", "Latn", "Latin"), ("sr-Cyrl", "Cyrl", "Cyrillic")):
        html = cards_html([hit(passage(TEXT, BEST), language=language)])
        assert f'<span class="ct-badge ct-script" title="{code}">{name}</span>' in html
    for language in ("und", "bn", "ja"):  # nothing is known, or nothing is added
        assert "ct-script" not in cards_html([hit(passage(TEXT, BEST), language=language)])


def test_the_best_sentence_is_marked_within_its_passage():
    html = cards_html([hit(passage(TEXT, BEST))])
    assert f"Vorher steht dies. <mark>{BEST}</mark> Danach steht das." in html


def test_words_that_answer_are_shaded_by_their_share_and_name_the_query_word():
    words = (
        WordShare("Titel", None, 0.3, "deposit"),
        WordShare("Kaution", TEXT.index("Kaution"), 0.2, "<deposit>"),
        WordShare("Monaten", TEXT.index("Monaten"), 0.1, "months"),
        WordShare("zurück", TEXT.index("zurück"), 0.05, None),
    )
    html = cards_html([hit(passage(TEXT, BEST, words=words))])
    assert '--share:1.00" title="&lt;deposit&gt;: 0.20 of the similarity">Kaution</span>' in html
    assert '--share:0.50" title="months' in html
    assert ">zurück</span>" not in html


def test_copies_are_named():
    html = cards_html([hit(passage(TEXT, BEST), copies=(ROOT / "copy.pdf",))], [ROOT])
    assert "Nearly the same: " in html
    assert "copy.pdf" in html
    assert "Nearly the same" not in cards_html([hit(passage(TEXT, BEST))])


def test_the_whole_of_a_long_passage_is_there_to_unfold():
    text = "Langer Anfang. " * 200 + BEST + " Langes Ende." * 200
    html = cards_html([hit(passage(text, BEST))])
    excerpt, whole = html.split("<details>")
    assert len(excerpt) < 1_500
    assert " … " in excerpt
    assert text.replace(BEST, f"<mark>{BEST}</mark>") in whole


def test_an_excerpt_of_chinese_is_cut_to_the_same_width():
    text = "前" * 400 + "答案在这里。" + "后" * 400
    excerpt = cards_html([hit(passage(text, "答案在这里。", language="zh-Hans"))]).split(
        "<details>"
    )[0]
    assert 40 < excerpt.count("前") < 60
    assert 80 < excerpt.count("后") < 100


def test_a_cut_falls_between_words():
    text = "Donaudampfschifffahrt " * 20 + BEST
    excerpt = cards_html([hit(passage(text, BEST))]).split("<details>")[0]
    opening = excerpt.split(" … </span>")[1].split("<mark>")[0]
    assert set(opening.split()) == {"Donaudampfschifffahrt"}


def test_other_passages_of_the_document_unfold():
    html = cards_html([hit(passage(TEXT, BEST), passage("Zweite.", "Zweite.", page=9))])
    assert "1 more passage<" in html
    assert "page 9" in html and "Zweite." in html


def test_the_title_is_not_repeated_as_a_heading():
    html = cards_html([hit(passage(TEXT, BEST, heading="Die Kaution"))])
    assert html.count("Die Kaution<") == 1
    html = cards_html([hit(passage(TEXT, BEST, heading="Die Kaution › Fristen"))])
    assert ">Fristen</bdi>" in html
    html = cards_html([hit(passage(TEXT, BEST, heading="Die Kautionen"))])
    assert ">Die Kautionen</bdi>" in html


def test_a_document_without_a_title_goes_by_its_file():
    assert ">miete.pdf</h3>" in cards_html([hit(passage(TEXT, BEST), title=None)])
    assert ">miete.pdf</h3>" in cards_html([hit(passage(TEXT, BEST), title=" ")])


def test_a_path_is_shown_from_its_indexed_folder_on_and_whole_on_hovering():
    html = cards_html([hit(passage(TEXT, BEST))], [ROOT, Path("/home")])
    assert 'title="/home/ana/papers/law/miete.pdf"' in html
    assert ">papers</bdi>" in html
    assert ">ana</bdi>" not in html


def test_text_carries_its_language_and_finds_its_own_direction():
    html = cards_html([hit(passage("مرحبا.", "مرحبا.", language="ar"))])
    assert '<p class="ct-snippet" dir="auto" lang="ar">' in html
    assert '<h3 dir="auto" lang="ar">' in html


def test_an_unknown_language_is_no_language_tag():
    html = cards_html([hit(passage(TEXT, BEST, language="und"))])
    assert 'lang=""' in html and "Unknown language" in html


def test_nothing_of_a_hostile_document_becomes_markup():
    bad = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e'
    found = passage(f"{bad} {BEST}", BEST, heading=bad, language='x"><script>')
    html = cards_html([hit(found, title=bad, path=ROOT / f"{bad}.txt")], [ROOT])
    assert "<script" not in html
    assert "<img" not in html
    assert "\u202e" not in html
