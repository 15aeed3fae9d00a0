"""The mean of tables that were trained apart: `python -m indexer.training.averaging --help`.

What a table learned of seldom seen tokens is partly chance, of where its rows began and of which
pairs were drawn. Tables that had the same teacher lie nearly alike, so that once the rest is turned
away their mean keeps what they agree on (model soups: Wortsman and others, 2022).
"""

import argparse
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexer.encoders.bigrams import Bigrams, keys_of, pairs_of
from indexer.encoders.embedded import EmbeddedEncoder, EmbeddedModel
from indexer.encoders.protocol import Vectors
from indexer.errors import TrainingError
from indexer.paths import display
from indexer.training.background import save_with_background
from indexer.training.bigrams import rounded, with_bigrams
from indexer.training.card import CARD_FILE, write_averaged_card
from indexer.training.checkpoints import read_state
from indexer.training.command import (
    add_arguments,
    command_line,
    corpus_of,
    in_a_sentence,
    say,
    say_figures,
)
from indexer.training.composition import ComposedTable
from indexer.training.contrastive import TABLE_FILE
from indexer.training.measure import cut_development, development_figures
from indexer.training.tokens import UNKNOWN, kept_tokens, pieces_of
from indexer.training.whitening import whitened


@dataclass(frozen=True)
class Trained:
    """What a training left: the rows as they were before they were whitened and rounded.

    :param model: what it wrote.
    :param rows: float32 [vocabulary + n, d], of tokens and then of their pairs.
    """

    model: EmbeddedModel
    rows: Vectors


def averaged(runs: Sequence[Trained]) -> tuple[Vectors, NDArray[np.int32], NDArray[np.float16]]:
    """Return the mean of tables over one vocabulary, each turned to the first.

    As many pairs of tokens are kept as one of them has at most: those that most of them have, and
    of these the longest.

    :return: the rows of tokens and then of pairs; int32 [n, 2], the pairs, ascending; float16
        [n, 2], in what share of the places of either token a pair is.
    """
    vocabulary = len(runs[0].model.table.codes)
    goal = runs[0].rows[:vocabulary]
    keys = [keys_of(run.model.bigrams[:, 0], run.model.bigrams[:, 1], vocabulary) for run in runs]
    every, times = np.unique(np.concatenate(keys), return_counts=True)
    tokens, pairs = np.zeros_like(goal), np.zeros((len(every), goal.shape[1]), np.float32)
    share = np.zeros((len(every), 2), np.float32)
    for run, own in zip(runs, keys, strict=True):
        rows = turned(run.rows, vocabulary, goal)
        places = np.searchsorted(every, own)
        tokens += rows[:vocabulary] / len(runs)
        pairs[places] += rows[vocabulary:] / len(runs)
        share[places] += run.model.bigram_share
    order = np.lexsort((np.linalg.norm(pairs, axis=1), times))
    kept = np.sort(order[len(order) - max(map(len, keys)) :])
    return (
        np.concatenate([tokens, pairs[kept]]),
        pairs_of(every[kept], vocabulary),
        (share[kept] / times[kept, None]).astype(np.float16),
    )


def carried(run: Trained, tokenizer: Tokenizer, other: Tokenizer, goal: EmbeddedModel) -> Trained:
    """Carry a table over to another vocabulary, in which texts have the vectors that they had.

    A text's vector is a sum of rows, so that a piece stands for the sum of those that it is cut
    into. A pair of pieces stands for what its neighbours add where they meet.

    :param tokenizer: cuts texts into the tokens that the run has rows for.
    :param other: the tokenizer with the pieces that rows are wanted for.
    :param goal: has the pairs of those that rows are wanted for.
    """
    unknown, vocabulary = tokenizer.token_to_id(UNKNOWN), len(run.model.table.codes)
    cut = [
        [token.id for token in tokenizer.model.tokenize(piece) if token.id != unknown] or [unknown]
        for piece in pieces_of(other)
    ]
    offsets = np.cumsum([0, *map(len, cut)])
    tokens = np.fromiter((token for row in cut for token in row), np.int32, offsets[-1])
    bigrams = Bigrams(run.model.bigrams, vocabulary)
    whole, edges, _ = bigrams.woven(tokens, offsets)
    rows = np.add.reduceat(run.rows[whole], edges[:-1], axis=0)
    first, second = goal.bigrams.T
    meeting = np.stack([tokens[offsets[first + 1] - 1], tokens[offsets[second]]], axis=1).ravel()
    places, found = bigrams.found(meeting, np.arange(0, len(meeting), 2))
    pairs = np.zeros((len(goal.bigrams), rows.shape[1]), np.float32)
    pairs[places // 2] = run.rows[found]
    return Trained(goal, np.concatenate([rows, pairs]))


def turned(rows: Vectors, vocabulary: int, goal: Vectors) -> Vectors:
    """Turn a table's rows, and scale them, so that its tokens lie nearest to others.

    The rotation that fits best is that of the orthogonal Procrustes problem (Schönemann, 1966).

    :param rows: float32 [vocabulary + n, d].
    :param vocabulary: how many of them are tokens.
    :param goal: float32 [vocabulary, d], where those should lie.
    """
    tokens = rows[:vocabulary]
    left, stretch, right = np.linalg.svd(tokens.T @ goal)
    scale = stretch.sum() / np.square(tokens).sum()
    found: Vectors = (rows @ (left @ right) * scale).astype(np.float32)
    return found


@in_a_sentence
def main() -> None:
    """Average what trainings left, and write the mean with its figures and its card."""
    parser = argparse.ArgumentParser(
        prog="python -m indexer.training.averaging",
        description="Write the mean of encoders that were trained apart with one teacher.",
    )
    add_arguments(parser, without=[])
    parser.add_argument(
        "--run",
        type=Path,
        nargs=2,
        action="append",
        required=True,
        metavar=("WORK", "OUT"),
        help="the folders of a training; give two or more, first the one whose tokenizer and "
        "identifier to keep; one that is given twice counts twice",
    )
    parser.add_argument(
        "--width",
        type=int,
        help="dimensions to keep, those in which texts differ most (all); a finished table hardly "
        "needs the last third",
    )
    arguments = parser.parse_args()
    runs, tokenizer = _trained(arguments.run)
    _check_width(arguments.width, runs[0].rows.shape[1])
    corpus = corpus_of(arguments)
    use, sets = cut_development(corpus)
    rows, bigrams, share = averaged(runs)
    vocabulary = len(runs[0].model.table.codes)
    texts = kept_tokens(arguments.run[0][0], tokenizer, corpus.texts)
    texts = with_bigrams(texts, bigrams, vocabulary)
    white = whitened(rows, corpus, texts, use, arguments.seed, arguments.width)
    table, bigram_table = rounded(white, vocabulary)
    model = dataclasses.replace(
        runs[0].model,
        table=table,
        bigrams=bigrams,
        bigram_share=share,
        bigram_table=bigram_table,
    )
    save_with_background(arguments.out, model, tokenizer, corpus, arguments.seed)
    figures = development_figures(sets, texts, model.semantic_rows())
    say_figures(figures)
    cards = [(out / CARD_FILE).read_text("utf-8") for _, out in arguments.run]
    command = command_line("indexer.training.averaging")
    write_averaged_card(arguments.out, cards, command, figures, arguments.held_out)
    say(f"written to {arguments.out}")


def _check_width(width: int | None, dimension: int) -> None:
    if width is not None and (not 4 <= width <= dimension or width % 4):
        raise TrainingError(
            f"--width {width} is not possible: choose a multiple of 4 up to {dimension}, which the "
            "tables have."
        )


def _trained(folders: Sequence[Sequence[Path]]) -> tuple[list[Trained], Tokenizer]:
    """Load what trainings left in their work folders, and wrote."""
    if len(folders) < 2:
        raise TrainingError("A mean is of two trainings or more: name each with --run WORK OUT.")
    encoders = [EmbeddedEncoder(out) for _, out in folders]
    first = encoders[0]
    for (_, out), encoder in zip(folders, encoders, strict=True):
        if encoder.dimension != first.dimension:
            raise TrainingError(
                f"{display(out)} has {encoder.dimension} dimensions, where "
                f"{display(folders[0][1])} has {first.dimension}: train it with as many."
            )
    runs = [
        Trained(encoder.model, _rows(work / TABLE_FILE, out, encoder))
        for (work, out), encoder in zip(folders, encoders, strict=True)
    ]
    like = first.tokenizer.to_str()
    runs = [
        run
        if encoder.tokenizer.to_str() == like
        else carried(run, encoder.tokenizer, first.tokenizer, first.model)
        for run, encoder in zip(runs, encoders, strict=True)
    ]
    return runs, first.tokenizer


def _rows(checkpoint: Path, out: Path, encoder: EmbeddedEncoder) -> Vectors:
    pieces, bigrams = pieces_of(encoder.tokenizer), len(encoder.model.bigrams)
    table = ComposedTable(pieces, encoder.dimension, deviation=0, seed=1, bigrams=bigrams)
    state = read_state(checkpoint)
    for part, now in table.state().items():
        if part not in state or state[part].shape != now.shape:
            raise TrainingError(
                f"{display(checkpoint)} is not what {display(out)} was made of: name the --work "
                "and the --out of one training."
            )
    table.restore(state)
    return table.composed()


if __name__ == "__main__":
    main()
