"""Watched folders, on a real file system."""

import os
import shutil
import time

import pytest

from indexer import watching
from indexer.watching import Watcher

PATIENCE = 20.0
QUIET_SECONDS, LONGEST_SECONDS = 0.3, 3.0
# Longer than it takes until something that was heard is given out.
SILENCE = 1.0


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(watching, "QUIET_SECONDS", QUIET_SECONDS)
    monkeypatch.setattr(watching, "LONGEST_SECONDS", LONGEST_SECONDS)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "texts" / "deep").mkdir(parents=True)
    return tmp_path / "texts"


@pytest.fixture
def watcher(tmp_path, folder):
    with Watcher(os.fsencode(folder / "index")) as watcher:
        assert watcher.watch([os.fsencode(folder)]) == {}
        yield watcher


def write(path, text="Some words."):
    path.write_text(text, "utf-8")


@pytest.mark.parametrize("kind", ["new", "changed", "removed", "moved in", "moved", "new folder"])
def test_whatever_happens_is_noticed_within_seconds(watcher, folder, tmp_path, kind):
    file = folder / "deep" / "one.txt"
    if kind == "new folder":
        (folder / "new" / "newer").mkdir(parents=True)
    elif kind == "moved in":
        write(tmp_path / "one.txt")
        (tmp_path / "one.txt").rename(file)
    else:
        write(file)
    if kind in ("changed", "removed", "moved"):
        assert watcher.changed(PATIENCE)
        act = {"changed": write, "removed": os.unlink, "moved": lambda _: file.rename(folder / "x")}
        act[kind](file)
    began = time.monotonic()
    assert watcher.changed(PATIENCE) == {os.fsencode(folder)}
    assert time.monotonic() - began < LONGEST_SECONDS
    assert watcher.changed(SILENCE) == set()


def test_a_folder_made_while_watched_is_watched_too(watcher, folder):
    (folder / "new").mkdir()
    assert watcher.changed(PATIENCE)
    write(folder / "new" / "one.txt")
    assert watcher.changed(PATIENCE) == {os.fsencode(folder)}


def test_reading_and_what_is_hidden_and_the_index_itself_mean_nothing(watcher, folder):
    write(folder / "one.txt")
    assert watcher.changed(PATIENCE)
    (folder / "index").mkdir()
    assert watcher.changed(SILENCE) == set()
    write(folder / "index" / "index.db")
    write(folder / ".one.txt.swp")
    (folder / "one.txt").read_text()
    assert watcher.changed(SILENCE) == set()
    write(folder / ".gitignore", "*.tmp")
    assert watcher.changed(PATIENCE)


def test_a_name_that_is_no_text_is_noticed(watcher, folder):
    with open(os.fsencode(folder) + b"/caf\xe9.txt", "w") as file:  # noqa: PTH123 (bytes)
        file.write("Coffee.")
    assert watcher.changed(PATIENCE) == {os.fsencode(folder)}


def test_a_folder_that_is_switched_off_is_quiet(watcher, folder):
    watcher.watch([])
    write(folder / "one.txt")
    assert watcher.changed(SILENCE) == set()
    watcher.watch([os.fsencode(folder)])
    write(folder / "two.txt")
    assert watcher.changed(PATIENCE)


def test_a_folder_that_went_and_came_back_is_watched_again(watcher, folder):
    root = os.fsencode(folder)
    shutil.rmtree(folder)
    watcher.watch([root])
    watcher.changed(SILENCE)
    folder.mkdir()
    assert watcher.watch([root]) == {}
    write(folder / "one.txt")
    assert watcher.changed(PATIENCE) == {root}


def test_a_file_that_is_never_finished_is_given_out_all_the_same(watcher, folder):
    began = time.monotonic()
    found = set()
    while not found and time.monotonic() - began < 3 * LONGEST_SECONDS:
        with (folder / "log.txt").open("a") as file:
            file.write("One more line.\n")
        found = watcher.changed(0.2)
    assert found == {os.fsencode(folder)}
    assert LONGEST_SECONDS - 1 < time.monotonic() - began
