"""`set-language` as a person gives it."""

import json

import pytest


def test_a_language_is_set_listed_counted_and_taken_back(crosstongue, indexed):
    assert crosstongue("set-language").stdout.startswith("No language is set")
    done = crosstongue("set-language", "verb*", "nds")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "verb*: Low German (nds), 1 document\n"
    assert "Set        verb*: Low German (nds), 1 document" in crosstongue("status").stdout
    rules = json.loads(crosstongue("set-language", "--json").stdout)["rules"]
    assert rules == [{"what": "verb*", "language": "nds", "documents": 1}]
    assert json.loads(crosstongue("status", "--json").stdout)["language_rules"] == rules
    [hit] = json.loads(crosstongue("search", "kühlen", "--language", "nds", "--json").stdout)[
        "hits"
    ]
    assert hit["language"] == "nds"
    assert "guessed again" in crosstongue("set-language", "verb*", "--guess").stdout
    assert json.loads(crosstongue("status", "--json").stdout)["language_rules"] == []


@pytest.mark.parametrize(
    ("arguments", "said", "status"),
    [
        (["missing.txt", "nn"], "is not in the index", 1),
        (["verb*", "klingonish"], "not a language code", 1),
        (["verb*", "--guess"], "No language was set", 1),
        (["verb*"], "give WHAT and either", 2),
        (["--guess"], "needs WHAT", 2),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(crosstongue, indexed, arguments, said, status):
    done = crosstongue("set-language", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in " ".join(done.stderr.split())
    assert status == 2 or done.stderr.count("\n") == 1
