"""An encoder taught on a person's own pairs: translations, or queries with what answers them.

Contrastive fine-tuning through sentence-transformers' trainer: in a batch each text is to lie
nearer to its partner than to every other's (van den Oord, Li and Vinyals, 2018). A share of the
pairs is held out, measured before, during and after, and the best state of the run is kept. The new
folder is written beside its place and renamed there; a run that was stopped goes on where it was.
"""

from __future__ import annotations

import importlib.util
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.errors import EncoderError
from indexer.paths import display
from indexer.text_files import reading

if TYPE_CHECKING:
    from indexer.encoders.checkpoint import Checkpoint

INSTALL = "pip install 'crosstongue[adapt]'"
# Fewer examples teach nothing that a held-out share could show.
FEWEST = 20
# Held out, as a share and at most: the accuracy among a thousand is known to three points or so.
HELD_OUT, MOST_HELD_OUT = 0.1, 1_000
# Looks at the held-out pairs in a run, each of which keeps a state of three times the weights on
# disk, and how many without gain end it.
LOOKS, PATIENCE = 5, 3
# Where in its folder a run leaves what it made.
MODEL = "model"

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Training:
    """How an encoder is taught.

    :param epochs: times through the examples.
    :param batch: examples in a batch; pairs are each other's negatives.
    :param accumulate: batches whose gradients are added up before a step.
    :param rate: the learning rate at its highest; it warms up for a tenth of the steps.
    :param freeze: the embeddings and so many of the first layers stay as they are; None freezes
        nothing.
    :param seed: of the order and of what is held out.
    """

    epochs: float = 3.0
    batch: int = 32
    accumulate: int = 1
    rate: float = 2e-5
    freeze: int | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Adapted:
    """What was written.

    :param folder: what `load_encoder` loads, or `facets` for a head.
    :param taught: how many examples it was taught on.
    :param held_out: how many it was measured on.
    :param before: of the held-out texts, both ways, the share in percent whose partner is nearest;
        of a head, what `adapting_heads` measures.
    :param after: the same afterwards.
    :param steps: of the optimizer.
    :param seconds: the whole took.
    """

    folder: Path
    taught: int
    held_out: int
    before: float
    after: float
    steps: int
    seconds: float


def adapt(
    name: str,
    pairs: str | Path,
    out: str | Path,
    *,
    training: Training | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Adapted:
    """Teach an encoder on pairs.

    :param name: a name of the catalog, a hub id or a folder.
    :param pairs: a TSV of two columns (texts), or of four (languages, then texts); one named `.zst`
        has four.
    :param out: the folder to write; there must be none of that name.
    :param progress: called with the steps done and the steps in all.
    :raises EncoderError: if the encoder cannot be taught, the pairs are too few or cannot be read,
        or the folder is there.
    """
    began = time.monotonic()
    asked, folder = training or Training(), Path(out).expanduser()
    check(asked, folder)
    checkpoint = base_checkpoint(name, ("accelerate", "datasets"))
    found = read_training_pairs(Path(pairs).expanduser())
    taught, kept = _split(found, asked.seed)
    work = folder.with_name(f"{folder.name}.part")
    from indexer.contrastive_run import run

    before, after, steps = run(checkpoint, taught, kept, work, asked, progress)
    settle(work, folder)
    return Adapted(folder, len(taught), len(kept), before, after, steps, time.monotonic() - began)


def settle(work: Path, folder: Path) -> None:
    """Put what a run has made in its place.

    :raises EncoderError: if that cannot be written.
    """
    try:
        (work / MODEL).replace(folder)
    except OSError as error:
        raise EncoderError(f"{display(folder)} cannot be written ({error.strerror}).") from error
    shutil.rmtree(work, ignore_errors=True)


def read_training_pairs(path: Path) -> list[Pair]:
    """Read the distinct pairs of a file.

    :raises EncoderError: if it cannot be read or holds too few.
    """
    with reading(path, EncoderError):
        found = list(dict.fromkeys(_rows(path)))
    how = "a line each: two texts with a tab between them, or two languages and two texts"
    check_count(path, len(found), "pairs", how)
    return found


def check_count(path: Path, count: int, what: str, how: str) -> None:
    """Refuse a file of too few examples.

    :param what: what they are called.
    :param how: how the file is to hold them.
    :raises EncoderError: if they are fewer than `FEWEST`.
    """
    if count < FEWEST:
        raise EncoderError(
            f"{display(path)} holds {count} {what}; teaching takes {FEWEST} at least, {how}."
        )


def columns_of(path: Path) -> Iterator[list[str]]:
    """Yield the columns of each line of a TSV, without the blanks around them."""
    with path.open(encoding="utf-8-sig", newline="\n") as lines:
        for line in lines:
            yield [column.strip() for column in line.rstrip("\r\n").split("\t")]


def held_out(examples: int) -> int:
    """Return how many of some examples are measured and not taught."""
    return min(MOST_HELD_OUT, max(2, round(HELD_OUT * examples)))


def _rows(path: Path) -> Iterator[Pair]:
    from indexer.parallel_text import read_pairs

    if path.suffix == ".zst":
        yield from (row[2:] for row in read_pairs(path))
        return
    for columns in columns_of(path):
        if len(columns) in (2, 4) and all(columns[-2:]):
            yield columns[-2], columns[-1]


def _split(pairs: list[Pair], seed: int) -> tuple[list[Pair], list[Pair]]:
    """Hold pairs out whose texts stand in no pair that is taught."""
    order = list(pairs)
    random.Random(seed).shuffle(order)
    count = held_out(len(order))
    kept: dict[Pair, None] = {}
    first: set[str] = set()
    second: set[str] = set()
    for one in order:
        # A text that stands twice would be its own rival.
        if len(kept) < count and one[0] not in first and one[1] not in second:
            kept[one] = None
            first.add(one[0])
            second.add(one[1])
    taught = [one for one in order if one[0] not in first and one[1] not in second]
    if len(taught) < FEWEST // 2:
        raise EncoderError(
            f"Without those held out, {len(taught)} pairs are left to teach, because the same "
            "texts stand in most of them: give pairs of more different texts."
        )
    return taught, list(kept)


def check(training: Training, folder: Path) -> None:
    """Make sure that a run can begin.

    :raises EncoderError: if its settings mean nothing, or the folder cannot be made.
    """
    if folder.exists():
        raise EncoderError(f"{display(folder)} is there already: name a folder that is not.")
    if not folder.parent.is_dir():
        raise EncoderError(f"There is no folder {display(folder.parent)} to write into.")
    numbers = (training.epochs, training.batch - 1, training.accumulate, training.rate)
    if not all(number > 0 for number in numbers):
        raise EncoderError(
            "Epochs, accumulated batches and the learning rate must be above 0, and a batch takes "
            "2 examples at least."
        )


def base_checkpoint(name: str, packages: Sequence[str]) -> Checkpoint:
    """Return the checkpoint of an encoder that can be taught.

    :param packages: what teaching it takes beside what every transformer does.
    :raises EncoderError: if it is none, or a package is not installed.
    """
    from indexer.encoders.catalog import described, is_exported, is_table

    if is_table(name) or is_exported(name):
        what = "is a table of words" if is_table(name) else "is an export"
        raise EncoderError(
            f"The encoder {name!r} {what}, which is not taught this way: name a transformer."
        )
    _, found = described(name)
    missing = [package for package in packages if not importlib.util.find_spec(package)]
    if missing:
        raise EncoderError(f"Teaching an encoder needs {', '.join(missing)}: run `{INSTALL}`.")
    return found
