"""The Map page: which passages it shows, where, and what of a document reaches the browser."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from indexer import Index, load_encoder, sync
from indexer.errors import QueryError
from ui.locations import INDEX_VARIABLE
from ui.page_map import COLOURS, payload, picture_of
from ui.page_reading import reading_html, reading_of

APP = str(Path(__file__).resolve().parent.parent.parent / "ui" / "app.py")
HOSTILE = "<script>alert(1)</script> $x^2$ :smile: \u202ename"


@pytest.fixture
def index(tmp_path, documents):
    (documents / "hostile.md").write_text(f"# {HOSTILE}\n\nA fever text. {HOSTILE}\n")
    (documents / "hostile.txt").write_text(f"A hostile zeppelin. {HOSTILE}")
    (documents / "long.txt").write_text("\n\n".join(f"{n} words and more. " * 40 for n in range(9)))
    with Index.create(tmp_path / "index", encoder=load_encoder("embedded")) as opened:
        sync(opened, documents)
        yield opened


def passages(index):
    return [row[0] for row in index.connection.execute("SELECT id FROM passages ORDER BY id")]


def unpacked(data, name, kind):
    return np.frombuffer(base64.b64decode(data[name]), kind)


def test_every_passage_is_a_point_and_points_are_the_same_every_time(index):
    picture = picture_of(index, centred=False)
    assert sorted(picture.ids.tolist()) == passages(index) and picture.total == len(picture.ids)
    again = picture_of(index, centred=False)
    np.testing.assert_array_equal(picture.projection.points, again.projection.points)
    spread = picture_of(index, centred=True).projection.points
    assert not np.allclose(picture.projection.points, spread)


def test_a_large_index_is_sampled_and_the_wanted_passages_are_among_the_sample(index):
    everything = passages(index)
    wanted = everything[-2:]
    picture = picture_of(index, centred=False, wanted=wanted, most=3)
    assert set(wanted) <= set(picture.ids.tolist()) and 3 <= len(picture.ids) <= 5
    assert picture.total == len(everything)


def test_what_the_browser_gets_says_where_what_and_in_which_colour(index, documents):
    picture = picture_of(index, centred=False)
    for colouring, expected in (("language", "German"), ("folder", "documents/travel")):
        data = payload(picture, colouring, [documents], [int(picture.ids[2]), 999_999])
        points = unpacked(data, "points", "<f4")
        assert len(points) == 2 * len(picture.ids) and abs(points).max() <= 1.0001
        group = unpacked(data, "group", "u1")
        names = [entry["name"] for entry in data["groups"]]
        assert expected in names
        for place, entry in enumerate(data["groups"]):
            assert int((group == place).sum()) == entry["count"]
        assert data["hits"] == [2]
        json.dumps(data)
    travel = names.index("documents/travel")
    inside = [p for p, document in enumerate(picture.documents)
              if picture.paths[document].parent.name == "travel"]  # fmt: skip
    assert all(group[place] == travel for place in inside) and len(inside) == 2


def test_groups_beyond_the_colours_share_one(index, documents, tmp_path):
    for number in range(len(COLOURS) + 3):
        (documents / f"folder {number}").mkdir()
        (documents / f"folder {number}" / "a.txt").write_text(f"Text number {number}.")
    sync(index, documents)
    data = payload(picture_of(index, centred=False), "folder", [documents], [])
    assert len(data["groups"]) == len(COLOURS) + 1
    assert data["groups"][-1]["name"].endswith("other folders")
    assert unpacked(data, "group", "u1").max() == len(COLOURS)


def test_nothing_invisible_of_a_document_reaches_the_browser(index, documents):
    data = payload(picture_of(index, centred=False), "folder", [documents], [])
    texts = base64.b64decode(data["texts"]).decode().split("\n")
    assert len(texts) == len(data["ids"])
    for text in (*texts, *data["titles"]):
        assert "\u202e" not in text
    assert any("⟨U+202E⟩" in title for title in data["titles"])


def test_a_passage_is_read_between_its_neighbours(index, documents):
    [chosen] = index.connection.execute(
        "SELECT p.id FROM passages p JOIN documents d ON d.id = p.document "
        "WHERE CAST(d.path AS TEXT) LIKE '%long.txt' AND p.ordinal = 3"
    ).fetchone()
    reading = reading_of(index, chosen, 1)
    assert [part.ordinal for part in reading.parts] == [2, 3, 4]
    shown = reading_html(reading, [documents])
    texts = [part.text[:40] for part in reading.parts]
    assert shown.index(texts[0]) < shown.index("ct-here") < shown.index(texts[2], 1)
    assert f"passage 4 of {reading.last + 1}" in shown
    assert shown.count("ct-here") == 1


def test_a_hostile_passage_is_read_as_text_and_one_that_is_gone_is_told(index):
    [hostile] = index.connection.execute(
        "SELECT p.id FROM passages p JOIN documents d ON d.id = p.document "
        "WHERE CAST(d.path AS TEXT) LIKE '%hostile.txt'"
    ).fetchone()
    shown = reading_html(reading_of(index, hostile))
    assert "<script" not in shown and "\u202e" not in shown and "&lt;script&gt;" in shown
    with pytest.raises(QueryError, match="has left the index"):
        reading_of(index, 999_999)


def test_the_page_says_what_it_shows_and_what_is_marked(index, monkeypatch):
    monkeypatch.setenv(INDEX_VARIABLE, str(index.folder))
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params["q"] = "cool a burn"
    app.run().switch_page("views/map.py").run()
    said = " ".join(element.value for element in app.html)
    assert not app.exception
    assert f"{len(passages(index))} passages · the plane keeps" in said
    assert "answers to “cool a burn”" in said
    app.toggle[0].set_value(True).run()
    assert not app.exception and "answers to" in " ".join(element.value for element in app.html)


def test_without_an_index_the_map_says_where_to_begin(monkeypatch, tmp_path):
    monkeypatch.setenv(INDEX_VARIABLE, str(tmp_path / "none"))
    app = AppTest.from_file(APP, default_timeout=120).run().switch_page("views/map.py").run()
    assert "Nothing is indexed yet." in " ".join(element.value for element in app.html)
