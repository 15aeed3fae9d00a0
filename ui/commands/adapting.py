"""`adapt`: an encoder taught on pairs of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from ui.options import JsonOption
from ui.output import count, say, say_aside, say_json
from ui.safe_text import shown_path


def adapt(
    encoder: Annotated[
        str,
        typer.Argument(
            metavar="ENCODER", help="A name from `crosstongue encoders`, a hub id or a folder."
        ),
    ],
    pairs: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="A TSV of pairs: two texts a line, or two languages and two texts. Translations, "
            "or queries with the passages that answer them.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The new folder to write.")],
    epochs: Annotated[float, typer.Option(metavar="N", help="Times through the pairs.")] = 3.0,
    batch: Annotated[
        int, typer.Option(metavar="N", help="Pairs in a batch, each other's negatives.")
    ] = 32,
    accumulate: Annotated[
        int, typer.Option(metavar="N", help="Batches whose gradients are added up before a step.")
    ] = 1,
    rate: Annotated[
        float, typer.Option(metavar="R", help="The learning rate at its highest.")
    ] = 2e-5,
    freeze: Annotated[
        int | None,
        typer.Option(metavar="N", help="Leave the embeddings and the first N layers as they are."),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Of the order of the pairs and of those held out.")
    ] = 1,
    as_json: JsonOption = False,
) -> None:
    """Teach an encoder on pairs of your own, and write it as a folder that --encoder takes.

    A tenth of the pairs is held out and measured before, during and after; the best state is kept,
    and a run that gains nothing more ends early. Stopped, it goes on where it was.
    """
    from indexer.adapting import Training
    from indexer.adapting import adapt as teach

    shown = -1

    def tell(done: int, steps: int) -> None:
        nonlocal shown
        if (tenth := 10 * done // steps) > shown:
            shown = tenth
            say_aside(f"{done:,} of {steps:,} steps")

    training = Training(epochs, batch, accumulate, rate, freeze, seed)
    found = teach(encoder, pairs, out, training=training, progress=None if as_json else tell)
    if as_json:
        figures = {"before": round(found.before, 2), "after": round(found.after, 2)}
        counts = {"pairs": found.pairs, "held_out": found.held_out, "steps": found.steps}
        say_json({"folder": shown_path(found.folder), **counts, **figures})
        return
    say(
        f"Wrote {shown_path(found.folder)}: taught on {count(found.pairs, 'pair')} in "
        f"{count(found.steps, 'step')}; of {count(found.held_out, 'pair')} held out "
        f"{found.after:.1f} % find each other ({found.before:.1f} % before)."
    )
