"""A head taught on a person's own examples: what texts are about, or the names in them.

Fine-tuning through transformers' trainer: a layer on top of an encoder says a text's label, or
whether a token begins, goes on with or is outside of a name, and the encoder learns with it. A
share of the examples is held out, measured before, during and after, and the best state is kept.
What the head says becomes facets of an index through `facets`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.adapting import (
    Adapted,
    Training,
    base_checkpoint,
    check,
    check_count,
    columns_of,
    held_out,
    settle,
)
from indexer.entities import Tagged, read_tag, tagged
from indexer.errors import EncoderError
from indexer.paths import display
from indexer.text_files import reading

if TYPE_CHECKING:
    from indexer.encoders.heads import Task

_BETWEEN_DOCUMENTS = "-DOCSTART-"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and what it is about."""

    text: str
    label: str


Example = Labelled | Tagged


def adapt_head(
    name: str,
    data: str | Path,
    out: str | Path,
    *,
    task: Task,
    training: Training,
    progress: Callable[[int, int], None] | None = None,
) -> Adapted:
    """Teach a head on examples.

    :param name: the encoder below it: a name of the catalog, a hub id or a folder.
    :param data: for "labels" a TSV of texts and their labels; for "tokens" a file in CoNLL's
        layout: a word and its tag a line, a blank line between sentences.
    :param out: the folder to write; there must be none of that name.
    :param progress: called with the steps done and the steps in all.
    :return: measured by accuracy for labels, by the F1 of entities for tokens.
    :raises EncoderError: if the encoder cannot be taught, the examples are too few or cannot be
        read, or the folder is there.
    """
    began = time.monotonic()
    folder, file = Path(out).expanduser(), Path(data).expanduser()
    check(training, folder)
    checkpoint = base_checkpoint(name, ("accelerate",))
    examples: Sequence[Example] = read_labelled(file) if task == "labels" else read_tagged(file)
    taught, kept = _split(examples, training.seed)
    work = folder.with_name(f"{folder.name}.part")
    from indexer.head_run import run

    before, after, steps = run(checkpoint, task, taught, kept, work, training, progress)
    settle(work, folder)
    return Adapted(folder, len(taught), len(kept), before, after, steps, time.monotonic() - began)


def read_labelled(path: Path) -> list[Labelled]:
    """Read the distinct texts of a TSV with their labels.

    :raises EncoderError: if it cannot be read, holds too few, or only one label.
    """
    with reading(path, EncoderError):
        found = list(dict.fromkeys(_labelled_rows(path)))
    check_count(path, len(found), "texts", "a line each: the text, a tab and its label")
    if len({one.label for one in found}) == 1:
        raise EncoderError(
            f"{display(path)} has one label only, “{found[0].label}”; there is nothing to tell it "
            "from: give texts of another."
        )
    return found


def read_tagged(path: Path) -> list[Tagged]:
    """Read the distinct sentences of a file in CoNLL's layout: the first column and the last.

    :raises EncoderError: if it cannot be read, a line is none of a word and its tag, or it holds
        too few sentences, or no entity.
    """
    with reading(path, EncoderError):
        found = list(dict.fromkeys(_sentences(path)))
    how = "a word and its tag a line, with a blank line between sentences"
    check_count(path, len(found), "sentences", how)
    if not any(one.entities for one in found):
        raise EncoderError(f"{display(path)} names no entity; tags are B-PER, I-PER and O, say.")
    return found


def _labelled_rows(path: Path) -> Iterator[Labelled]:
    for columns in columns_of(path):
        if len(columns) == 2 and all(columns):
            yield Labelled(*columns)


def _sentences(path: Path) -> Iterator[Tagged]:
    words: list[str] = []
    tags: list[str] = []
    with path.open(encoding="utf-8-sig", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            columns = line.split()
            if not columns or columns[0] == _BETWEEN_DOCUMENTS:
                if words:
                    yield tagged(words, tags)
                words, tags = [], []
                continue
            try:
                read_tag(columns[-1])
            except ValueError:
                if columns[0] == "#":
                    continue  # a comment, as CoNLL-U has them
                raise EncoderError(
                    f"Line {number} of {display(path)} ends in {columns[-1]!r}, which is no tag: "
                    "give a word and its tag, such as “Paris B-LOC” or “in O”."
                ) from None
            words.append(columns[0])
            tags.append(columns[-1])
    if words:
        yield tagged(words, tags)


def _split(examples: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
    order = list(examples)
    random.Random(seed).shuffle(order)
    count = held_out(len(order))
    return order[count:], order[:count]
