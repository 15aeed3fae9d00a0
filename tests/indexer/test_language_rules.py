"""Languages that a person says documents are in: what they reach, and how they are taken back."""

import os

import numpy as np
import pytest

from indexer import load_encoder, sync
from indexer.errors import CrosstongueError, IndexBusyError
from indexer.index import Index
from indexer.jobs import writer_lock
from indexer.language_rules import guess_again, refresh, rules_of, set_language
from search import Searcher

NORWEGIAN = "Vi fyrer i ovnen og koker grøt til frokost, og så går barna på skolen."
TEXTS = {
    "old/one.txt": f"Første. {NORWEGIAN}",
    "old/deep/two.txt": f"Andre. {NORWEGIAN}",
    "new/three.txt": f"Tredje. {NORWEGIAN}",
    "new/notes.md": "# Notes\n\nThe stove is hot, and the porridge is ready for the children.\n",
}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "texts"


@pytest.fixture
def index(tmp_path, folder):
    for name, text in TEXTS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    with Index.create(tmp_path / "index", encoder=load_encoder()) as index:
        sync(index, folder)
        yield index


def languages(index):
    rows = index.connection.execute(
        "SELECT path, language, language_given FROM documents ORDER BY path"
    )
    root = os.fsencode(index.sources()[0].root) + b"/"
    return {path.removeprefix(root).decode(): (code, given) for path, code, given in rows}


def passages(index):
    return index.connection.execute(
        "SELECT id, language, language_probability FROM passages ORDER BY id"
    ).fetchall()


def found(index, language):
    hits = Searcher(index).search("breakfast", languages=language)
    return sorted(hit.path.name for hit in hits)


def test_a_folder_is_in_the_language_somebody_said_and_searches_know(index, folder):
    assert found(index, "nn") == []
    assert set_language(index, folder / "old", "nno") == 2
    assert languages(index)["old/deep/two.txt"] == ("nn", 1)
    assert languages(index)["new/three.txt"] == ("nb", 0)
    assert found(index, "nn") == ["one.txt", "two.txt"]
    [hit, *_] = Searcher(index).search("breakfast", languages="nn")
    assert (hit.language, hit.languages) == ("nn", (("nn", 1.0),))
    assert [rule.documents for rule in index.status().language_rules] == [2]


def test_a_documents_own_rule_decides_and_else_the_last_one(index, folder):
    set_language(index, folder / "old" / "one.txt", "da")
    set_language(index, "old/**", "nn")
    set_language(index, folder / "old" / "deep", "sv")
    said = {name: code for name, (code, _) in languages(index).items()}
    assert (said["old/one.txt"], said["old/deep/two.txt"]) == ("da", "sv")
    set_language(index, "old/**", "nn")
    assert languages(index)["old/deep/two.txt"] == ("nn", 1)
    assert [(rule.language, rule.documents) for rule in rules_of(index)] == [
        ("da", 1),
        ("sv", 0),
        ("nn", 1),
    ]


def test_what_was_said_is_taken_back_exactly(index, folder):
    before, told = passages(index), languages(index)
    set_language(index, folder, "ja")
    assert {code for _, code, _ in passages(index)} == {"ja"}
    guess_again(index, folder)
    assert languages(index) == told
    for (id_, code, probability), (was, said, chance) in zip(passages(index), before, strict=True):
        assert (id_, code) == (was, said)
        assert probability == pytest.approx(chance, abs=1e-3)
    with pytest.raises(CrosstongueError, match="No language was set"):
        guess_again(index, folder)


def test_documents_that_come_later_are_in_it_and_those_that_leave_are_not(index, folder):
    set_language(index, "nn-*", "nn")
    (folder / "nn-four.txt").write_text(f"Fjerde. {NORWEGIAN}", "utf-8")
    sync(index)
    assert languages(index)["nn-four.txt"] == ("nn", 1)
    assert refresh(index) == 0
    (folder / "nn-four.txt").rename(folder / "four.txt")
    (folder / "new" / "three.txt").rename(folder / "new" / "nn-three.txt")
    report = sync(index)
    assert len(report.moved) == 2
    assert languages(index)["four.txt"] == ("nb", 0)
    assert languages(index)["new/nn-three.txt"] == ("nn", 1)


def test_what_was_said_of_one_document_goes_with_it(index, folder):
    set_language(index, folder / "new" / "three.txt", "nn")
    (folder / "new" / "three.txt").rename(folder / "old" / "3.txt")
    sync(index)
    assert languages(index)["old/3.txt"] == ("nn", 1)
    [rule] = rules_of(index)
    assert rule.what.endswith(b"/old/3.txt")
    (folder / "old" / "3.txt").write_text(f"Endret. {NORWEGIAN}", "utf-8")
    sync(index)
    assert languages(index)["old/3.txt"] == ("nn", 1)


def test_the_same_text_elsewhere_keeps_its_guess(index, folder):
    set_language(index, folder / "old", "nn")
    (folder / "new" / "same.txt").write_text(TEXTS["old/one.txt"], "utf-8")
    report = sync(index)
    assert (len(report.added), report.embedded) == (1, 0)
    assert languages(index)["new/same.txt"] == ("nb", 0)


def test_a_centred_view_is_made_anew(index, folder):
    index.set_centring(True)
    before = index.vectors.rows(np.array([1, 2, 3]))
    set_language(index, folder / "old", "en")
    after = index.vectors.rows(np.array([1, 2, 3]))
    assert not np.allclose(before, after, atol=1e-3)
    guess_again(index, folder / "old")
    np.testing.assert_allclose(index.vectors.rows(np.array([1, 2, 3])), before, atol=1e-3)


@pytest.mark.parametrize(
    ("what", "language", "said"),
    [
        ("nowhere", "nn", "is not in the index"),
        ("/nowhere/*.txt", "nn", "as it reads from an indexed folder"),
        ("*.txt", "norsk!", "not a language code"),
        ("*.txt", "", "not a language code"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_changes(index, what, language, said):
    with pytest.raises(CrosstongueError, match=said):
        set_language(index, what, language)
    assert rules_of(index) == ()


def test_nothing_is_said_while_another_writes(index, folder):
    with writer_lock(index.folder, "a test"), pytest.raises(IndexBusyError):
        set_language(index, folder, "nn")
    assert rules_of(index) == ()


def test_an_index_from_before_opens_and_takes_rules(index, folder, make_older):
    place = index.folder
    index.close()
    make_older(place, 5)
    with Index.open(place) as again:
        assert set_language(again, folder / "old", "nn") == 2
