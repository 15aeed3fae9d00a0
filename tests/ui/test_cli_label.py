"""`label` as a person gives it, and the filter it makes."""

import json
from inspect import signature

import pytest

from indexer.labelling import LEAST_EXCESS, MOST_LABELS
from ui.commands import labelling


@pytest.fixture
def labels(tmp_path):
    file = tmp_path / "labels.txt"
    file.write_text("first aid: burns and injuries\nnight train: travel by rail\n", "utf-8")
    return file


def test_documents_are_labelled_found_by_label_and_counted(crosstongue, indexed, labels):
    done = crosstongue("label", "--labels", labels, "--threshold", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert any(line.startswith("night train: ") for line in done.stdout.splitlines())
    asked = crosstongue("search", 'water label:"night train"', "--json")
    hits = json.loads(asked.stdout)["hits"]
    assert hits
    assert all("night train" in hit["labels"] for hit in hits)
    assert "labels: " in crosstongue("search", "water", "--label", "Night Train").stdout
    status = json.loads(crosstongue("status", "--json").stdout)
    listed = json.loads(crosstongue("label", "--json").stdout)["labels"]
    assert status["labels"] == listed
    assert {one["name"] for one in listed} == {"first aid", "night train"}


def test_labels_can_be_taken_away(crosstongue, indexed, labels):
    crosstongue("label", "--labels", labels)
    assert crosstongue("label", "--clear").stdout == "No labels.\n"
    assert "No labels yet" in crosstongue("label").stdout


def test_a_label_nobody_gave_is_told_in_a_sentence(crosstongue, indexed, labels):
    done = crosstongue("search", "water label:cooking")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no labels yet" in done.stderr
    crosstongue("label", "--labels", labels)
    done = crosstongue("search", "water", "--label", "cooking")
    assert done.returncode == 1
    assert done.stderr == (
        "Error: There is no label “cooking”; this index has first aid, night train.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--labels", "missing.txt"], "missing.txt cannot be read"),
        (["--labels", "labels.txt", "--most", "0"], "give at least 1"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(crosstongue, indexed, labels, arguments, said):
    done = crosstongue("label", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_an_index_there_is_nothing_to_label(crosstongue, labels):
    done = crosstongue("label", "--labels", labels)
    assert done.returncode == 1
    assert "crosstongue index" in done.stderr


def test_the_command_line_s_defaults_are_those_of_python():
    settings = signature(labelling.label).parameters
    assert settings["most"].default == MOST_LABELS
    assert settings["threshold"].default == LEAST_EXCESS
