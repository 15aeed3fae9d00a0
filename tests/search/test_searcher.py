"""Searching a real index of real files."""

import gzip
import threading
from pathlib import Path

import numpy as np
import pytest

from indexer import Index, load_encoder, sync
from indexer.encoders.embedded import EmbeddedEncoder
from indexer.errors import QueryError
from indexer.resources import data_folder
from search import Searcher

FILES = {
    "health/burns.md": "# Burns\n\nCool the burn under running water for twenty minutes.\n",
    "health/brand.md": "# Verbrennung\n\nbrandwunde der arzt kühlt burn wasser.\n",
    "travel/train.txt": "Reserve the seat on a night train in advance.",
    "travel/tog.txt": "Nattog må bestilles, men ikke alltid, seat train.",
    "travel/tog-nn.txt": "Nattoget må tingast, men ikkje alltid, seat train.",
    "page.html": "<html><head><title>Bread</title></head><body>Knead the dough.</body></html>",
}


def names(hits):
    return [hit.path.name for hit in hits]


def test_the_document_that_answers_comes_first_with_its_place_and_its_text(make_index, folder):
    index = make_index(FILES)
    hit = Searcher(index).search("cool a burn with running water")[0]
    assert hit.path == (folder / "health/burns.md").resolve()
    assert hit.path.is_absolute()
    assert hit.title == "Burns"
    assert hit.language == "en"
    assert hit.media_type == "text/markdown"
    assert 0 < hit.confidence < 1
    assert hit.passage is hit.passages[0]
    assert "running water" in hit.passage.text
    assert hit.passage.snippet in hit.passage.text
    assert hit.passage.heading == "Burns"
    assert 0.3 < hit.cosine <= 1.001
    assert hit.cosine == hit.passage.cosine


def test_hits_come_in_the_order_of_their_scores_one_a_document(make_index):
    hits = Searcher(make_index(FILES)).search("burn seat train")
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.path for hit in hits}) == len(hits) == len(FILES)


def test_the_limit_counts_documents_and_not_passages(make_index):
    long = "\n\n".join(f"The kettle sings a song number {n}. " * 12 for n in range(60))
    files = {"long.md": long} | {f"short{n}.md": f"The kettle, other {n}." for n in range(5)}
    index = make_index(files)
    assert index.status().passages > 60
    hits = Searcher(index).search("the kettle sings a song number", limit=4)
    assert len(hits) == 4
    assert names(hits)[0] == "long.md"
    assert len(hits[0].passages) > 10


def test_the_passages_of_a_document_come_best_first_each_with_a_snippet_of_its_own(make_index):
    text = "\n\n".join([*["Fog " * 100] * 8, "The ferry leaves at noon. " * 15])
    hits = Searcher(make_index({"a.txt": text, "b.txt": "Nothing."})).search("ferry leaves at noon")
    passages = hits[0].passages
    assert len(passages) > 4
    assert "ferry" in passages[0].text
    assert [p.cosine for p in passages] == sorted((p.cosine for p in passages), reverse=True)
    for passage in passages:
        offset = passage.snippet_start - passage.start
        assert passage.text[offset : offset + len(passage.snippet)] == passage.snippet
        assert passage.snippet_end <= passage.end


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        (["de"], {"brand.md"}),
        ("de", {"brand.md"}),
        ("de,nn", {"brand.md", "tog-nn.txt"}),
        (["no"], {"tog.txt", "tog-nn.txt"}),
        (["nb"], {"tog.txt"}),
        (["ja"], set()),
        ([], set(map(lambda name: name.split("/")[-1], FILES))),
    ],
)
def test_a_language_filter_lets_that_language_through(make_index, languages, expected):
    hits = Searcher(make_index(FILES)).search("burn train", languages=languages)
    assert set(names(hits)) == expected


def test_a_macrolanguage_and_a_prefix_cover_what_they_contain(make_index):
    index = make_index(
        {"hans.txt": "这 水", "hant.txt": "這 水", "yue.txt": "嘅 水", "id.txt": "yang air"}
    )
    searcher = Searcher(index)
    assert set(names(searcher.search("水", languages=["zh"]))) == {
        "hans.txt",
        "hant.txt",
        "yue.txt",
    }
    assert names(searcher.search("水", languages=["zh-Hant"])) == ["hant.txt"]
    assert names(searcher.search("水", languages=["ms"])) == []


def test_a_passage_too_short_to_tell_counts_as_in_its_documents_language(make_index):
    index = make_index({"a.txt": "Der Mann. " * 5 + "der " * 300 + "\n\n" + "Zzz. " * 200})
    with index.transaction() as connection:
        connection.execute("UPDATE documents SET language = 'de'")
    hits = Searcher(index).search("zzz", languages=["de"])
    assert "Zzz" in hits[0].passage.text
    assert hits[0].passage.language == "und"


def test_unknown_language_can_be_asked_for(make_index):
    index = make_index({"a.txt": "12 34 56", "b.txt": "the water"})
    assert names(Searcher(index).search("12", languages=["und"])) == ["a.txt"]


def test_a_folder_filter_takes_a_folder_a_file_and_no_lookalike(make_index, folder):
    index = make_index({**FILES, "travel2/train.txt": "the train"})
    searcher = Searcher(index)
    inside = searcher.search("train", folders=[folder / "travel"])
    assert {hit.path.parent.name for hit in inside} == {"travel"}
    assert names(searcher.search("train", folders=str(folder / "page.html"))) == ["page.html"]
    assert len(searcher.search("train", folders=[folder])) == 7
    assert searcher.search("train", folders=[folder / "nowhere"]) == []
    both = searcher.search("train", folders=[folder / "health", folder / "travel2"])
    assert set(names(both)) == {"burns.md", "brand.md", "train.txt"}


def test_a_folder_filter_is_relative_to_the_working_folder_and_follows_links(
    make_index, folder, tmp_path, monkeypatch
):
    searcher = Searcher(make_index(FILES))
    monkeypatch.chdir(folder)
    assert len(searcher.search("train", folders=["travel"])) == 3
    (tmp_path / "link").symlink_to(folder / "travel")
    assert len(searcher.search("train", folders=[tmp_path / "link"])) == 3


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("md", 2),
        (".md", 2),
        ("*.MD", 2),
        ("markdown", 2),
        ("text/markdown", 2),
        ("text/*", 6),
        ("html", 1),
        (["txt", "html"], 4),
        ("pdf", 0),
        ("d", 0),
        ("%", 0),
    ],
)
def test_a_type_filter_takes_extensions_and_media_types(make_index, types, expected):
    assert len(Searcher(make_index(FILES)).search("train", types=types)) == expected


def test_date_filters_include_the_first_day_and_exclude_the_last(make_index, folder, set_mtime):
    from datetime import datetime

    for name, day in (("a.txt", 1), ("b.txt", 2), ("c.txt", 3)):
        (folder / name).write_text("the train " + name)
        set_mtime(name, datetime(2024, 5, day, 12).timestamp())
    searcher = Searcher(make_index({}))

    def found(**dates):
        return "".join(sorted(name[0] for name in names(searcher.search("train", **dates))))

    assert found(after="2024-05-02") == "bc"
    assert found(before="2024-05-02") == "a"
    assert found(after="2024-05-02", before="2024-05-03") == "b"
    assert found(after="2024-05-03", before="2024-05-02") == ""
    assert found(after="9999", before="0005") == ""
    assert found(before="9999") == "abc"
    set_mtime("b.txt", datetime(2024, 5, 2).timestamp())  # the moment the day begins
    searcher = Searcher(make_index({}))
    assert found(after="2024-05-02") == "bc"
    assert found(before="2024-05-02") == "a"
    hit = searcher.search("train", after="2024-05-03")[0]
    assert hit.modified.date().isoformat() == "2024-05-03"


def test_filters_together_must_all_pass(make_index, folder):
    searcher = Searcher(make_index(FILES))
    hits = searcher.search("train", languages="no", folders=folder / "travel", types="txt")
    assert set(names(hits)) == {"tog.txt", "tog-nn.txt"}
    assert searcher.search("train", languages="no", folders=folder / "health") == []


def test_filters_do_not_change_the_order(make_index):
    searcher = Searcher(make_index(FILES))
    free = [name for name in names(searcher.search("burn seat train")) if name.endswith(".txt")]
    assert names(searcher.search("burn seat train", types="txt")) == free


@pytest.mark.parametrize("query", ["", " ", "\n\t", "\u3000"])
def test_an_empty_query_is_refused_in_a_sentence(make_index, query):
    searcher = Searcher(make_index(FILES))
    with pytest.raises(QueryError, match="query is empty"):
        searcher.search(query)
    with pytest.raises(QueryError, match="query is empty"):
        searcher.query_language(query)


@pytest.mark.parametrize("filters", [{"languages": ["de"]}, {"types": "pdf"}, {}])
def test_a_limit_below_one_is_refused(make_index, filters):
    with pytest.raises(QueryError, match="at least 1"):
        Searcher(make_index(FILES)).search("train", limit=0, **filters)


def test_a_limit_beyond_the_index_gives_all_there_is(make_index):
    assert len(Searcher(make_index(FILES)).search("train", limit=10**12)) == len(FILES)


@pytest.mark.parametrize(
    "query", ["burn \ud800", "\x00burn\x1b[2J", "burn\udcff", "burn " * 20_000]
)
def test_strange_and_very_long_queries_are_answered(make_index, query):
    hits = Searcher(make_index(FILES)).search(query)
    assert {"burns.md", "brand.md"} == set(names(hits[:2]))


@pytest.mark.parametrize("query", ["\ud800", "\x00\x01", "!!!"])
def test_a_query_without_a_word_finds_nothing(make_index, query):
    assert Searcher(make_index(FILES)).search(query) == []


def test_the_language_of_a_query_is_told(make_index):
    searcher = Searcher(make_index(FILES))
    assert searcher.query_language("wo ist der arzt") == ("de", 0.9)


def test_a_query_of_few_words_is_rather_in_a_language_of_the_index_or_english(tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "arzt.txt").write_text("Der Arzt kommt heute nicht mehr. Rufen Sie morgen an.")
    encoder = load_encoder()
    with Index.create(tmp_path / "index", encoder=encoder) as index:
        sync(index, folder)
        searcher = Searcher(index)
        queries = ["fix a leak", "lost passport", "no heat", "stop snoring", "sprained ankle"]
        alone = [language for language, _ in encoder.identify(queries)]
        here = [searcher.query_language(query)[0] for query in queries]
        assert here.count("en") > alone.count("en")
        assert set(here) <= {"en", "de"}
        assert searcher.query_language("où est le médecin le plus proche ?")[0] == "fr"
        assert searcher.query_language("12345 ()")[0] == "und"


def test_an_unknown_language_code_is_refused(make_index):
    with pytest.raises(QueryError, match="“Klingonisch” is not a language code"):
        Searcher(make_index(FILES)).search("train", languages=["Klingonisch"])


def test_a_folder_no_file_can_be_called_is_refused(make_index):
    with pytest.raises(QueryError, match="No file can be called"):
        Searcher(make_index(FILES)).search("train", folders=["a\0b"])


def test_an_empty_index_finds_nothing(make_index, folder):
    (folder / "a.txt").write_text("the train")
    index = make_index({})
    index.forget(folder)
    assert Searcher(index).search("train") == []
    assert Searcher(index).search("train", languages="en") == []


def test_a_removed_document_is_found_no_more_and_another_never_takes_its_place(make_index, folder):
    index = make_index(FILES)
    searcher = Searcher(index)
    before = {p.id: p.text for hit in searcher.search("train") for p in hit.passages}
    (folder / "travel/train.txt").unlink()
    (folder / "new.txt").write_text("Reserve the seat on a night train in advance, new.")
    sync(index, folder)
    after = {p.id: p.text for hit in searcher.search("train") for p in hit.passages}
    assert "train.txt" not in names(searcher.search("train"))
    assert all(before[id] == text for id, text in after.items() if id in before)


def test_a_passage_whose_row_went_after_the_vectors_answered_is_passed_over(make_index):
    index = make_index(FILES)
    searcher = Searcher(index)
    ask = index.vectors.nearest
    gone = []

    def search_then_lose_a_row(query, limit, allowed=None):
        near = ask(query, limit, allowed)
        if not gone:
            gone.append(int(near.ids[0]))
            with index.transaction() as connection:
                connection.execute("DELETE FROM passages WHERE id = ?", gone)
        return near

    index.vectors.nearest = search_then_lose_a_row
    hits = searcher.search("cool a burn with running water")
    assert gone
    assert gone[0] not in [passage.id for hit in hits for passage in hit.passages]
    assert len(hits) == len(FILES) - 1


def test_a_file_name_that_is_no_text_is_found_and_can_be_opened(make_index, folder):
    import os

    path = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt"))
    try:
        path.write_text("the coffee grinder")
    except OSError:
        pytest.skip("this file system takes only names that are text")
    index = make_index({})
    hit = Searcher(index).search("coffee grinder")[0]
    assert hit.path.read_text() == "the coffee grinder"
    assert Searcher(index).similar(hit.path) == []


def test_similar_finds_what_is_like_a_document_and_never_the_document_itself(make_index, folder):
    searcher = Searcher(make_index(FILES))
    hits = searcher.similar(folder / "travel/tog.txt")
    assert names(hits)[0] == "tog-nn.txt"
    assert "tog.txt" not in names(hits)
    assert len(hits) == len(FILES) - 1


def test_similar_to_a_document_of_many_passages_still_fills_the_limit(make_index, folder):
    long = "\n\n".join("The kettle sings. " * 20 for n in range(80))
    index = make_index({"long.md": long} | {f"{n}.md": f"The kettle {n}" for n in range(4)})
    hits = Searcher(index).similar(folder / "long.md", limit=3)
    assert len(hits) == 3
    assert "long.md" not in names(hits)


def test_similar_to_a_passage_follows_that_passage(make_index, folder):
    text = "\n\n".join(["The ferry leaves at noon. " * 16, "Knead dough slowly, bake bread. " * 16])
    files = {"two.txt": text, "ferry.txt": "The ferry leaves", "bread.txt": "Bake bread dough"}
    searcher = Searcher(make_index(files))
    last = len(searcher.search("ferry", folders=folder / "two.txt")[0].passages) - 1
    assert names(searcher.similar(folder / "two.txt", passage=0))[0] == "ferry.txt"
    assert names(searcher.similar(folder / "two.txt", passage=last))[0] == "bread.txt"


def test_similar_to_a_document_counts_all_of_it_and_not_its_beginning_alone(make_index, folder):
    text = "\n\n".join(["The ferry leaves. " * 20, *["Knead dough, bake bread. " * 20] * 6])
    files = {"both.txt": text, "ferry.txt": "The ferry leaves", "bread.txt": "Knead bake bread"}
    assert names(Searcher(make_index(files)).similar(folder / "both.txt"))[0] == "bread.txt"


def test_similar_says_what_is_missing(make_index, folder):
    searcher = Searcher(make_index(FILES))
    with pytest.raises(QueryError, match=r"nowhere\.txt is not in the index"):
        searcher.similar(folder / "nowhere.txt")
    with pytest.raises(QueryError, match="has no passage #7; its passages are #0 to #0"):
        searcher.similar(folder / "page.html", passage=7)


def test_similar_to_a_file_that_could_not_be_read_gives_the_reason(make_index, folder):
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of a PDF follows")
    searcher = Searcher(make_index(FILES))
    with pytest.raises(QueryError, match="could not be read"):
        searcher.similar(folder / "broken.pdf")


def test_several_threads_may_search_at_once(make_index):
    searcher = Searcher(make_index(FILES))
    expected = names(searcher.search("burn"))
    answers = []

    def ask():
        answers.extend(names(searcher.search("burn")) == expected for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 80


def test_cosines_are_those_of_the_vectors(make_index, encoder):
    index = make_index(FILES)
    hit = Searcher(index).search("train")[0]
    stored = index.vectors_of(np.array([hit.passage.id]))[0]
    assert hit.cosine == pytest.approx(float(stored @ encoder.encode(["train"])[0]), abs=2e-3)


def test_a_compressed_file_is_of_the_type_it_holds(make_index, folder):
    (folder / "notes.txt.gz").write_bytes(gzip.compress(b"the night train"))
    searcher = Searcher(make_index({"other.md": "the train"}))
    for types in ("txt", "gz", "txt.gz", "text/plain", "plain"):
        assert names(searcher.search("train", types=types)) == ["notes.txt.gz"], types


def test_a_document_in_two_languages_names_both_with_their_shares(make_index):
    english, german = "the cat sleeps " * 60, "der Hund schläft " * 60
    index = make_index({"a.txt": "\n\n".join([english, english, german, "12 34 " * 90])})
    [hit] = Searcher(index).search("cat")
    languages = [row[0] for row in index.connection.execute("SELECT language FROM passages")]
    told = [one for one in languages if one != "und"]
    assert "und" in languages
    assert dict(hit.languages) == {code: told.count(code) / len(told) for code in ("en", "de")}
    assert hit.languages[0][0] == "en"


def test_hits_are_the_same_once_the_tokenizer_is_loaded(tmp_path):
    (tmp_path / "texts").mkdir()
    for number, text in enumerate(["Cool the burn. Then rest.", "A night train. Reserve a seat."]):
        (tmp_path / "texts" / f"{number}.txt").write_text(text)
    fresh = EmbeddedEncoder(data_folder() / "embedded")  # one that has cut nothing yet
    with Index.create(tmp_path / "index", encoder=fresh) as index:
        sync(index, tmp_path / "texts")
        searcher = Searcher(index)
        alone = searcher.search("burn train", explain=True)
        assert "tokenizer" not in vars(fresh)
        assert fresh.tokenizer
        assert searcher.search("burn train", explain=True) == alone
        assert alone[0].passages[0].words
