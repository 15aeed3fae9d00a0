"""Making, opening and asking an index as a whole."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from indexer import sync
from indexer.database import FILE_NAME
from indexer.errors import (
    CrosstongueError,
    EncoderMismatchError,
    IndexNotFoundError,
    SchemaTooNewError,
    SourceError,
)
from indexer.index import Index
from indexer.schema import SCHEMA_VERSION


def test_a_new_index_is_its_owners_alone(tmp_path, encoder):
    with Index.create(tmp_path / "deep" / "index", encoder=encoder) as index:
        assert index.folder.stat().st_mode & 0o777 == 0o700
        for file in index.folder.iterdir():
            assert file.stat().st_mode & 0o077 == 0, file


def test_an_existing_folder_keeps_its_mode_and_its_files(tmp_path, encoder):
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o755)
    (folder / "notes.txt").write_text("mine")
    with Index.create(folder, encoder=encoder):
        assert folder.stat().st_mode & 0o777 == 0o755
        assert (folder / "notes.txt").read_text() == "mine"
        assert (folder / FILE_NAME).stat().st_mode & 0o077 == 0


def test_creating_an_index_again_opens_it(index, documents, encoder):
    sync(index, documents)
    with Index.create(index.folder, encoder=encoder) as again:
        assert again.status().documents == 5


def test_several_processes_may_make_one_index_at_once(tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from conftest import NgramEncoder, Index\n"
        "Index.create(sys.argv[1], encoder=NgramEncoder()).close()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "index"), str(Path(__file__).parent)]
    makers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [(maker.communicate()[1], maker.returncode) for maker in makers] == [("", 0)] * 4


def test_making_an_index_waits_while_another_process_makes_it(tmp_path, encoder):
    other = sqlite3.connect(tmp_path / FILE_NAME, check_same_thread=False, isolation_level=None)
    other.execute("CREATE TABLE begun(made)")
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.rollback)
    release.start()
    with Index.create(tmp_path, encoder=encoder) as index:
        assert not release.is_alive()
        assert index.status().documents == 0
    other.close()


def test_opening_nothing_says_what_to_run(tmp_path):
    with pytest.raises(IndexNotFoundError, match="run `crosstongue index FOLDER`"):
        Index.open(tmp_path / "nothing")


def test_an_index_whose_making_was_killed_is_made_anew(tmp_path, encoder):
    (tmp_path / FILE_NAME).touch()
    with pytest.raises(IndexNotFoundError):
        Index.open(tmp_path)
    with Index.create(tmp_path, encoder=encoder) as index:
        assert index.status().documents == 0


def test_another_encoder_is_refused_by_name_with_the_command(index, helpers):
    other = helpers.Encoder(revision="2")
    for way in (Index.create, Index.open):
        with pytest.raises(EncoderMismatchError) as refused:
            way(index.folder, encoder=other)
        assert index.spec.fingerprint in str(refused.value)
        assert other.spec.fingerprint in str(refused.value)
        assert "crosstongue index --re-embed" in str(refused.value)


def test_an_encoder_that_no_longer_exists_is_an_error_a_person_can_read(index):
    with Index.open(index.folder) as opened:
        assert opened.spec == index.spec
        with pytest.raises(CrosstongueError, match="ngrams"):
            opened.encoder  # noqa: B018


def test_an_index_from_a_newer_schema_is_refused(index, encoder):
    index.connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    for way in (
        lambda: Index.open(index.folder),
        lambda: Index.create(index.folder, encoder=encoder),
    ):
        with pytest.raises(SchemaTooNewError, match="upgrade Crosstongue"):
            way()


@pytest.mark.parametrize(
    "damage", [b"this is not a database" * 1000, b"SQLite format 3\0" + b"x" * 5000]
)
def test_a_damaged_database_is_one_sentence(tmp_path, damage):
    (tmp_path / FILE_NAME).write_bytes(damage)
    with pytest.raises(CrosstongueError, match="damaged"):
        Index.open(tmp_path)


def test_a_database_damaged_in_the_middle_is_one_sentence(index, documents, encoder):
    sync(index, documents)
    index.close()
    file = index.folder / FILE_NAME
    data = bytearray(file.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    file.write_bytes(data)
    with pytest.raises(CrosstongueError, match=r"damaged|could not be used"):
        with Index.open(index.folder, encoder=encoder) as opened:
            sync(opened, documents)


def test_a_file_is_no_place_for_an_index(tmp_path, encoder):
    (tmp_path / "file").write_text("x")
    with pytest.raises(CrosstongueError, match="is a file"):
        Index.create(tmp_path / "file", encoder=encoder)


def test_a_place_that_cannot_be_written_is_one_sentence(open_folder, as_nobody):
    closed = open_folder / "closed"
    closed.mkdir(mode=0o500)
    printed = as_nobody(
        f"for place in ({str(closed)!r}, {str(closed / 'index')!r}):\n"
        "    try:\n        Index.create(place, encoder=NgramEncoder())\n"
        "    except CrosstongueError as error:\n        print(error)\n"
    )
    assert printed.count("cannot be used") == len(printed.splitlines()) == 2


def test_an_index_that_may_only_be_read_is_one_sentence(open_folder, as_nobody, encoder):
    with Index.create(open_folder / "index", encoder=encoder) as index:
        folder = index.folder
    folder.chmod(0o755)
    for file in folder.iterdir():
        file.chmod(0o644)
    printed = as_nobody(
        f"try:\n    index = Index.open({str(folder)!r}, encoder=NgramEncoder())\n"
        f"    sync(index, {str(open_folder)!r})\n"
        "except CrosstongueError as error:\n    print(error)\n"
    )
    assert len(printed.splitlines()) == 1 and str(folder) in printed


def test_sqlite_utils_reads_the_index(index, documents):
    sync(index, documents)
    assert index.db["documents"].count == 5
    assert {row["title"] for row in index.db["documents"].rows} >= {"Apples", "Rent"}


def test_opening_and_searching_import_nothing_slow(index, documents):
    sync(index, documents)
    code = (
        "import sys\nfrom indexer.index import Index\nimport numpy as np\n"
        "index = Index.open(sys.argv[1])\n"
        "ids, _ = index.vectors.search(np.ones((1, 64), np.float32), 3)\n"
        "assert (ids > 0).all(); index.vectors_of(ids[0])\n"
        "print(*{'sqlite_utils', 'pandas', 'torch', 'pathspec'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(index.folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_vectors_of_passages_come_in_the_order_asked(index, helpers):
    helpers.fill(index, 10)
    rows = index.vectors_of(np.array([4, 2, 999, 4], np.int64))
    texts = dict(index.connection.execute("SELECT id, text FROM passages").fetchall())
    wanted = index.encoder.encode([texts[4], texts[2], texts[4]])
    np.testing.assert_allclose(rows[[0, 1, 3]], wanted, atol=1e-3)
    assert not rows[2].any()


def test_status_counts_what_a_person_asks_for(index, documents, helpers):
    helpers.write(documents / "broken.pdf", "%PDF-1.4 not really")
    sync(index, documents)
    status = index.status()
    assert (status.documents, status.passages) == (5, 5)
    assert [(c.language, c.documents) for c in status.languages] == [("en", 4), ("de", 1)]
    assert [source.display for source in status.sources] == [str(documents)]
    assert status.sources[0].documents == 5
    assert [file.path for file in status.failed] == [str(documents / "broken.pdf")]
    assert status.failed[0].reason
    assert status.size_bytes > 10_000
    assert (status.encoder, status.dimension) == ("ngrams", 64)
    assert status.job is not None and status.job.state == "done"


def test_forgetting_a_source_removes_its_documents_and_vectors(index, documents, tmp_path, helpers):
    helpers.write(tmp_path / "other" / "pears.txt", "Pears ripen after apples.")
    sync(index, [documents, tmp_path / "other"])
    assert index.forget(documents) == 5
    assert helpers.names(index) == ["pears.txt"]
    assert index.connection.execute("SELECT count(*) FROM vectors").fetchone() == (1,)
    assert helpers.nearest(index, "apples", 5) == ["Pears ripen after apples."]
    assert [source.display for source in index.sources()] == [str(tmp_path / "other")]
    assert (documents / "apples.md").exists()


def test_forgetting_what_was_never_indexed_names_what_was(index, documents):
    with pytest.raises(SourceError, match="has none"):
        index.forget(documents)
    sync(index, documents)
    with pytest.raises(SourceError, match=f"is not an indexed folder; these are: {documents}"):
        index.forget(documents / "law")


def test_forgetting_a_source_inside_another_leaves_the_documents_to_that(index, documents, helpers):
    sync(index, documents / "law")
    sync(index, documents)
    assert index.forget(documents / "law") == 0
    assert len(helpers.names(index)) == 5
    assert sync(index, documents).unchanged == 5


def test_re_embedding_changes_the_encoder_and_nothing_else(index, documents, helpers, encoder):
    sync(index, documents)
    ids = index.connection.execute("SELECT id, text FROM passages ORDER BY id").fetchall()
    other = helpers.Encoder(revision="2", dimension=32)
    events = []
    assert index.re_embed(other, progress=events.append)
    assert events[-1].files_done == events[-1].files_total == 5
    assert index.spec == other.spec
    assert index.connection.execute("SELECT id, text FROM passages ORDER BY id").fetchall() == ids
    assert index.connection.execute(
        "SELECT DISTINCT fingerprint, length(vector) FROM vectors"
    ).fetchall() == [(other.spec.fingerprint, 64)]
    assert helpers.nearest(index, "bicycle chain")[0].startswith("Repairing")
    assert sync(index, documents).unchanged == 5
    with pytest.raises(EncoderMismatchError):
        Index.open(index.folder, encoder=encoder)


def test_whoever_has_the_index_open_is_told_that_its_encoder_changed(index, documents, helpers):
    sync(index, documents)
    with Index.open(index.folder, encoder=index.encoder) as reader:
        query = reader.encoder.encode(["bicycle"], kind="query")
        reader.vectors.search(query, 1)
        index.re_embed(helpers.Encoder(revision="2", dimension=32))
        with pytest.raises(EncoderMismatchError):
            reader.vectors.search(query, 1)


def test_re_embedding_goes_on_where_it_was_stopped(index, helpers, monkeypatch):
    monkeypatch.setattr("indexer.re_embedding._BATCH", 10)
    helpers.fill(index, 35)

    class Breaking(helpers.Encoder):
        def encode(self, texts, *, kind="document"):
            if self.calls == 2:
                raise KeyboardInterrupt
            return super().encode(texts, kind=kind)

    with pytest.raises(KeyboardInterrupt):
        index.re_embed(Breaking(revision="2"))
    assert index.spec.revision == "1"
    text = index.connection.execute("SELECT text FROM passages WHERE id = 8").fetchone()[0]
    assert helpers.nearest(index, text) == [text]
    helpers.fill(index, 3, first=100)
    other = helpers.Encoder(revision="2")
    index.re_embed(other)
    assert len(other.texts) == 35 - 20 + 3
    assert index.connection.execute("SELECT count(*) FROM staged_vectors").fetchone() == (0,)
    assert helpers.nearest(index, text) == [text]


def test_removing_a_document_removes_what_hangs_on_it(index, documents, helpers):
    sync(index, documents)
    index.vectors.settle(index.folder)
    row = index.connection.execute("SELECT id, document FROM passages LIMIT 1").fetchone()
    helpers.drop(index, [row[0]])
    connection = index.connection
    assert connection.execute("SELECT id FROM removed_passages").fetchall() == [(row[0],)]
    assert connection.execute("SELECT count(*) FROM passages").fetchone() == (4,)
    assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (4,)
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_passage_id_is_never_used_twice(index, helpers):
    helpers.fill(index, 5)
    helpers.drop(index, [4, 5])
    helpers.fill(index, 1, first=50)
    assert index.connection.execute("SELECT max(id) FROM passages").fetchone() == (6,)


def test_threads_have_connections_of_their_own_and_old_ones_are_closed(index):
    seen = []

    def ask() -> None:
        seen.append(index.connection)
        index.connection.execute("SELECT 1")

    for _ in range(5):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert len({id(connection) for connection in seen}) == 5
    for connection in seen[:-1]:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


def test_an_index_folder_whose_name_is_not_utf_8_works(tmp_path, encoder, documents, helpers):
    place = Path(os.fsdecode(os.fsencode(tmp_path) + b"/index-\xff\xfe"))
    with Index.create(place, encoder=encoder) as index:
        sync(index, documents)
        assert helpers.nearest(index, "bicycle chain")[0].startswith("Repairing")
    with Index.open(place, encoder=encoder) as index:
        assert index.status().documents == 5
