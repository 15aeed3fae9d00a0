"""Every verb and option explains itself, in the page of documentation too, and help is quick."""

import json
import re
import subprocess
import sys

import pytest
import typer

from ui.cli import app

PROGRAM = typer.main.get_command(app)
VERBS = sorted(PROGRAM.commands)


def test_the_verbs_are_those_that_are_promised():
    assert set(VERBS) == {
        *("index", "search", "similar", "status", "forget", "ui", "demo", "doctor"),
        *(
            "languages",
            "encoders",
            "fill",
            "evaluate",
            "watch",
            "label",
            "set-language",
            "adapt",
            "export",
        ),
    }


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_option_and_argument_has_help(verb):
    command = PROGRAM.commands[verb]
    assert command.help
    for parameter in command.params:
        assert parameter.help, f"{verb} {parameter.name}"
        assert parameter.help.endswith("."), f"{verb} {parameter.name}"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_and_option_is_in_the_documentation(verb, root):
    page = (root / "docs/cli.md").read_text("utf-8")
    block = page.split(f"<!-- help: {verb} -->")[1].split("<!-- end -->")[0]
    for parameter in PROGRAM.commands[verb].params:
        for option in parameter.opts:
            if option.startswith("-"):
                assert re.search(rf"^  .*{option}\b", block, re.MULTILINE), f"{verb} {option}"


def test_the_documentation_is_what_the_program_says(root):
    done = subprocess.run(
        [sys.executable, root / "docs/make_cli.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_is_shown_and_ends_with_0(crosstongue, verb):
    done = crosstongue(*([verb] if verb else []), "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: crosstongue")
    assert done.stderr == ""


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_gives_its_answer_as_json(verb):
    options = {option for one in PROGRAM.commands[verb].params for option in one.opts}
    assert "--json" in options


def loaded(environment, tmp_path, *arguments):
    """Return the names of the modules that a verb has loaded when it ends."""
    script = (
        "import sys, json, atexit; sys.argv = ['crosstongue', *sys.argv[1:]];"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr));"
        "from ui.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_help_loads_nothing_heavy(environment, tmp_path):
    modules = loaded(environment, tmp_path, "--help")
    heavy = {"numpy", "faiss", "tokenizers", "streamlit", "rich", "sqlite_utils", "pandas", "torch"}
    assert not modules & heavy


def test_a_search_loads_neither_torch_nor_transformers_nor_what_it_does_not_use(
    environment, indexed, tmp_path
):
    modules = loaded(environment, tmp_path, "search", "train", "--type", "md")
    heavy = {"torch", "transformers", "streamlit", "rich", "pandas", "sqlite_utils", "langcodes"}
    assert not modules & heavy


def test_the_module_and_the_package_run_alike(environment, tmp_path):
    for module in ("ui", "ui.cli"):
        done = subprocess.run(
            [sys.executable, "-m", module, "--version"],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0
        assert done.stdout.startswith("crosstongue ")
