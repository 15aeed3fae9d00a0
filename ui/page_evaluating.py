"""An evaluation asked for on the page: the command a person would type, its figures as tables.

What it embedded is kept, so that a run that was stopped goes on. No Streamlit here.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ui.language_names import language_name
from ui.page_process import PageProcess
from ui.safe_text import text_html

_PAIRS, _PLOT = "pairs.tsv", "layers.svg"
_UNTOLD = "The evaluation ended unexpectedly; measure again, it goes on where it stopped."
_COLUMNS = ("encoder", "pooling", "layer", "forth", "back", "MRR", "own", "pool")
_OF_LANGUAGES = ("languages", "pairs", "forth", "back")

Figures = Mapping[str, Any]


class EvaluationRun(PageProcess):
    """An evaluation under way, or over.

    :param pairs: the file that was uploaded.
    :param options: of `crosstongue evaluate`.
    :raises SourceError: if it cannot be started.
    """

    def __init__(self, pairs: bytes, options: Sequence[str]) -> None:
        def prepare(place: Path) -> list[str]:
            (place / _PAIRS).write_bytes(pairs)
            plot = ["--plot", str(place / _PLOT)]
            return ["evaluate", str(place / _PAIRS), *options, "--json", *plot]

        super().__init__("ui.cli", prepare, untold=_UNTOLD)

    @property
    def complaint(self) -> str | None:
        """The sentence it failed with, if it did; the file goes without its temporary name."""
        said = super().complaint
        return said and said.replace(str(self.place / _PAIRS), "The file")

    @property
    def found(self) -> list[Figures]:
        """The figures of each encoder, pooling and layer; none before the end."""
        if not self.done:
            return []
        found: list[Figures] = json.loads(self.written)["evaluations"]
        return found

    @property
    def plot(self) -> str:
        """The figures by layer, as SVG, after the end."""
        return (self.place / _PLOT).read_text("utf-8")


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
