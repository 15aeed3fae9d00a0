"""The full-text table in step with the passages."""

import pytest

from indexer import lexical, sync
from indexer.index import Index


def terms(index: Index) -> list[tuple[int, str, str]]:
    return index.connection.execute(
        "SELECT rowid, words, parts FROM passages_fts ORDER BY rowid"
    ).fetchall()


def ids(index: Index) -> list[int]:
    return [row[0] for row in index.connection.execute("SELECT id FROM passages ORDER BY id")]


def test_every_passage_has_its_terms_and_a_removed_one_none(index, documents, helpers):
    sync(index, documents)
    assert [row[0] for row in terms(index)] == ids(index)
    assert any("kase" in words.split() for _, words, _ in terms(index))
    (documents / "käse.txt").unlink()
    helpers.write(documents / "apples.md", "# Apples\n\nPears instead.")
    sync(index, documents)
    assert [row[0] for row in terms(index)] == ids(index)
    assert not any("kase" in words.split() for _, words, _ in terms(index))
    index.forget(documents)
    assert terms(index) == []


def test_terms_hold_the_title_and_the_heading(index, documents, helpers):
    helpers.write(documents / "t.html", "<title>Zucchini</title><h2>Aubergine</h2><p>Slice it.")
    sync(index, documents)
    assert any({"zucchini", "aubergine", "slice"} <= set(row[1].split()) for row in terms(index))


def test_an_older_index_opens_and_the_next_sync_makes_the_terms_and_nothing_else(
    index, documents, encoder, make_older
):
    sync(index, documents)
    before, texts = terms(index), len(encoder.texts)
    index.close()
    make_older(index.folder, 1)
    with Index.open(index.folder, encoder=encoder) as opened:
        assert terms(opened) == []
        events = []
        report = sync(opened, documents, progress=events.append)
        assert (report.added, report.changed, report.embedded) == ((), (), 0)
        assert terms(opened) == before
        assert "segmenting" in {event.phase for event in events}
        assert len(encoder.texts) == texts


def test_another_segmentation_makes_all_terms_again(index, documents, monkeypatch):
    sync(index, documents)
    before = terms(index)
    with index.transaction() as connection:
        connection.execute("UPDATE passages_fts SET words = 'old'")
    sync(index, documents)
    assert terms(index) != before
    monkeypatch.setattr(lexical, "SEGMENTATION_VERSION", "another")
    sync(index, documents)
    assert terms(index) == before


def test_making_terms_goes_on_where_it_was_stopped(index, helpers, monkeypatch):
    helpers.fill(index, 50)
    before = terms(index)
    monkeypatch.setattr(lexical, "_BATCH", 20)

    class EndedError(Exception):
        pass

    def end(done: int, total: int) -> None:
        raise EndedError

    with pytest.raises(EndedError):
        lexical.catch_up(index, end)
    assert len(terms(index)) == 20
    told = []
    lexical.catch_up(index, lambda done, total: told.append((done, total)))
    assert told == [(40, 50), (50, 50)]
    assert terms(index) == before
    lexical.catch_up(index, end)


def test_the_table_is_whole(index, documents):
    sync(index, documents)
    index.connection.execute("INSERT INTO passages_fts(passages_fts) VALUES ('integrity-check')")
