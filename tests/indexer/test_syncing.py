"""Folders into an index and back out of it: what a person sees happen to their documents."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from indexer import sync
from indexer.errors import CrosstongueError, EncoderMismatchError, SourceError
from indexer.index import Index
from indexer.paths import to_bytes


def short(shown) -> list[str]:
    return sorted(Path(path).name for path in shown)


def test_a_folder_becomes_searchable(index, documents, helpers):
    report = sync(index, documents)
    assert len(report.added) == report.passages == report.embedded == 5
    assert helpers.nearest(index, "repairing a bicycle chain")[0].startswith("Repairing")
    row = index.connection.execute(
        "SELECT title, media_type, language FROM documents WHERE path = ?",
        (os.fsencode(documents / "law" / "rent.md"),),
    ).fetchone()
    assert row == ("Rent", "text/markdown", "en")


def test_a_second_run_reads_and_embeds_nothing(index, documents, encoder):
    sync(index, documents)
    calls = encoder.calls
    report = sync(index, documents)
    assert (report.unchanged, report.added, report.embedded) == (5, (), 0)
    assert encoder.calls == calls


def test_a_changed_file_is_read_again_and_its_old_text_is_gone(index, documents, helpers):
    sync(index, documents)
    helpers.write(documents / "bicycle.txt", "A bicycle tyre is mended with rubber and glue.")
    report = sync(index, documents)
    assert short(report.changed) == ["bicycle.txt"]
    assert helpers.nearest(index, "bicycle", 1)[0].startswith("A bicycle tyre")
    texts = index.connection.execute("SELECT text FROM passages").fetchall()
    assert len(texts) == 5 and not any("chain" in text for (text,) in texts)
    assert index.connection.execute("SELECT count(*) FROM vectors").fetchone() == (5,)


def test_a_changed_file_keeps_the_vectors_of_what_did_not_change(
    index, documents, encoder, helpers
):
    parts = [f"{word} " * 80 + "." for word in ("walnut", "hazel", "chestnut", "almond")]
    helpers.write(documents / "nuts.txt", "\n\n".join(parts))
    sync(index, documents)
    helpers.write(documents / "nuts.txt", "\n\n".join([*parts, "pecan " * 80 + "."]))
    report = sync(index, documents)
    assert report.passages > report.embedded == 1


def test_a_file_of_the_same_size_and_time_is_found_changed_by_verifying(index, documents):
    sync(index, documents)
    file = documents / "bicycle.txt"
    state = file.stat()
    file.write_text(file.read_text().replace("chain", "brake"))
    os.utime(file, ns=(state.st_mtime_ns, state.st_mtime_ns))
    assert sync(index, documents).unchanged == 5
    assert short(sync(index, documents, verify=True).changed) == ["bicycle.txt"]


def test_a_file_changed_in_the_second_it_was_indexed_is_not_trusted(index, documents):
    file = documents / "bicycle.txt"
    file.write_text("The chain of a bicycle.")
    sync(index, documents)
    state = file.stat()
    file.write_text("The brake of a bicycle.")
    os.utime(file, ns=(state.st_mtime_ns, state.st_mtime_ns))
    assert short(sync(index, documents).changed) == ["bicycle.txt"]


def test_a_touched_file_is_not_embedded_again(index, documents, helpers):
    sync(index, documents)
    helpers.age(documents / "bicycle.txt", 77)
    report = sync(index, documents)
    assert (report.unchanged, report.changed) == (5, ())
    assert index.connection.execute(
        "SELECT mtime FROM documents WHERE path = ?", (os.fsencode(documents / "bicycle.txt"),)
    ).fetchone() == ((documents / "bicycle.txt").stat().st_mtime_ns,)


def test_a_moved_file_keeps_its_passages_and_is_not_embedded(index, documents, encoder, helpers):
    sync(index, documents)
    before = index.connection.execute("SELECT id, document, text FROM passages").fetchall()
    calls = encoder.calls
    (documents / "bicycle.txt").rename(documents / "law" / "velo.txt")
    report = sync(index, documents)
    assert report.moved == ((str(documents / "bicycle.txt"), str(documents / "law" / "velo.txt")),)
    assert (report.removed, report.added, encoder.calls) == ((), (), calls)
    assert index.connection.execute("SELECT id, document, text FROM passages").fetchall() == before
    assert "velo.txt" in helpers.names(index) and "bicycle.txt" not in helpers.names(index)
    assert sync(index, documents).unchanged == 5


def test_a_whole_folder_that_was_renamed_is_moved(index, documents, encoder):
    sync(index, documents)
    calls = encoder.calls
    (documents / "law").rename(documents / "recht")
    assert len(sync(index, documents).moved) == 2
    assert encoder.calls == calls


def test_two_files_with_the_same_text_are_two_documents_embedded_once(index, documents, helpers):
    helpers.write(documents / "copy.txt", (documents / "bicycle.txt").read_text())
    report = sync(index, documents)
    assert (len(report.added), report.passages, report.embedded) == (6, 6, 5)
    (documents / "copy.txt").unlink()
    assert short(sync(index, documents).removed) == ["copy.txt"]
    assert helpers.nearest(index, "bicycle chain")[0].startswith("Repairing")


def test_a_file_under_another_extension_is_read_by_its_new_reader(index, documents):
    sync(index, documents)
    (documents / "apples.md").rename(documents / "apples.txt")
    report = sync(index, documents)
    assert (short(report.added), short(report.removed)) == (["apples.txt"], ["apples.md"])


def test_a_removed_file_is_removed(index, documents, helpers):
    sync(index, documents)
    (documents / "käse.txt").unlink()
    assert short(sync(index, documents).removed) == ["käse.txt"]
    assert "käse.txt" not in helpers.names(index)


def test_a_file_that_a_new_rule_leaves_out_is_removed(index, documents, helpers):
    sync(index, documents)
    helpers.write(documents / ".gitignore", "*.md\n")
    assert short(sync(index, documents).removed) == ["apples.md", "rent.md"]


def test_rules_given_once_hold_until_others_are_given(index, documents, helpers):
    sync(index, documents, ignore=["*.md"])
    assert helpers.names(index) == ["bicycle.txt", "contract.txt", "käse.txt"]
    assert sync(index, documents).unchanged == 3
    assert index.sources()[0].ignore_rules == ("*.md",)
    sync(index, documents, ignore=["law/"])
    assert helpers.names(index) == ["apples.md", "bicycle.txt", "käse.txt"]


def test_a_dry_run_returns_the_plan_and_writes_nothing(index, documents, helpers):
    sync(index, documents)
    helpers.write(documents / "new.txt", "Something new.")
    helpers.write(documents / "bicycle.txt", "Something else.")
    (documents / "apples.md").rename(documents / "pears.md")
    (documents / "käse.txt").unlink()
    before = (helpers.contents(index), list(index.connection.execute("SELECT * FROM jobs")))
    report = sync(index, documents, dry_run=True)
    assert report.dry_run and report.job is None
    assert short(report.added) == ["new.txt"]
    assert short(report.changed) == ["bicycle.txt"]
    assert [short(pair) for pair in report.moved] == [["apples.md", "pears.md"]]
    assert short(report.removed) == ["käse.txt"]
    assert report.unchanged == 2
    after = (helpers.contents(index), list(index.connection.execute("SELECT * FROM jobs")))
    assert after == before


def test_a_dry_run_on_a_new_folder_leaves_no_source(index, documents):
    assert len(sync(index, documents, dry_run=True).added) == 5
    assert index.sources() == ()


def test_losing_most_of_a_source_needs_a_confirmation(index, documents, helpers):
    sync(index, documents)
    for name in ("apples.md", "bicycle.txt", "käse.txt"):
        (documents / name).unlink()
    with pytest.raises(CrosstongueError, match=r"^3 of the 5 .*--confirm-removals"):
        sync(index, documents)
    assert len(helpers.names(index)) == 5
    assert len(sync(index, documents, dry_run=True).removed) == 3
    assert len(sync(index, documents, confirm_removals=True).removed) == 3
    assert helpers.names(index) == ["contract.txt", "rent.md"]


def test_a_source_that_was_emptied_needs_a_confirmation(index, documents):
    sync(index, documents)
    for name in list(documents.iterdir()):
        shutil.rmtree(name) if name.is_dir() else name.unlink()
    with pytest.raises(CrosstongueError, match="--confirm-removals"):
        sync(index, documents)
    assert len(sync(index, documents, confirm_removals=True).removed) == 5
    assert sync(index).removed == ()


def test_indexing_a_folder_inside_a_source_leaves_its_siblings_alone(index, documents, helpers):
    sync(index, documents)
    helpers.write(documents / "law" / "tax.txt", "Taxes are due in May.")
    (documents / "bicycle.txt").unlink()
    report = sync(index, documents / "law")
    assert (short(report.added), report.removed, report.unchanged) == (["tax.txt"], (), 2)
    assert len(helpers.names(index)) == 6
    assert [source.display for source in index.sources()] == [str(documents)]


def test_a_folder_inside_a_source_obeys_the_rules_above_it(index, documents, helpers):
    helpers.write(documents / ".gitignore", "contract.txt\n")
    sync(index, documents)
    assert short(sync(index, documents / "law", verify=True).ignored) == ["contract.txt"]
    assert "contract.txt" not in helpers.names(index)


def test_a_parent_added_later_embeds_nothing_again(index, documents, encoder, helpers):
    sync(index, documents / "law")
    texts = len(encoder.texts)
    report = sync(index, documents)
    assert (len(report.added), report.unchanged) == (3, 2)
    assert len(encoder.texts) == texts + 3
    assert len(helpers.names(index)) == 5
    assert len(index.sources()) == 2
    assert sync(index).unchanged == 5


def test_overlapping_folders_given_together_index_a_file_once(index, documents, helpers):
    report = sync(index, [documents / "law", documents, documents / "law"])
    assert len(report.added) == len(helpers.names(index)) == 5


def test_a_hidden_folder_that_is_named_becomes_a_source_of_its_own(index, documents, helpers):
    helpers.write(documents / ".notes" / "idea.txt", "An idea for later.")
    sync(index, documents)
    sync(index, documents / ".notes")
    assert "idea.txt" in helpers.names(index)
    assert sync(index, documents).removed == ()
    assert "idea.txt" in helpers.names(index)


def test_a_source_whose_place_is_gone_loses_nothing(index, documents, tmp_path, helpers):
    sync(index, documents)
    documents.rename(tmp_path / "elsewhere")
    with pytest.raises(SourceError, match="does not exist"):
        sync(index, documents)
    with pytest.raises(SourceError, match="does not exist"):
        sync(index)
    assert len(helpers.names(index)) == 5


def test_a_nested_source_whose_place_is_gone_loses_nothing(index, documents, tmp_path, helpers):
    sync(index, documents / "law")
    sync(index, documents)
    (documents / "law").rename(tmp_path / "unmounted")
    report = sync(index, documents)
    assert report.removed == () and [f.path for f in report.unlisted] == [str(documents / "law")]
    assert len(helpers.names(index)) == 5


def test_an_empty_folder_is_one_sentence_and_no_source(index, tmp_path, helpers):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="is empty"):
        sync(index, tmp_path / "empty")
    helpers.write(tmp_path / "photos" / "a.jpg", "x")
    helpers.write(tmp_path / "photos" / ".git" / "config", "x")
    with pytest.raises(SourceError, match=r"no file of a kind .*1 of other kinds, 1 ignored"):
        sync(index, tmp_path / "photos")
    assert index.sources() == ()


def test_a_folder_of_nothing_but_broken_files_is_one_sentence(index, tmp_path, helpers):
    helpers.write(tmp_path / "bad" / "a.pdf", "no pdf")
    helpers.write(tmp_path / "bad" / "b.docx", "no docx")
    with pytest.raises(SourceError, match=r"2 failed, the first of them .*a\.pdf, because"):
        sync(index, tmp_path / "bad")
    assert len(index.status().failed) == 2
    job = index.status().job
    assert job is not None and job.state == "failed" and "a.pdf" in str(job.error)


def test_no_folder_at_all_is_one_sentence(index):
    for folders in (None, []):
        with pytest.raises(SourceError, match="nothing to index: name a folder"):
            sync(index, folders)


def test_one_bad_file_is_recorded_and_tried_again_when_it_changes(index, documents, helpers):
    helpers.write(documents / "bad.docx", "no docx")
    helpers.write(documents / "blank.txt", " \n ")
    report = sync(index, documents)
    assert (len(report.added), short(f.path for f in report.failed)) == (
        5,
        ["bad.docx", "blank.txt"],
    )
    events = []
    again = sync(index, documents, progress=events.append)
    assert (events[-1].files_total, len(again.failed), again.unchanged) == (0, 2, 5)
    helpers.write(documents / "blank.txt", "Not blank any more.")
    mended = sync(index, documents)
    assert (short(mended.changed), len(mended.failed)) == (["blank.txt"], 1)
    assert helpers.nearest(index, "not blank")[0] == "Not blank any more."


def test_a_document_that_breaks_no_longer_answers(index, documents, helpers):
    sync(index, documents)
    helpers.write(documents / "bicycle.txt", "")
    assert short(f.path for f in sync(index, documents).failed) == ["bicycle.txt"]
    assert not any("chain" in text for text in helpers.nearest(index, "bicycle chain", 9))
    assert index.connection.execute("SELECT count(*) FROM vectors").fetchone() == (4,)


def test_links_in_a_circle_are_recorded_and_the_run_succeeds(index, documents):
    (documents / "loop.txt").symlink_to(documents / "loop.txt")
    (documents / "law" / "up").symlink_to(documents)
    for _ in range(2):
        assert short(f.path for f in sync(index, documents).failed) == ["loop.txt", "up"]
    (documents / "loop.txt").unlink()
    assert short(f.path for f in sync(index, documents).failed) == ["up"]
    assert short(f.path for f in index.status().failed) == ["up"]


def test_names_that_are_not_utf_8_work_from_end_to_end(index, documents, helpers):
    folder = Path(os.fsdecode(os.fsencode(documents) + b"/r\xe9sum\xe9s"))
    helpers.write(folder / os.fsdecode(b"caf\xe9.txt"), "Coffee is roasted before it is ground.")
    report = sync(index, documents)
    assert f"{documents}/r?sum?s/caf?.txt" in report.added
    assert helpers.nearest(index, "coffee roasted")[0].startswith("Coffee")
    raw = to_bytes(documents) + b"/r\xe9sum\xe9s/caf\xe9.txt"
    assert (raw,) in index.connection.execute("SELECT path FROM documents").fetchall()
    assert sync(index, folder).unchanged == 1
    helpers.write(folder / os.fsdecode(b"na\xefve.pdf"), "no pdf")
    assert [f.path for f in sync(index, documents).failed] == [f"{documents}/r?sum?s/na?ve.pdf"]


def test_progress_tells_rate_and_counts_to_the_end(index, documents):
    events = []
    sync(index, documents, progress=events.append)
    assert events[0].phase == "scanning"
    assert events[-1].phase == "finishing"
    assert [e.files_done for e in events if e.phase == "indexing"] == [1, 2, 3, 4, 5]
    assert {e.files_total for e in events if e.phase != "scanning"} == {5}
    assert events[-1].passages == 5
    assert all(e.current for e in events if e.phase == "indexing")


def test_a_file_that_vanishes_after_the_scan_is_no_failure(index, documents, tmp_path, helpers):
    other = tmp_path / "other"
    helpers.write(other / "pear.txt", "Pears.")
    sync(index, [documents, other])
    helpers.write(documents / "bicycle.txt", "Changed, and soon gone.")
    helpers.write(documents / "new.txt", "New, and soon gone.")

    def remove(event) -> None:
        if event.phase == "scanning" and event.current == str(other):
            (documents / "bicycle.txt").unlink()
            (documents / "new.txt").unlink()

    report = sync(index, [documents, other], progress=remove)
    assert short(report.vanished) == ["bicycle.txt", "new.txt"]
    assert (short(report.removed), report.failed) == (["bicycle.txt"], ())
    assert "bicycle.txt" not in helpers.names(index)


def test_a_file_that_keeps_changing_is_read_again_by_the_next_sync(index, documents):
    file = documents / "log.txt"
    file.write_text("start")
    stop = threading.Event()

    def append() -> None:
        while not stop.is_set():
            with file.open("a") as stream:
                stream.write(" more words")

    writer = threading.Thread(target=append)
    writer.start()
    try:
        report = sync(index, documents)
    finally:
        stop.set()
        writer.join()
    assert len(report.added) == 6
    assert short(sync(index, documents).changed) == ["log.txt"]
    text = "".join(
        row[0]
        for row in index.connection.execute(
            "SELECT text FROM passages JOIN documents ON documents.id = document WHERE path = ?",
            (os.fsencode(file),),
        )
    )
    assert text.count("more") == file.read_text().count("more")


def test_newer_readers_read_again_and_embed_only_what_came_out_different(
    index, documents, encoder, monkeypatch
):
    sync(index, documents)
    texts = len(encoder.texts)
    monkeypatch.setattr("indexer.readers.registry.READERS_VERSION", 999)
    report = sync(index, documents)
    assert (len(report.changed), report.embedded, len(encoder.texts)) == (5, 0, texts)
    assert sync(index, documents).unchanged == 5
    monkeypatch.setattr("indexer.passages.SPLITTER_VERSION", 999)
    assert len(sync(index, documents / "law").changed) == 2
    assert len(sync(index, documents).changed) == 3


def test_a_document_is_in_the_language_of_most_of_its_text(index, documents, helpers):
    german = "Für den Käse braucht man viel Milch, Lab und Geduld über Wochen. " * 20
    english = "Cheese needs milk. " * 20
    path = os.fsencode(helpers.write(documents / "both.txt", f"{german}\n\n{english}"))
    sync(index, documents)
    language, probability = index.connection.execute(
        "SELECT language, language_probability FROM documents WHERE path = ?", (path,)
    ).fetchone()
    assert language == "de" and 0.5 < probability < 0.9
    passages = index.connection.execute(
        "SELECT DISTINCT passages.language FROM passages JOIN documents ON documents.id = document "
        "WHERE path = ? ORDER BY 1",
        (path,),
    ).fetchall()
    assert passages == [("de",), ("en",)]


def test_an_encoder_without_languages_leaves_them_to_the_identifier(tmp_path, documents, helpers):
    class Plain(helpers.Encoder):
        encode_with_languages = None

    with Index.create(tmp_path / "plain", encoder=Plain()) as index:
        sync(index, documents)
        languages = dict(index.connection.execute("SELECT path, language FROM documents"))
    assert languages[os.fsencode(documents / "käse.txt")] == "de"
    assert languages[os.fsencode(documents / "law" / "contract.txt")] == "en"


def test_an_index_of_another_encoder_is_refused_before_anything_is_written(
    index, documents, helpers, tmp_path
):
    sync(index, documents)
    helpers.write(documents / "new.txt", "Something new.")
    with Index.open(index.folder) as opened:
        opened._encoder = helpers.Encoder(revision="2")
        with pytest.raises((EncoderMismatchError, CrosstongueError)):
            sync(opened, documents)
    assert len(helpers.names(index)) == 5


def test_the_index_folder_itself_is_never_indexed(documents, encoder, helpers):
    with Index.create(documents / "index", encoder=encoder) as index:
        helpers.write(index.folder / "notes.txt", "Not a document.")
        assert len(sync(index, documents).added) == 5


def test_folders_that_may_not_be_read_are_reported_and_nothing_below_them_goes(
    open_folder, as_nobody, helpers
):
    documents = open_folder / "documents"
    helpers.write(documents / "a.txt", "Apples and pears.")
    helpers.write(documents / "closed" / "b.txt", "Bicycles and brakes.")
    helpers.write(documents / "c.txt", "Closed contracts.")
    printed = as_nobody(
        f"folder = Path({str(open_folder)!r})\n"
        "index = Index.create(folder / 'index', encoder=NgramEncoder())\n"
        "print(len(sync(index, folder / 'documents').added))\n"
        "index.close()\n"
    )
    assert printed.strip() == "3"
    helpers.write(documents / "c.txt", "Closed contracts, changed.")
    (documents / "closed").chmod(0)
    (documents / "c.txt").chmod(0)
    code = (
        f"folder = Path({str(open_folder)!r})\n"
        "index = Index.open(folder / 'index', encoder=NgramEncoder())\n"
        "report = sync(index, folder / 'documents')\n"
        "print(report.removed, [f.path[-6:] for f in report.unlisted], report.unchanged)\n"
        "print([(f.path[-5:], f.reason) for f in report.failed], index.status().documents)\n"
        "try:\n    sync(index, folder / 'documents' / 'closed')\n"
        "except CrosstongueError as error:\n    print(error)\n"
    )
    lines = as_nobody(code).splitlines()
    assert lines[0] == "() ['closed'] 1"
    assert lines[1] == "[('c.txt', 'it cannot be read (Permission denied)')] 2"
    assert "cannot be read (Permission denied)" in lines[2]
    (documents / "closed").chmod(0o755)
    (documents / "c.txt").chmod(0o644)
    lines = as_nobody(code).splitlines()
    assert lines[0] == "() [] 2"
    assert lines[1] == "[] 3"


def mounted(folder: Path, size: str) -> bool:
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True
    )
    return done.returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of two megabytes."""
    if sys.platform != "linux" or not mounted(tmp_path / "small", "2m"):
        pytest.skip("a small file system can only be mounted by root on Linux")
    yield tmp_path / "small"
    subprocess.run(["umount", "-l", str(tmp_path / "small")], check=True)


def test_a_full_disk_is_one_sentence_and_leaves_the_index_whole(
    small_disk, encoder, documents, tmp_path, helpers
):
    with Index.create(small_disk / "index", encoder=encoder) as index:
        sync(index, documents)
        more = tmp_path / "more"
        for number in range(600):
            helpers.write(more / f"{number}.txt", f"{number} " + "some words to fill a disk " * 60)
        with pytest.raises(CrosstongueError, match=r"is full: free some space"):
            sync(index, more)
        assert helpers.nearest(index, "bicycle chain", 5).count(
            "Repairing the chain of a bicycle takes ten minutes."
        )
    with Index.open(small_disk / "index", encoder=encoder) as index:
        assert index.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert index.connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert index.status().documents >= 5
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
        sync(index, more)
        assert index.status().documents == 605
