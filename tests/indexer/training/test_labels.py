"""Which texts the identifier is taught with."""

import json
from pathlib import Path

import numpy as np
import pytest

from indexer.training.corpus import load_corpus
from indexer.training.gather import mediawiki_texts, udhr_texts
from indexer.training.labels import (
    LANGUAGES,
    Labelled,
    cleaned,
    label_texts,
    read_labelled,
    tag,
)
from indexer.training.noise import noise_texts
from indexer.training.pools import Pool
from indexer.training.tokens import TokenizedTexts


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("deu", "Guten Tag", "de"),
        ("nob", "god dag", "nb"),
        ("arz", "ازيك", "arz"),
        ("arb", "مرحبا", "ar"),
        ("zho", "这里没有问题", "zh-Hans"),
        ("zho", "這裡沒有問題", "zh-Hant"),
        ("zho", "你好", None),
        ("srp", "Добар дан", "sr-Cyrl"),
        ("srp", "Dobar dan", "sr-Latn"),
        ("not a code", "x", None),
    ],
)
def test_a_text_gets_the_tag_of_its_language_and_script(code, text, expected):
    assert tag(code, text) == expected


def test_markup_and_placeholders_do_not_count_as_language():
    text = 'Klicke <a href="x">hier</a>, %(name)s, um {{PLURAL:$1|eine Seite}} zu löschen.'
    assert cleaned(text) == "Klicke hier , , um eine Seite zu löschen."


def test_every_tag_that_is_taught_is_a_language():
    import langcodes

    assert [name for name in sorted(LANGUAGES) if not langcodes.tag_is_valid(name)] == []
    assert not LANGUAGES & {"grc", "got", "ang", "lzh", "ase", "tlh", "jbo", "zxx"}


def test_only_texts_that_are_surely_in_one_language_are_taught(tmp_path: Path):
    (tmp_path / "data").mkdir()
    lines = [f"deu\teng\tDies ist der Satz Nummer {i}.\tThis is sentence {i}." for i in range(400)]
    lines += ["deu\teng\tOpen the settings menu\tOpen the settings menu now"]
    lines += ["deu\teng\tПривет всем на свете\tHello to all the world"]
    lines += ["fra\teng\tOpen the settings menu\tOpen the other settings"] * 200
    (tmp_path / "data" / "made_up.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    labelled = tmp_path / "labelled"
    labelled.mkdir()
    declaration = [f"de\tAlle Menschen sind frei, Artikel {i}." for i in range(5)]
    (labelled / "udhr.tsv").write_text("\n".join(declaration) + "\n", "utf-8")
    corpus = load_corpus(tmp_path / "data")
    use = np.ones(len(corpus.left), bool)
    found = label_texts(corpus, use, read_labelled(labelled))
    german = in_german(found.training, found.languages)
    assert found.languages == ["de", "en", "und"]
    apart = in_german(found.apart, found.languages)
    assert (len(german), len(apart), len(found.apart.texts)) == (250, 150, 150)
    assert len({*german, *apart}) == 400
    assert all(text.startswith("Dies ist") for text in [*german, *apart])
    assert len(found.held_out.texts) == 5
    assert (np.diff(found.training.label) >= 0).all()


def in_german(labelled: Labelled, languages: list[str]) -> list[str]:
    numbered = zip(labelled.texts, labelled.label.tolist(), strict=True)
    return [text for text, label in numbered if languages[label] == "de"]


def test_words_are_drawn_as_their_texts_hold_them():
    # Two texts of a language and one of another; pieces 1 and 3 begin words.
    texts = TokenizedTexts(np.array([1, 2, 3, 3, 2, 2, 1], np.int32), np.array([0, 3, 3, 7]))
    begins = np.array([False, True, False, True])
    pool = Pool(texts, np.array([0, 0, 1]), begins)
    generator = np.random.default_rng(1)
    tokens, length, label = pool.draw_words(np.array([0] * 50 + [1] * 50 + [2]), 1, 1, generator)
    runs = np.split(tokens, np.cumsum(length)[:-1])
    drawn = {(number, *run.tolist()) for number, run in zip(label.tolist(), runs, strict=True)}
    assert drawn == {(0, 1, 2), (0, 3), (1, 3, 2, 2), (1, 1)}
    tokens, length, label = pool.draw_words(np.array([1] * 50), 2, 4, generator)
    assert (length.tolist(), {*label.tolist()}) == ([4] * 50, {1})


def test_labelled_text_is_gathered_from_the_two_packages(tmp_path: Path):
    (tmp_path / "i18n").mkdir()
    messages = {"@metadata": {}, "a": "Diese Seite ist derzeit geschützt.", "b": "Ja"}
    (tmp_path / "i18n" / "de.json").write_text(json.dumps(messages), "utf-8")
    (tmp_path / "i18n" / "sr-ec.json").write_text(
        json.dumps({"a": "Ова страница је закључана."}), "utf-8"
    )
    (tmp_path / "i18n" / "qqq.json").write_text(json.dumps({"a": "a note to translators"}), "utf-8")
    assert list(mediawiki_texts(tmp_path)) == [
        ("de", "Diese Seite ist derzeit geschützt."),
        ("sr-Cyrl", "Ова страница је закључана."),
    ]
    clauses = "Alle Menschen sind frei &amp; gleich geboren. Sie haben Vernunft und Gewissen."
    page = f"<h1>no</h1><p>{clauses}</p>"
    (tmp_path / "deu_1996.html").write_text(page, "utf-8")
    (tmp_path / "deu_1901.html").write_text(page, "utf-8")
    assert list(udhr_texts(tmp_path)) == [
        ("de", "Alle Menschen sind frei & gleich geboren."),
        ("de", "Sie haben Vernunft und Gewissen."),
    ]


def test_noise_is_the_same_for_the_same_seed_and_differs_for_another():
    assert noise_texts(50, 1) == noise_texts(50, 1)
    assert noise_texts(50, 1) != noise_texts(50, 2)
