"""`search` and `similar` as a person and a program use them."""

import json
import os
import re
import subprocess
import sys

import pytest


def hits(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["hits"]


def paths(done):
    return [hit["path"].rsplit("/", 1)[-1] for hit in hits(done)]


def test_a_question_in_english_finds_the_german_document(process, indexed):
    found = paths(process("search", "cool a burn for twenty minutes", "--json"))
    assert set(found[:2]) == {"burns.md", "verbrennung.md"}


def test_a_person_sees_rank_title_language_score_file_and_snippet(crosstongue, indexed):
    done = crosstongue("search", "cool a burn", "--language", "en", "--type", "md")
    first, second, third = done.stdout.splitlines()
    assert re.fullmatch(r" 1 Burns  \[en\]  \d+ %", first)
    assert second.strip() == f"{indexed.resolve()}/health/burns.md#0  § Burns"
    assert third.strip() == "Cool the burn under running water for twenty minutes."
    assert done.stderr == ""


def test_json_has_every_passage_with_its_place(crosstongue, indexed):
    done = crosstongue("search", "how to cool a burn", "--json", "--limit", "1")
    answer = json.loads(done.stdout)
    assert answer["query"] == "how to cool a burn"
    assert answer["query_language"]["language"] == "en"
    [hit] = answer["hits"]
    assert hit["rank"] == 1
    assert 0 < hit["confidence"] < 1
    assert hit["uri"].startswith("file:///")
    passage = hit["passages"][0]
    assert passage["snippet"] in passage["text"]
    offset = passage["snippet_start"] - passage["start"]
    assert passage["text"][offset:].startswith(passage["snippet"])


def test_filters_and_the_limit_reach_the_search(crosstongue, indexed):
    def search(*options):
        return set(paths(crosstongue("search", "night train", "--json", *options)))

    assert search("--language", "de") == {"verbrennung.md", "nachtzug.txt"}
    assert search("--language", "de,en", "--type", "html,txt") == {"nachtzug.txt", "train.html"}
    assert search("--folder", str(indexed / "travel")) == {"nachtzug.txt", "train.html"}
    assert search("--after", "2999") == set()
    assert len(search("--before", "2999", "-n", "2")) == 2


def test_a_minus_reads_the_query_from_standard_input(crosstongue, indexed):
    done = crosstongue("search", "-", "--json", stdin="night train\n")
    assert set(paths(done)[:2]) == {"nachtzug.txt", "train.html"}


def test_a_query_of_100_000_characters_is_answered(crosstongue, indexed):
    done = crosstongue("search", "-", "--json", "-n", "1", stdin="night train " * 8_400)
    assert paths(done)[0] in ("nachtzug.txt", "train.html")


def test_a_query_of_bytes_that_are_no_text_is_answered(crosstongue, indexed):
    done = crosstongue("search", "night train \udcff\x1b", "--json")
    assert len(hits(done)) == 5


def test_no_hit_is_no_error_and_is_said(crosstongue, indexed):
    done = crosstongue("search", "train", "--type", "pdf")
    assert (done.returncode, done.stdout) == (0, "Nothing found.\n")


def test_the_file_a_hit_names_can_be_given_to_similar(crosstongue, indexed):
    line = crosstongue("search", "night train", "--language", "en").stdout.splitlines()[1].strip()
    done = crosstongue("similar", line.split("  ")[0], "--json")
    assert paths(done)[0] == "nachtzug.txt"
    assert "train.html" not in paths(done)
    assert json.loads(done.stdout)["passage"] == 0


def test_similar_takes_a_file_whose_own_name_looks_like_a_passage(crosstongue, documents):
    (documents / "notes#1").mkdir()
    (documents / "a.txt#2.md").write_text("Reserve your seat on the night train.")
    (documents / "b.md#3").write_text("Not indexed: no reader.")
    crosstongue("index", documents)
    assert paths(crosstongue("similar", documents / "a.txt#2.md", "--json"))[0] == "train.html"


def test_a_reader_that_stops_reading_is_no_error(command, environment, indexed, tmp_path):
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{' '.join(command('search', 'train'))} | head -n 1"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_without_a_terminal_that_shows_unicode_the_answer_still_comes(process, indexed):
    ascii_only = {"PYTHONIOENCODING": "ascii", "LANG": "C", "PYTHONUTF8": "0"}
    done = process("search", "Verbrennung kühlen", variables=ascii_only)
    assert done.returncode == 0
    assert "k?hlen" in done.stdout
    done = process("search", "Verbrennung kühlen", "--json", variables=ascii_only)
    assert "kühlen" in json.loads(done.stdout)["hits"][0]["passages"][0]["text"]


def test_filters_in_the_query_and_a_given_language(crosstongue, indexed):
    done = crosstongue("search", "night train lang:de path:travel/", "--json")
    assert paths(done) == ["nachtzug.txt"]
    done = crosstongue("search", "train", "--script", "Cyrl", "--query-language", "nl", "--json")
    answer = json.loads(done.stdout)
    assert answer["query_language"] == {"language": "nl", "probability": 1.0}
    assert answer["hits"] == []
    for bad in (["train lang:german"], ["train", "--script", "x"], ["a", "--query-language", "?"]):
        done = crosstongue("search", *bad)
        assert done.returncode == 1
        assert done.stderr.startswith("Error: “")
        assert done.stderr.count("\n") == 1


def test_a_file_of_queries_is_answered_a_line_each(crosstongue, indexed, tmp_path):
    (tmp_path / "queries.txt").write_text("night train\n\nhow to cool a burn lang:de\n", "utf-8")
    done = crosstongue("search", "--queries", tmp_path / "queries.txt", "-n", "1")
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert [first["query"], second["query"]] == ["night train", "how to cool a burn lang:de"]
    assert first["hits"][0]["path"].endswith(("nachtzug.txt", "train.html"))
    assert second["hits"][0]["path"].endswith("verbrennung.md")
    assert second["query_language"]["language"] == "en"


def test_a_query_that_cannot_be_asked_loses_none_of_the_others(process, indexed):
    done = process("search", "--queries", "-", stdin="night train\nx lang:german\nlang:de\nbread\n")
    assert done.returncode == 1
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert ["error" in answer for answer in answers] == [False, True, True, False]
    assert done.stderr == "Error: 2 queries could not be asked; see `error`.\n"


def test_an_option_that_means_nothing_is_told_once_and_not_with_every_query(process, indexed):
    for wrong in (["--label", "nowhere"], ["--entity", "Oslo"], ["--language", "german"]):
        done = process("search", "--queries", "-", *wrong, stdin="night train\nbread\n")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_a_text_or_a_file_is_the_query(crosstongue, indexed, tmp_path):
    (tmp_path / "like.md").write_text("# Burns\n\nWater for a burn -water\n", "utf-8")
    done = crosstongue("search", "--like", tmp_path / "like.md", "--json")
    assert paths(done)[0] in ("burns.md", "verbrennung.md")
    done = crosstongue("search", "--like", "-", "--json", stdin="the train -train\n" * 3)
    assert paths(done)[0] in ("nachtzug.txt", "train.html")


def test_one_kind_of_query_at_a_time_and_a_file_that_is_there(crosstongue, indexed):
    assert crosstongue("search", "train", "--like", "x").returncode == 2
    for wrong in (["--queries", "nowhere"], ["--like", "nowhere"]):
        done = crosstongue("search", *wrong)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert done.stderr.startswith("Error: ")


def test_a_reranker_that_is_none_is_told_in_a_sentence(crosstongue, indexed):
    done = crosstongue("search", "cool a burn", "--rerank", "nonsense")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: There is no reranker called 'nonsense': give a hub id (owner/name) or a folder.\n"
    )


@pytest.mark.parametrize("told", [None, "2"])
def test_a_search_multiplies_in_one_thread_unless_the_person_says_otherwise(
    environment, indexed, tmp_path, told
):
    pytest.importorskip("threadpoolctl")
    environment.pop("OPENBLAS_NUM_THREADS", None)
    if told:
        environment["OPENBLAS_NUM_THREADS"] = told
    done = subprocess.run(
        [sys.executable, "-c", COUNTING_THREADS, "search", "train"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    counted = json.loads(done.stderr.splitlines()[-1])
    assert counted == [min(int(told or 1), os.cpu_count())]


COUNTING_THREADS = """
import json, sys
from ui.cli import main
try:
    main()
except SystemExit:
    pass
from threadpoolctl import threadpool_info
of_numpy = [one for one in threadpool_info() if "numpy" in one["filepath"]]
print(json.dumps([one["num_threads"] for one in of_numpy]), file=sys.stderr)
"""
