"""What a person gets wrong: one clear sentence, exit status 1, and never a traceback."""

import os
import shutil
import sqlite3
import subprocess

import pytest


def refused(done, *words):
    """Assert that a run ended with one sentence that holds the words."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout == ""
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert last.endswith(".")
    assert "Traceback" not in done.stderr
    assert sum(line.startswith("Error: ") for line in done.stderr.splitlines()) == 1
    for word in words:
        assert word in last
    return last


def test_a_folder_that_does_not_exist(process, home):
    refused(process("index", "/nowhere/at/all"), "/nowhere/at/all", "does not exist")
    assert not (home / ".local").exists()


def test_a_file_where_a_folder_is_wanted(process, documents):
    refused(process("index", documents / "bread.rst"), "bread.rst")


def test_an_empty_folder(process, tmp_path):
    (tmp_path / "nothing").mkdir()
    refused(process("index", tmp_path / "nothing"), "nothing", "empty")


@pytest.mark.parametrize(
    "arguments", [["search", "x"], ["status"], ["similar", "x"], ["forget", "x"], ["index"]]
)
def test_no_index_yet(process, arguments):
    refused(process(*arguments), "no index", "crosstongue index FOLDER")


@pytest.mark.parametrize("query", ["", "   ", "\n"])
def test_an_empty_query(process, indexed, query):
    refused(process("search", query), "query is empty")
    refused(process("search", "-", stdin=query), "query is empty")


def test_an_index_made_by_another_encoder(process, indexed, home):
    change(home, 'UPDATE meta SET value = replace(value, \'"revision": "\', \'"revision": "0\')')
    refused(
        process("search", "--mode", "dense", "train"), "encoder", "crosstongue index --re-embed"
    )
    by_words = process("search", "train")
    assert by_words.returncode == 0
    assert "train" in by_words.stdout
    assert "crosstongue index --re-embed" in by_words.stderr
    assert process("index", "--re-embed").returncode == 0
    assert "only the words" not in process("search", "train").stderr


def test_an_index_of_a_newer_version(process, indexed, home):
    change(home, "PRAGMA user_version = 999")
    for arguments in (["search", "train"], ["status"], ["index", indexed]):
        refused(process(*arguments), "newer")


def test_an_index_that_is_damaged(process, indexed, home):
    database = home / ".local/share/crosstongue/index/index.db"
    database.write_bytes(b"no database at all " * 1000)
    for leftover in database.parent.glob("index.db-*"):
        leftover.unlink()
    refused(process("search", "train"), "index")
    done = process("doctor")
    assert done.returncode == 1
    assert "problem  index" in done.stdout
    assert "->" in done.stdout


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--language", "Deutsch"], ["“Deutsch”", "language code"]),
        (["--after", "yesterday"], ["“yesterday”", "`after`"]),
        (["--before", "31.12.2024"], ["“31.12.2024”", "`before`"]),
    ],
)
def test_a_filter_that_means_nothing(process, indexed, options, words):
    refused(process("search", "train", *options), *words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["similar", "nowhere.txt"], ["nowhere.txt", "not in the index"]),
        (["similar", "documents/bread.rst#8"], ["no passage #8"]),
        (["forget", "/nowhere"], ["/nowhere"]),
    ],
)
def test_a_document_or_folder_that_is_not_in_the_index(process, indexed, arguments, words):
    refused(process(*arguments), *words)


def test_a_page_for_the_whole_network(process):
    refused(process("ui", "--host", "0.0.0.0"), "0.0.0.0", "password")


def test_an_index_folder_that_is_a_file(process, documents, tmp_path):
    (tmp_path / "file").write_text("")
    refused(process("index", documents, "--index", tmp_path / "file"), "file")
    refused(process("index", documents, "--index", tmp_path / "file/deeper"), "file")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["search"],
        ["search", "a", "b"],
        ["search", "a", "--limit", "0"],
        ["search", "a", "--limit", "many"],
        ["search", "a", "--nonsense"],
        ["languages"],
        ["ui", "--port", "70000"],
    ],
)
def test_wrong_usage_ends_with_2_and_shows_how(process, arguments):
    done = process(*arguments)
    assert done.returncode == 2
    assert "Usage: crosstongue" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_an_unexpected_error_is_one_sentence_and_its_traceback_is_there_for_who_asks(
    process, indexed, home
):
    change(home, "UPDATE meta SET value = '\x1b[2J{' WHERE key = 'encoder'")
    message = refused(process("search", "train"), "CROSSTONGUE_DEBUG=1")
    assert "\x1b" not in message
    done = process("search", "train", variables={"CROSSTONGUE_DEBUG": "1"})
    assert done.returncode == 1
    assert "Traceback" in done.stderr


@pytest.fixture
def unprivileged(command, environment, tmp_path):
    """Run a verb as somebody whom permissions bind, also where the tests run as root."""
    prefix = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root cannot give up its rights without setpriv (util-linux)")
        prefix = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]

    def run(*arguments):
        return subprocess.run(
            [*prefix, *command(*arguments)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    yield run
    for path in tmp_path.rglob("*"):  # so that pytest can clear the folder away
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)


def test_a_folder_that_may_not_be_read(unprivileged, documents):
    documents.chmod(0)
    refused(unprivileged("index", documents), "cannot be read")


def test_a_part_that_may_not_be_read_is_recorded_and_the_run_is_done(unprivileged, documents):
    (documents / "bread.rst").chmod(0)
    (documents / "travel").chmod(0)
    done = unprivileged("index", documents)
    assert done.returncode == 0, done.stderr
    assert "2 added, 1 failed" in done.stdout
    assert "bread.rst: " in done.stdout
    assert "1 folder could not be listed" in done.stdout


def test_a_place_where_no_index_may_be_made(unprivileged, documents, home):
    home.chmod(0o500)
    refused(unprivileged("index", documents), str(home))


def test_an_index_of_somebody_else(unprivileged, documents, home):
    assert unprivileged("index", documents).returncode == 0
    (home / ".local/share/crosstongue/index").chmod(0)
    refused(unprivileged("search", "train"), "index")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("a file system can only be mounted by root")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk(process, documents, small_disk):
    for number in range(200):
        (documents / f"{number}.txt").write_text(f"Document {number} is about trains. " * 300)
    done = process("index", documents, "--index", small_disk / "index")
    refused(done, "disk", "full")
    done = process("status", "--index", small_disk / "index")
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr


def test_a_disk_too_full_to_begin(process, documents, small_disk):
    with (small_disk / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            pass
    refused(process("index", documents, "--index", small_disk / "index"), "disk", "full")


def change(home, sql):
    with sqlite3.connect(home / ".local/share/crosstongue/index/index.db") as connection:
        connection.execute(sql)
    connection.close()
