"""`watch` in a process of its own, over files that really change."""

import json
import signal
import subprocess
import time
from contextlib import contextmanager

from indexer.jobs import writer_lock

PATIENCE = 60


@contextmanager
def watching(command, environment, *arguments):
    process = subprocess.Popen(
        command("watch", *arguments, "--json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_changes_are_found_by_the_next_search(
    command, environment, documents, crosstongue, tmp_path
):
    place = tmp_path / "index"
    environment["CROSSTONGUE_INDEX"] = str(place)
    with watching(command, environment, documents) as process:
        assert len(json.loads(process.stdout.readline())["added"]) == 5
        assert "Watching 1 folder" in process.stderr.readline()
        (documents / "zebra.txt").write_text("The zebra has stripes.", "utf-8")
        assert len(json.loads(process.stdout.readline())["added"]) == 1
        assert "zebra" in crosstongue("search", "zebra", "--index", place).stdout
        with writer_lock(place, "a test"):
            (documents / "zebra.txt").rename(documents / "quagga.txt")
            time.sleep(2.5)
        assert len(json.loads(process.stdout.readline())["moved"]) == 1
        (documents / "quagga.txt").unlink()
        assert len(json.loads(process.stdout.readline())["removed"]) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        assert "what is indexed is kept" in process.stderr.read()


def test_what_must_be_confirmed_is_told_and_the_watch_goes_on(
    command, environment, documents, tmp_path
):
    environment["CROSSTONGUE_INDEX"] = str(tmp_path / "index")
    with watching(command, environment, documents) as process:
        process.stdout.readline()
        process.stderr.readline()
        kept = (documents / "bread.rst").read_bytes()
        for file in documents.rglob("*.*"):
            file.unlink()
        assert "--confirm-removals" in process.stderr.readline()
        (documents / "bread.rst").write_bytes(kept)
        assert "--confirm-removals" in process.stderr.readline()
        assert process.poll() is None


def test_a_folder_that_is_not_there_is_told_in_one_line(crosstongue):
    done = crosstongue("watch", "missing")
    assert (done.returncode, done.stdout) == (1, "")
    assert "missing" in done.stderr and done.stderr.count("\n") == 1


def test_an_index_without_folders_has_nothing_to_watch(crosstongue, documents):
    crosstongue("index", documents)
    crosstongue("forget", documents)
    done = crosstongue("watch")
    assert (done.returncode, done.stdout) == (1, "")
    assert "name a folder" in done.stderr
