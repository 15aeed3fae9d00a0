"""An evaluation asked for on the page: run in a process of its own, its figures as tables.

The process is the command a person would type, so the page stays usable while it runs, it can be
stopped at once, and what it embedded is kept for the next run. No Streamlit here.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from indexer.errors import SourceError
from ui.language_names import language_name
from ui.page_jobs import last_sentence, own_environment
from ui.safe_text import text_html

STOP_SECONDS = 5.0
_PAIRS, _PLOT, _FOUND, _TOLD = "pairs.tsv", "layers.svg", "found.json", "told.txt"
_UNTOLD = "The evaluation ended unexpectedly; measure again, it goes on where it stopped."
_COLUMNS = ("encoder", "pooling", "layer", "forth", "back", "MRR", "own", "pool")
_OF_LANGUAGES = ("languages", "pairs", "forth", "back")

Figures = Mapping[str, Any]


class EvaluationRun:
    """An evaluation under way, or over.

    :param pairs: the file that was uploaded.
    :param options: of `crosstongue evaluate`.
    :raises SourceError: if it cannot be started.
    """

    def __init__(self, pairs: bytes, options: Sequence[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="crosstongue-")
        place = Path(self._folder.name)
        self._place = place
        command = [sys.executable, "-m", "ui.cli", "evaluate", str(place / _PAIRS), *options]
        command += ["--json", "--plot", str(place / _PLOT)]
        try:
            (place / _PAIRS).write_bytes(pairs)
            with (place / _FOUND).open("wb") as found, (place / _TOLD).open("wb") as told:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=found,
                    stderr=told,
                    env=own_environment(),
                )
        except OSError as error:
            self._folder.cleanup()
            raise SourceError(
                f"The evaluation could not be started ({error.strerror}): check that there is "
                "free disk space."
            ) from error
        self.stopped = False

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self._process.poll() is None

    @property
    def progress(self) -> str:
        """How far it is, in its own words."""
        lines = self._told().splitlines()
        return lines[-1] if lines else "Loading the encoder…"

    @property
    def complaint(self) -> str | None:
        """The sentence it ended with, where it failed."""
        if self.running or self.stopped or not self._process.returncode:
            return None
        return last_sentence(self._told(), _UNTOLD).replace(str(self._place / _PAIRS), "The file")

    @property
    def found(self) -> list[Figures]:
        """The figures of each encoder, pooling and layer; none before the end."""
        if self.running or self._process.returncode:
            return []
        found: list[Figures] = json.loads((self._place / _FOUND).read_bytes())["evaluations"]
        return found

    @property
    def plot(self) -> str:
        """The figures by layer, as SVG, after the end."""
        return (self._place / _PLOT).read_text("utf-8")

    def stop(self) -> None:
        """End it; what it embedded is kept."""
        if self.running:
            self.stopped = True
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def close(self) -> None:
        """End it and forget what it found."""
        self.stop()
        self._folder.cleanup()

    def _told(self) -> str:
        return (self._place / _TOLD).read_bytes().decode("utf-8", "replace").strip()


def figures_html(found: Sequence[Figures]) -> str:
    """Return a row for each encoder, pooling and layer: means over languages, in percent."""
    rows = [
        (
            Path(one["encoder"]).name,
            one["pooling"],
            _layer(one["layer"]),
            *(_percent(one[name]) for name in ("forth", "back", "mean_reciprocal_rank")),
            *(_percent(one[name]) for name in ("own_share", "pool_share")),
        )
        for one in found
    ]
    return _table(_COLUMNS, rows)


def languages_html(one: Figures) -> str:
    """Return a row for each language pair of one of them."""
    rows = [
        (
            " – ".join(map(language_name, pair["languages"])),
            f"{pair['pairs']:,}",
            _percent(pair["forth"]),
            _percent(pair["back"]),
        )
        for pair in one["by_pair"]
    ]
    return _table(_OF_LANGUAGES, rows)


def named(one: Figures) -> str:
    """Return an encoder, pooling and layer in a line."""
    layer = _layer(one["layer"])
    return f"{Path(one['encoder']).name}, {one['pooling']}" + (
        f" of layer {layer}" if layer else ""
    )


def _layer(layer: int | Sequence[int] | None) -> str:
    if layer is None:
        return ""
    return str(layer) if isinstance(layer, int) else "+".join(map(str, layer))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _table(head: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    columns = "".join(f'<th scope="col">{text_html(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{text_html(first)}</th>'
        + "".join(f"<td>{text_html(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        '<div class="ct-scroll" tabindex="0"><table class="ct-table">'
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table></div>"
    )
