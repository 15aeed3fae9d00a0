"""Indexing jobs as the page sees them; the processes are real."""

import os
import time
from pathlib import Path

import pytest

from indexer import jobs
from indexer.errors import SourceError
from indexer.index import Index
from indexer.jobs import Job
from ui.page_jobs import JobStarter, checked_folder, progress_of
from ui.status_text import job_line


def job(**changes) -> Job:
    values = {
        "id": 1,
        "kind": "sync",
        "state": "running",
        "request": None,
        "process": 1,
        "host": "here",
        "folders": ("/papers",),
        "started_at": 0,
        "updated_at": 0,
        "files_total": 2_000,
        "files_done": 500,
        "files_failed": 0,
        "passages_done": 900,
        "files_per_second": 85.6,
        "seconds_left": 95.0,
        "error": None,
        "phase": "indexing",
    }
    return Job(**{**values, **changes})


def ended(starter: JobStarter) -> None:
    deadline = time.monotonic() + 60
    while starter.working:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_job_says_how_far_it_is_how_fast_and_how_long_it_takes():
    progress = progress_of(job(files_failed=3))
    assert progress.headline == "Indexing: /papers"
    assert progress.detail == (
        "500 of 2,000 files · 86 files a second · about 2 min left · 3 could not be read"
    )
    assert progress.share == 0.25


def test_a_job_that_is_past_reading_files_says_what_it_counts():
    labelling = job(phase="labelling", files_per_second=None, seconds_left=None)
    progress = progress_of(labelling)
    assert progress.headline == "Labelling: /papers"
    assert progress.detail == "500 of 2,000 passages"
    assert job_line(labelling) == "sync running, 500 of 2,000 passages, process 1"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "about 1 s"), (59.4, "about 59 s"), (7_200, "about 2.0 h")]
)
def test_time_left_is_said_in_units_people_use(seconds, words):
    assert f"{words} left" in progress_of(job(seconds_left=seconds)).detail


def test_before_the_files_are_counted_there_is_no_share():
    progress = progress_of(job(files_total=0, files_done=0))
    assert (progress.headline, progress.share) == ("Looking through /papers", None)


def test_what_was_asked_of_a_job_shows_until_it_is_granted():
    assert progress_of(job(request="pause")).detail.startswith("Pausing…")
    assert progress_of(job(request="stop")).detail.startswith("Stopping…")
    paused = progress_of(job(state="paused", request="pause"))
    assert paused.headline == "Paused: /papers"
    assert paused.detail == "500 of 2,000 files"
    paused = progress_of(job(state="paused", request="pause", files_total=0, files_done=0))
    assert paused.headline == "Paused: /papers"


@pytest.mark.parametrize("state", ["done", "stopped", "interrupted", "failed"])
def test_a_job_that_is_over_says_how_it_ended(state):
    progress = progress_of(job(state=state))
    assert progress.headline.split(":")[0] in ("Finished", "Stopped", "Interrupted", "Failed")
    assert "left" not in progress.detail


@pytest.mark.parametrize("form", ["{}", " {} ", '"{}"', "'{}'", "file://{}", "{}/"])
def test_a_folder_is_understood_as_people_paste_it(tmp_path, form):
    assert checked_folder(form.format(tmp_path)) == tmp_path


def test_the_home_folder_has_its_short_name(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "papers").mkdir()
    assert checked_folder("~/papers") == tmp_path / "papers"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type the path of a folder"),
        ("  ", "Type the path of a folder"),
        ("papers", "not a full path"),
        ("/nowhere/at all", "There is no folder /nowhere/at all"),
        ("/nul\0l", r"no folder /nul⟨U\+0000⟩l"),
        ("/" + "x" * 5_000, "not a path this system can open"),
        ("~nobody-of-this-name/x", "not a path this system can open"),
    ],
)
def test_what_is_no_folder_is_told_in_a_sentence(typed, words):
    with pytest.raises(SourceError, match=words):
        checked_folder(typed)


def test_a_file_is_answered_with_its_folder(tmp_path):
    (tmp_path / "one.txt").write_text("one")
    with pytest.raises(SourceError, match=f"is a file: give the folder it is in, {tmp_path}"):
        checked_folder(str(tmp_path / "one.txt"))


def test_a_job_indexes_in_a_process_that_outlives_this_one(tmp_path, documents):
    starter = JobStarter(tmp_path / "index")
    assert starter.complaint is None
    starter.start(documents)
    assert starter.working
    assert os.getsid(starter._process.pid) != os.getsid(0)
    ended(starter)
    assert starter.complaint is None
    with Index.open(tmp_path / "index") as index:
        assert index.status().documents == 5
        assert jobs.current(index).started_at > starter.started_at - 1_000_000_000


def test_a_job_that_fails_leaves_the_sentence_it_failed_with(tmp_path):
    (tmp_path / "empty").mkdir()
    starter = JobStarter(tmp_path / "index")
    starter.start(tmp_path / "empty")
    ended(starter)
    assert str(tmp_path / "empty") in starter.complaint
    assert "Error" not in starter.complaint


def test_a_job_that_is_killed_says_that_it_can_go_on(tmp_path, documents):
    starter = JobStarter(tmp_path / "index")
    starter.start(documents)
    starter._process.kill()
    ended(starter)
    assert "start it again" in starter.complaint


def test_an_index_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SourceError, match="could not be started"):
        JobStarter(tmp_path / "file" / "deeper" / "index").start(Path("/papers"))
