"""Results as files, and files given out."""

import csv
import io
import json
import os

import pytest

from indexer import CrosstongueError, Index, load_encoder, sync
from search import Searcher
from ui.exporting import csv_of, json_of
from ui.serving import checked_file, read_file


@pytest.fixture
def hits(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    text = "Hold a burn under cold running water. Then cover it with a clean cloth."
    (folder / "burn.md").write_text(f"# =cmd|' /C calc'!A0\n\n{text}\n")
    (folder / "feu.txt").write_text("Refroidir la brûlure sous l'eau, vingt minutes.")
    with Index.create(tmp_path / "index", encoder=load_encoder("embedded")) as index:
        sync(index, folder)
        yield Searcher(index).search("cool a burn")


def test_a_table_of_results_opens_in_a_spreadsheet(hits):
    written = csv_of(hits)
    assert written.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(written.decode("utf-8-sig"))))
    assert [row["path"] for row in rows] == [str(hit.path) for hit in hits]
    assert {row["language"] for row in rows} == {"en", "fr"}
    french = next(row for row in rows if row["language"] == "fr")
    assert french["snippet"] == "Refroidir la brûlure sous l'eau, vingt minutes."


def test_no_title_of_a_stranger_is_a_formula_in_a_spreadsheet(hits):
    rows = list(csv.reader(io.StringIO(csv_of(hits).decode("utf-8-sig"))))
    cells = [cell for row in rows for cell in row]
    assert "'=cmd|' /C calc'!A0" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_the_file_of_results_says_what_the_command_line_says(hits):
    whole = json.loads(json_of("cool a burn", hits))
    assert whole["query"] == "cool a burn"
    assert [hit["path"] for hit in whole["hits"]] == [str(hit.path) for hit in hits]
    assert whole["hits"][0]["passages"][0]["text"]


def test_a_file_of_an_indexed_folder_is_given_out_as_it_is(tmp_path):
    file = tmp_path / "a.bin"
    file.write_bytes(bytes(range(256)))
    assert read_file(file, [tmp_path]) == bytes(range(256))


@pytest.mark.parametrize("kind", ["dots", "link", "folder link", "gone", "folder", "pipe"])
def test_no_file_outside_the_indexed_folders_is_given_out(tmp_path, kind):
    (secret := tmp_path / "secret.txt").write_text("secret")
    (root := tmp_path / "papers").mkdir()
    named = {
        "dots": root / ".." / "secret.txt",
        "link": root / "link.txt",
        "folder link": root / "outside" / "secret.txt",
        "gone": root / "gone.txt",
        "folder": root,
        "pipe": root / "pipe",
    }[kind]
    (root / "link.txt").symlink_to(secret)
    (root / "outside").symlink_to(tmp_path)
    os.mkfifo(root / "pipe")
    with pytest.raises(CrosstongueError):
        checked_file(named, [root])
    with pytest.raises(CrosstongueError):
        read_file(named, [root])
