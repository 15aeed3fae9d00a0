"""Folders that the page watches: switched in the library, brought up to date by real jobs."""

import os
import shutil
import time
from contextlib import contextmanager

import pytest

from indexer import Index, jobs, load_encoder, sync
from indexer.errors import SourceError
from ui.page_jobs import JobStarter
from ui.page_watching import PageWatcher

PATIENCE = 60


@pytest.fixture
def place(tmp_path, documents, environment, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with Index.create(tmp_path / "index", encoder=load_encoder()) as index:
        sync(index, documents)
    return tmp_path / "index"


@contextmanager
def watching(place):
    starter = JobStarter(place)
    watcher = PageWatcher(place, starter)
    watcher.start()
    try:
        yield watcher
    finally:
        watcher.stop()
        until(lambda: not starter.working)
        assert starter.complaint is None


@pytest.fixture
def watcher(place):
    with watching(place) as watcher:
        yield watcher


def count(place) -> int:
    with Index.open(place) as index:
        return index.status().documents


def until(true):
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def switch(place, documents, on):
    with Index.open(place) as index:
        index.set_watched(documents, on)


def test_a_watched_folder_is_up_to_date_within_seconds(watcher, place, documents):
    (documents / "before.txt").write_text("Written before it was watched.", "utf-8")
    switch(place, documents, on=True)
    until(lambda: count(place) == 6)
    (documents / "zebra.txt").write_text("The zebra has stripes.", "utf-8")
    until(lambda: count(place) == 7)
    switch(place, documents, on=False)
    time.sleep(2)
    (documents / "quagga.txt").write_text("The quagga had some.", "utf-8")
    time.sleep(4)
    assert count(place) == 7
    with Index.open(place) as index:
        [source] = index.sources()
        assert not source.watched
        assert jobs.current(index).state == "done"


def test_a_change_during_another_job_is_not_forgotten(watcher, place, documents):
    switch(place, documents, on=True)
    with Index.open(place) as index, jobs.running(index, "sync", []) as job:
        (documents / "zebra.txt").write_text("The zebra has stripes.", "utf-8")
        time.sleep(4)
        assert count(place) == 5
        job.finish("done")
    until(lambda: count(place) == 6)


def test_an_index_that_comes_later_is_watched_too(tmp_path, documents, environment, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    later = tmp_path / "later"
    with watching(later):
        with Index.create(later, encoder=load_encoder()) as index:
            sync(index, documents)
        shutil.copy(documents / "bread.rst", documents / "more.rst")
        switch(later, documents, on=True)
        until(lambda: count(later) == 6)


def test_only_an_indexed_folder_can_be_watched(place, tmp_path):
    with Index.open(place) as index, pytest.raises(SourceError, match="not an indexed folder"):
        index.set_watched(os.fsencode(tmp_path), on=True)
