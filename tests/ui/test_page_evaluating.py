"""Evaluations asked for on the page: real processes on real pairs."""

import time

import pytest

from ui.page_evaluating import EvaluationRun, figures_html, languages_html, named

PATIENCE = 120
PAIRS = "".join(
    f"{language}\ten\t{text}\t{english}\n"
    for language, texts in {
        "de": ["Das Wasser ist kalt.", "Der Zug fährt spät.", "Das Brot ist frisch."],
        "fr": ["L'eau est froide.", "Le train part tard.", "Le pain est frais."],
    }.items()
    for text, english in zip(
        texts, ["The water is cold.", "The train leaves late.", "The bread is fresh."], strict=True
    )
)


@pytest.fixture
def measured(home, environment, monkeypatch):
    """Run an evaluation in a home of its own; gives it when it is over."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    runs = []

    def run(pairs, *options, wait=True):
        runs.append(EvaluationRun(pairs.encode(), options))
        deadline = time.monotonic() + PATIENCE
        while wait and runs[-1].running:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return runs[-1]

    yield run
    for one in runs:
        one.close()


def test_figures_come_as_tables_and_as_a_plot(measured):
    run = measured(PAIRS)
    assert run.complaint is None
    [one] = run.found
    assert named(one) == "embedded, mean"
    assert one["forth"] == 100.0
    assert "<td>100.0</td>" in figures_html(run.found)
    assert "German – English" in languages_html(one)
    assert run.plot.startswith("<svg")


@pytest.mark.parametrize(
    ("pairs", "options", "said"),
    [
        ("no pairs at all\n", (), "The file holds no pairs"),
        (PAIRS, ("--encoder=/nowhere/model",), "/nowhere/model"),
        (PAIRS, ("--layer=x",), "is no layers"),
    ],
)
def test_what_cannot_be_measured_is_told_in_one_sentence(measured, pairs, options, said):
    run = measured(pairs, *options)
    assert said in run.complaint
    assert "\n" not in run.complaint and "Error" not in run.complaint
    assert run.found == []


def test_a_run_is_stopped(measured):
    run = measured(PAIRS, wait=False)
    run.stop()
    assert run.stopped and not run.running
    assert (run.complaint, run.found) == (None, [])
