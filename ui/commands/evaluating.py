"""`evaluate`: how well encoders find translations, from parallel text."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.locations import evaluation_folder, make_private
from ui.options import JsonOption
from ui.output import count, safe_name, say, say_aside, say_json, say_table

if TYPE_CHECKING:
    from indexer.encoders.variants import Layers

_ALL = "all"


def evaluate(
    pairs: Annotated[
        Path,
        typer.Argument(
            metavar="PAIRS",
            help="A file of pairs, a line each: language, language, text and text with tabs "
            "between (.tsv, .tsv.zst); or a folder of tatoeba.<language>-eng.* files.",
        ),
    ],
    encoder: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="What to measure: a name from `crosstongue encoders`, a hub id or a folder; may "
            "be repeated. Without it, the encoder that ships.",
        ),
    ] = None,
    pooling: Annotated[
        str | None,
        typer.Option(metavar="P,P", help="Poolings to compare, such as mean,cls."),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            help="Layers to compare: 7, or 6,7, or 1-12, or 6+7+8 for a mean, or all.",
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", help="The most pairs of a language pair; more are thinned evenly."
        ),
    ] = 1_000,
    centring: Annotated[
        bool,
        typer.Option(
            "--centring", help="Measure each also with the centres of the languages taken off."
        ),
    ] = False,
    by_language: Annotated[
        bool, typer.Option("--by-language", help="Show the figures of each language too.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.svg", help="Draw the figures by layer into this file."),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where vectors are kept, so that a run that was stopped goes on; without it, in "
            "your user cache folder.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how well encoders find translations.

    On parallel text: between two languages, and in a pool of all languages mixed.
    """
    poolings = [part.strip() for part in pooling.split(",")] if pooling else []
    layers = asked_layers(layer)
    _check_plot(plot)
    from indexer.encoders.variants import load_variants
    from search.evaluate import evaluate as measure
    from search.evaluation_texts import read_parallel
    from ui import evaluation_text
    from ui.progress_bar import shown_progress

    sets = read_parallel(pairs, limit)
    names = dict.fromkeys(encoder or ["embedded"])
    encoders = [load_variants(name, poolings, layers) for name in names]
    folder = work.expanduser() if work is not None else evaluation_folder()
    make_private(folder)
    with shown_progress() as progress:
        found = measure(sets, encoders, folder, centring=centring, progress=progress)
    if plot is not None:
        plot.write_text(evaluation_text.plot(found), "utf-8")
    if as_json:
        say_json({"evaluations": [evaluation_text.values(one) for one in found]})
        return
    total = sum(len(one.first) for one in sets)
    say(f"{count(total, 'pair')} of {count(len(sets), 'language pair')}")
    say()
    say_table(evaluation_text.table(found))
    for one in found if by_language else ():
        say()
        say(evaluation_text.title(one))
        say_table(evaluation_text.language_table(one))
    say()
    for line in evaluation_text.explained():
        say(line)
    say_aside(f"The vectors are kept in {safe_name(folder)} for another run; delete it at will.")


def asked_layers(text: str | None) -> "Layers":
    """Read what `--layer` was given.

    :raises typer.BadParameter: if it means no layers.
    """
    if text is None:
        return ()
    if text == _ALL:
        return _ALL
    layers: list[int | tuple[int, ...]] = []
    try:
        for part in text.split(","):
            first, dash, last = part[1:].partition("-")
            if "+" in part:
                layers.append(tuple(int(one) for one in part.split("+")))
            elif dash:
                layers += range(int(part[0] + first), int(last) + 1)
            else:
                layers.append(int(part))
    except (ValueError, IndexError):
        layers = []
    if not layers:
        raise typer.BadParameter(
            f"{text!r} is no layers: give 7, or 6,7, or 1-12, or 6+7+8 for a mean, or all."
        )
    return layers


def _check_plot(plot: Path | None) -> None:
    """Refuse a file that could not be written, before an hour of work and not after it."""
    if plot is None:
        return
    if plot.suffix.lower() != ".svg":
        raise typer.BadParameter(f"{plot} is no .svg file; the plot is drawn as SVG.")
    if not plot.parent.is_dir():
        raise typer.BadParameter(f"There is no folder {plot.parent} to draw {plot.name} in.")
