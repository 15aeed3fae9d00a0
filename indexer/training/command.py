"""What the commands of the trainings have in common."""

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path

from indexer.errors import CrosstongueError
from indexer.paths import display
from indexer.training.corpus import Corpus, held_out_sentences, load_corpus


def in_a_sentence(main: Callable[[], None]) -> Callable[[], None]:
    """Make a command that cannot use what it was given say so in one sentence, and exit with 1."""

    @wraps(main)
    def said() -> None:
        try:
            main()
        except CrosstongueError as error:
            raise SystemExit(str(error)) from None
        except OSError as error:
            if error.filename is None:
                raise
            raise SystemExit(f"{display(error.filename)}: {error.strerror}.") from None

    return said


def add_arguments(parser: argparse.ArgumentParser, without: list[str]) -> None:
    """Add what every training is told.

    :param without: sources that are left out whoever asks.
    """
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of <source>.tsv or <source>.tsv.zst")
    add("--out", type=Path, required=True, help="folder the artifact is written to")
    add("--work", type=Path, default=Path("work"), help="folder for what a resumed run needs")
    add("--held-out", type=Path, help="folder of sentences that must not be trained on")
    add("--without", action="append", default=without, metavar="SOURCE", help="leave a source out")
    add("--seed", type=int, default=1, help="the same draws the same pairs and texts")


def corpus_of(arguments: argparse.Namespace) -> Corpus:
    """Read the text that a training is told to take, and say how much it is."""
    corpus = load_corpus(
        arguments.data,
        held_out=held_out_sentences(arguments.held_out),
        without=arguments.without,
        seed=arguments.seed,
    )
    say(f"corpus: {len(corpus.left):,} pairs, {len(corpus.texts):,} texts")
    return corpus


def command_line(module: str) -> str:
    """Return the command this process runs, as a card may show it."""
    return " ".join(["python -m", module, *map(_shown, sys.argv[1:])])


def _shown(argument: str) -> str:
    """Show a path by its name alone: the card speaks of no one's machine."""
    return Path(argument).name if "/" in argument else argument


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say_step(step: int, loss: float, rate: float, figures: Mapping[str, float]) -> None:
    """Say how far a training is.

    :param loss: the mean since this was last said.
    :param rate: pairs a second.
    :param figures: in percent, by kind of text.
    """
    listed = ", ".join(f"{kind} {value:.1f}" for kind, value in figures.items())
    say(f"step {step}: loss {loss:.3f}, {rate:,.0f} pairs/s; {listed}")


def say_figures(figures: Mapping[str, float]) -> None:
    """Say what was measured in the end, a line a kind of text.

    :param figures: in percent, by kind of text.
    """
    for kind, value in figures.items():
        say(f"{kind}: {value:.1f}")


def say_taught(done: int, total: int) -> None:
    """Say how many texts a teacher has read."""
    say(f"teacher: {done:,} of {total:,} texts")
