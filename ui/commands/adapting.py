"""`adapt`: an encoder taught on pairs of one's own, or a head on examples."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ui.options import JsonOption
from ui.output import count, say, say_aside, say_json
from ui.safe_text import shown_path

if TYPE_CHECKING:
    from collections.abc import Callable


class Task(StrEnum):
    """What is taught."""

    PAIRS = "pairs"
    LABELS = "labels"
    TOKENS = "tokens"


# A head begins from nothing, so it takes longer steps.
RATES = {Task.PAIRS: 2e-5, Task.LABELS: 5e-5, Task.TOKENS: 5e-5}
_EXAMPLES = {Task.PAIRS: "pair", Task.LABELS: "text", Task.TOKENS: "sentence"}


def adapt(
    encoder: Annotated[
        str,
        typer.Argument(
            metavar="ENCODER", help="A name from `crosstongue encoders`, a hub id or a folder."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The new folder to write.")],
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A TSV of pairs: two texts a line, or two languages and two texts. Translations, "
            "or queries with the passages that answer them.",
        ),
    ] = None,
    task: Annotated[
        Task,
        typer.Option(
            help="What is taught: which texts belong together, which label a text has, or which "
            "tokens are names."
        ),
    ] = Task.PAIRS,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="For labels, a TSV of texts and their labels; for tokens, a word and its tag a "
            "line (B-PER, I-PER, O) and a blank line between sentences, as CoNLL has them.",
        ),
    ] = None,
    epochs: Annotated[float, typer.Option(metavar="N", help="Times through the examples.")] = 3.0,
    batch: Annotated[
        int,
        typer.Option(metavar="N", help="Examples in a batch; pairs are each other's negatives."),
    ] = 32,
    accumulate: Annotated[
        int, typer.Option(metavar="N", help="Batches whose gradients are added up before a step.")
    ] = 1,
    rate: Annotated[
        float | None,
        typer.Option(
            metavar="R",
            help="The learning rate at its highest; 2e-05 for pairs and 5e-05 for heads unless "
            "given.",
        ),
    ] = None,
    freeze: Annotated[
        int | None,
        typer.Option(metavar="N", help="Leave the embeddings and the first N layers as they are."),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Of the order of the examples and of those held out.")
    ] = 1,
    as_json: JsonOption = False,
) -> None:
    """Teach an encoder on pairs of your own, or a head on examples, and write it as a folder.

    Taught on pairs, it is an encoder that --encoder takes; a head says what documents are about, or
    which names are in them: `crosstongue label --head`. A tenth is held out and measured before,
    during and after; the best state is kept, and a run that gains nothing more ends early. Stopped,
    it goes on where it was.
    """
    wanted, other = ("--pairs", data) if task is Task.PAIRS else ("--data", pairs)
    file = pairs if task is Task.PAIRS else data
    if file is None or other is not None:
        raise typer.BadParameter(f"the task {task.value} takes its examples from {wanted} FILE.")
    from indexer.adapting import Training
    from indexer.adapting import adapt as teach
    from indexer.adapting_heads import adapt_head

    training = Training(epochs, batch, accumulate, rate or RATES[task], freeze, seed)
    tell = None if as_json else _teller()
    if task is Task.PAIRS:
        found = teach(encoder, file, out, training=training, progress=tell)
    else:
        head: Literal["labels", "tokens"] = "labels" if task is Task.LABELS else "tokens"
        found = adapt_head(encoder, file, out, task=head, training=training, progress=tell)
    if as_json:
        figures = {"before": round(found.before, 2), "after": round(found.after, 2)}
        counts = {"taught": found.taught, "held_out": found.held_out, "steps": found.steps}
        say_json({"folder": shown_path(found.folder), **counts, **figures})
        return
    what = _EXAMPLES[task]
    of = f"of {count(found.held_out, what)} held out"
    measured = {
        Task.PAIRS: f"{of} {found.after:.1f} % find each other ({found.before:.1f} % before)",
        Task.LABELS: f"{of} {found.after:.1f} % get their label ({found.before:.1f} % before)",
        Task.TOKENS: f"{of} the F1 of names is {found.after:.1f} ({found.before:.1f} before)",
    }
    say(
        f"Wrote {shown_path(found.folder)}: taught on {count(found.taught, what)} in "
        f"{count(found.steps, 'step')}; {measured[task]}."
    )


def _teller() -> "Callable[[int, int], None]":
    """Return what says at each tenth how far a run is."""
    shown = -1

    def tell(done: int, steps: int) -> None:
        nonlocal shown
        if (tenth := 10 * done // steps) > shown:
            shown = tenth
            say_aside(f"{done:,} of {steps:,} steps")

    return tell
