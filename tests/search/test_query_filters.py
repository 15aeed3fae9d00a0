"""Filters that stand in the query itself."""

import os
import unicodedata

import pytest

from indexer.errors import QueryError
from search import Searcher
from search.query import Filter, Wanted, parse


def names(hits):
    return {hit.path.name for hit in hits}


@pytest.mark.parametrize(
    ("text", "encoded", "filters"),
    [
        ("solar lang:de,ja", "solar", (Filter("lang", "de,ja"),)),
        ("LANG:de solar power", "solar power", (Filter("lang", "de"),)),
        ("太陽光 lang：ja", "太陽光", (Filter("lang", "ja"),)),
        (
            'solar path:"old reports/" power',
            "solar power",
            (Filter("path", "old reports/"),),
        ),
        (
            "-lang:de after:2024 solar",
            "solar",
            (Filter("lang", "de", without=True), Filter("after", "2024")),
        ),
        ("script:Cyrl type:pdf x", "x", (Filter("script", "Cyrl"), Filter("type", "pdf"))),
    ],
)
def test_a_filter_is_read_and_left_out_of_what_is_encoded(text, encoded, filters):
    query = parse(text)
    assert (query.text, query.filters) == (encoded, filters)
    assert query.wanted == (Wanted(encoded),)


@pytest.mark.parametrize(
    "text",
    ['"lang:de solar"', "slang:de", "lang: de", "https://example.org/type:pdf", "a lang:", "lang"],
)
def test_quoted_text_and_what_only_looks_like_a_filter_is_text(text):
    assert parse(text).filters == ()
    assert parse(text).text == text.strip('"')


def test_filters_stand_beside_phrases_weights_and_unwanted_words():
    query = parse('"night train" lang:de bed^2 -bus -type:pdf')
    assert query.text == "night train bed"
    assert query.wanted == (Wanted("night train", phrase=True), Wanted("bed", 2.0))
    assert query.unwanted == ("bus",)
    assert query.filters == (Filter("lang", "de"), Filter("type", "pdf", without=True))


@pytest.fixture
def searcher(make_index, set_mtime):
    files = {
        "reports/old/en.md": "the solar panel",
        "reports/de.md": "der solar panel",
        "my reports/nb.txt": "ikke solar panel",
        "zh.txt": "这 solar panel",
    }
    make_index(files)
    for year, name in zip((2020, 2022, 2024, 2026), files, strict=True):
        set_mtime(name, (year - 1970) * 365.25 * 86_400 + 86_400 * 40)
    return Searcher(make_index({}))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("solar lang:de,no", {"de.md", "nb.txt"}),
        ("solar lang:de lang:no", {"de.md", "nb.txt"}),
        ("solar -lang:de", {"en.md", "nb.txt", "zh.txt"}),
        ("solar -lang:de,en -type:txt", set()),
        ("solar script:Hani", {"zh.txt"}),
        ("solar -script:hans", {"en.md", "de.md", "nb.txt"}),
        ("solar path:reports/", {"en.md", "de.md"}),
        ("solar path:reports/old", {"en.md"}),
        ("solar path:de.md", {"de.md"}),
        ("solar path:de.md/", set()),
        ("solar path:eports", set()),
        ("solar -path:reports/ type:txt", {"nb.txt", "zh.txt"}),
        ('solar path:"my reports/"', {"nb.txt"}),
        ("solar path:reports/ path:zh.txt", {"en.md", "de.md", "zh.txt"}),
        ("solar after:2022", {"de.md", "nb.txt", "zh.txt"}),
        ("solar after:2020 after:2024", {"nb.txt", "zh.txt"}),
        ("solar before:2024-01 after:2021", {"de.md"}),
        ("solar -after:2024", {"en.md", "de.md"}),
        ('solar "lang:de"', {"en.md", "de.md", "nb.txt", "zh.txt"}),
    ],
)
def test_filters_in_the_query_confine_the_search(searcher, query, found):
    for mode in ("hybrid", "dense", "lexical"):
        hits = names(searcher.search(query, mode=mode))
        # By words alone, the quoted text would have to stand in the passages.
        assert hits == (set() if mode == "lexical" and '"lang:de"' in query else found), mode


def test_arguments_and_filters_in_the_query_must_both_hold(searcher):
    assert names(searcher.search("solar lang:de,en", types="md", after="2021")) == {"de.md"}
    assert names(searcher.search("solar lang:de", languages="en")) == set()
    assert names(searcher.search("solar", scripts=["Latn", "Cyrl"])) == {"en.md", "de.md", "nb.txt"}


def test_an_absolute_folder_is_that_folder_alone(searcher, folder):
    assert names(searcher.search(f"solar path:{folder}/reports")) == {"en.md", "de.md"}
    assert names(searcher.search(f'solar -path:"{folder}/reports"')) == {"nb.txt", "zh.txt"}


def test_a_folder_is_found_however_its_accents_are_spelt(make_index):
    made = unicodedata.normalize("NFD", "Übung") + os.sep + "a.txt"
    searcher = Searcher(make_index({made: "solar"}))
    for form in ("NFC", "NFD"):
        assert searcher.search("solar path:" + unicodedata.normalize(form, "Übung") + "/")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("solar lang:german", ("german", "not a language code")),
        ("solar -lang:,", ("names nothing",)),
        ("solar script:Cyrillic", ("Cyrillic", "code of a script")),
        ("solar after:soon", ("soon", "not a date", "after")),
        ("solar before:2024-13", ("2024-13", "not a date")),
        ("lang:de", ("filters alone",)),
    ],
)
def test_a_value_that_means_nothing_is_said_in_one_sentence(searcher, query, words):
    with pytest.raises(QueryError) as error:
        searcher.search(query)
    assert all(word in str(error.value) for word in words)
    assert "\n" not in str(error.value)


def test_the_language_of_a_query_is_guessed_without_its_filters_and_can_be_given(searcher):
    assert searcher.query_language("der solar lang:en")[0] == "de"
    assert searcher.query_language("der solar", "nl") == ("nl", 1.0)
    with pytest.raises(QueryError, match="not a language code"):
        searcher.query_language("der solar", "dutch")
