import numpy as np

from search import columns
from search.columns import Columns


def _languages(held: Columns, ids: list[int]) -> list[str]:
    return [held.codes[place] for place in held.languages[held.places(np.array(ids))].tolist()]


def test_each_passage_stands_with_its_document_and_its_language(make_index) -> None:
    index = make_index({"a.txt": "the cat", "b.txt": "der Hund\n\n" + "ikke " * 200})
    held = columns.read(index.connection)
    rows = index.connection.execute("SELECT id, document, language FROM passages").fetchall()
    assert len(rows) > 2
    assert held.ids.tolist() == sorted(row[0] for row in rows)
    places = held.places(np.array([row[0] for row in rows]))
    assert held.documents[places].tolist() == [row[1] for row in rows]
    assert _languages(held, [row[0] for row in rows]) == [row[2] for row in rows]


def test_a_passage_too_short_to_tell_counts_as_in_its_document_s_language(make_index) -> None:
    index = make_index({"a.txt": "der Hund " * 100 + "\n\n" + "12345 " * 100})
    held = columns.read(index.connection)
    assert sorted({held.codes[place] for place in held.languages}) == ["de", "und"]
    assert {held.codes[place] for place in held.counts_as} == {"de"}


def test_an_id_that_is_not_there_has_no_place(make_index) -> None:
    held = columns.read(make_index({"a.txt": "the cat"}).connection)
    assert held.places(np.array([0, 1, 99])).tolist() == [-1, 0, -1]


def test_an_index_without_passages_has_empty_columns(make_index, folder) -> None:
    index = make_index({"a.txt": "the cat"})
    index.forget(folder)
    held = columns.read(index.connection)
    assert held.places(np.array([1])).tolist() == [-1]
    assert not held.among_documents(np.array([1])).any()


def test_a_commit_that_changes_passages_is_seen(make_index) -> None:
    index = make_index({"a.txt": "the cat"})
    before = columns.revision(index.connection)
    make_index({"b.txt": "the dog"})
    assert columns.revision(index.connection) != before
    assert len(columns.read(index.connection).ids) == 2
