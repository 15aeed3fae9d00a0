"""One writer at a time, and a job that every window sees."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from indexer import jobs, sync
from indexer.errors import CrosstongueError, IndexBusyError, SourceError
from indexer.index import Index
from indexer.progress import SyncProgress

HERE = str(Path(__file__).parent)

HOLD = """
import sys, time; sys.path.insert(0, sys.argv[2])
from conftest import NgramEncoder, Index
from indexer import jobs
index = Index.open(sys.argv[1], encoder=NgramEncoder())
with jobs.running(index, "sync", [b"/home/me/papers"]):
    print("holding", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(index):
    """Another process that is writing to the index."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(index.folder), HERE], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_writer_is_told_who_is_writing_since_when_and_what(index, documents, holder):
    with pytest.raises(IndexBusyError) as refused:
        sync(index, documents)
    said = str(refused.value)
    assert f"Process {holder.pid} " in said
    assert "indexing /home/me/papers" in said
    assert time.strftime("since %Y-%m-%d") in said
    with pytest.raises(IndexBusyError):
        index.forget(documents) if index.sources() else index.re_embed(index.encoder)


def test_a_search_goes_on_while_another_process_writes(index, helpers, holder):
    assert index.vectors.search(index.encoder.encode(["x"]), 1)[0].tolist() == [[-1]]
    job = index.status().job
    assert job is not None and job.state == "running" and job.process == holder.pid
    assert job.folders == ("/home/me/papers",)


def test_a_killed_writers_job_counts_as_interrupted_and_frees_the_index(index, documents, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    job = jobs.current(index)
    assert job is not None and job.state == "interrupted"
    assert len(sync(index, documents).added) == 5
    dead = jobs.get(index, job.id)
    assert dead is not None and dead.state == "interrupted"
    last = jobs.current(index)
    assert last is not None and last.state == "done" and last.id != job.id


def test_two_threads_of_one_process_cannot_both_write(index):
    with jobs.writer_lock(index.folder, "indexing /a"):
        with pytest.raises(IndexBusyError, match="indexing /a"):
            with jobs.writer_lock(index.folder, "indexing /b"):
                pass
    with jobs.writer_lock(index.folder, "indexing /b"):
        pass


def test_looking_whether_somebody_writes_never_refuses_a_writer(index):
    assert not jobs.is_held(index.folder)
    with jobs.writer_lock(index.folder, "x"):
        assert jobs.is_held(index.folder)
    looking = os.open(index.folder / jobs.LOCK_NAME, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    threading.Timer(0.1, os.close, (looking,)).start()
    with jobs.writer_lock(index.folder, "x"):
        pass
    assert not jobs.is_held(index.folder)


def slowly(index: Index, documents: Path, helpers) -> threading.Thread:
    """Begin to index a folder in a thread, a document at a time; return once it is under way."""
    for number in range(200):
        helpers.write(documents / f"{number:03}.txt", f"Document number {number}.")
    begun = threading.Event()

    def tell(event: SyncProgress) -> None:
        if event.passages:
            begun.set()

    thread = threading.Thread(target=sync, args=(index, documents), kwargs={"progress": tell})
    thread.start()
    assert begun.wait(30)
    return thread


def wait_for(condition, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def state(index: Index) -> str:
    job = jobs.current(index)
    assert job is not None
    return job.state


def test_a_job_pauses_goes_on_and_finishes(index, documents, helpers, monkeypatch):
    monkeypatch.setattr("indexer.syncing.BATCH_DOCUMENTS", 1)
    thread = slowly(index, documents, helpers)
    with Index.open(index.folder, encoder=index.encoder) as window:
        job = jobs.current(window)
        assert job is not None and job.active
        assert jobs.request_pause(window, job.id)
        wait_for(lambda: state(window) == "paused")
        held = window.status().documents
        time.sleep(0.6)
        assert window.status().documents == held < 205
        assert jobs.request_resume(window, job.id)
        thread.join(60)
        assert state(window) == "done"
        assert window.status().documents == 205
        assert not jobs.request_pause(window, job.id)


def test_a_job_that_is_stopped_keeps_what_it_has_and_is_taken_up_again(
    index, documents, helpers, monkeypatch
):
    monkeypatch.setattr("indexer.syncing.BATCH_DOCUMENTS", 1)
    thread = slowly(index, documents, helpers)
    with Index.open(index.folder, encoder=index.encoder) as window:
        job = jobs.current(window)
        assert job is not None and jobs.request_pause(window, job.id)
        wait_for(lambda: state(window) == "paused")
        assert jobs.request_stop(window, job.id)
        thread.join(60)
        assert state(window) == "stopped"
        held = window.status().documents
        assert 0 < held < 205
        report = sync(window, documents)
        assert (report.unchanged, len(report.added)) == (held, 205 - held)


def test_the_row_carries_progress_while_the_job_runs(index, documents, helpers, monkeypatch):
    monkeypatch.setattr("indexer.syncing.BATCH_DOCUMENTS", 1)
    thread = slowly(index, documents, helpers)
    with Index.open(index.folder, encoder=index.encoder) as window:

        def moving() -> bool:
            job = jobs.current(window)
            return job is not None and job.files_total == 205 and 0 < job.files_done

        wait_for(moving)
        thread.join(60)
        job = jobs.current(window)
        assert job is not None
        assert (job.files_done, job.files_total, job.passages_done) == (205, 205, 205)
        assert job.kind == "sync" and job.process == os.getpid()


def test_progress_is_written_at_most_four_times_a_second(index):
    with jobs.running(index, "sync", []) as job:
        written = []
        for number in range(1_000):
            job.report(SyncProgress("indexing", files_done=number))
            row = jobs.get(index, job.id)
            assert row is not None
            written.append(row.updated_at)
        assert len(set(written)) <= 2 + (written[-1] - written[0]) // 250_000_000
        job.finish("done")


def test_a_job_that_fails_says_why(index, documents, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError):
        sync(index, tmp_path / "empty")
    job = jobs.current(index)
    assert job is not None and job.state == "failed" and "is empty" in str(job.error)


def test_ctrl_c_leaves_an_interrupted_job_and_a_free_index(index, documents):
    def press(event: SyncProgress) -> None:
        if event.phase == "indexing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync(index, documents, progress=press)
    assert state(index) == "interrupted"
    assert len(sync(index, documents).added) == 5


def test_re_embedding_is_a_job_too(index, documents, helpers):
    sync(index, documents)
    index.re_embed(helpers.Encoder(revision="2"))
    job = jobs.current(index)
    assert job is not None
    assert (job.kind, job.state, job.phase) == ("re-embed", "done", "re-embedding")
    assert job.files_done == 5


def test_a_closed_index_says_so(index):
    index.close()
    with pytest.raises(CrosstongueError, match="is closed"):
        index.status()
