"""The command line as a person runs it, in a home of its own."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import pytest

from ui.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
Crosstongue = Callable[..., "subprocess.CompletedProcess[str]"]

DOCUMENTS = {
    "health/burns.md": "# Burns\n\nCool the burn under running water for twenty minutes.\n",
    "health/verbrennung.md": "# Verbrennungen\n\nDie Verbrennung zwanzig Minuten kühlen.\n",
    "travel/nachtzug.txt": "Im Nachtzug reserviert man seinen Platz im Voraus.",
    "travel/train.html": "<title>Night trains</title><p>Reserve a seat on the night train early.",
    "bread.rst": "Bread\n=====\n\nKnead the dough for ten minutes and let it rise.\n",
}


def _command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "ui.cli", *map(str, arguments)]


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def command() -> Callable[..., list[str]]:
    """The command line to start a verb with, for tests that do not wait for its end."""
    return _command


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """The environment of a person who has set nothing and whose home is empty."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CROSSTONGUE_", "STREAMLIT_", "XDG_", "PYTHON"))
    }
    return {
        **kept,
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "COLUMNS": "80",
        "HF_HUB_OFFLINE": "1",
    }


@pytest.fixture
def process(environment: dict[str, str], tmp_path: Path) -> Crosstongue:
    """Run a verb to its end in a process of its own, as a person's shell does."""

    def run(
        *arguments: str | Path, stdin: str = "", variables: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            _command(*arguments),
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            cwd=tmp_path,
            env={**environment, **(variables or {})},
        )

    return run


@pytest.fixture
def crosstongue(environment: dict[str, str], tmp_path: Path) -> Crosstongue:
    """Run a verb to its end in this process, where the encoder is already loaded.

    Everything but the process is real; what the process itself matters to uses `process`.
    """

    def run(
        *arguments: str | Path, stdin: str = "", variables: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        written, told = _stream(), _stream()
        with ExitStack() as stack:
            stack.enter_context(patch.dict(os.environ, environment, clear=True))
            os.environ.update(variables or {})
            stack.enter_context(chdir(tmp_path))
            stack.enter_context(redirect_stdout(written))
            stack.enter_context(redirect_stderr(told))
            stack.enter_context(patch("sys.stdin", _stream(stdin)))
            stack.enter_context(patch("sys.argv", ["crosstongue", *map(str, arguments)]))
            end = stack.enter_context(pytest.raises(SystemExit))
            main()
        return subprocess.CompletedProcess(
            arguments, end.value.code, _content(written), _content(told)
        )

    return run


def _stream(content: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content.encode("utf-8")), "utf-8")


def _content(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8")


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder of five small documents in two languages."""
    folder = tmp_path / "documents"
    for name, text in DOCUMENTS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def indexed(crosstongue: Crosstongue, documents: Path) -> Path:
    """The same folder, in the default index."""
    done = crosstongue("index", documents)
    assert done.returncode == 0, done.stderr
    return documents
