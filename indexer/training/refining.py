"""Trains an embedded encoder further, on passages: `python -m indexer.training.refining --help`.

Its table was trained on sentences, and its weights of tokens were taken from their frequency. Here
both are trained as they are used: a part of a passage, weighted as a query is, must find the whole,
weighted as a document is, in another language.
"""

import argparse
import dataclasses
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from indexer.encoders.catalog import DEFAULT_ENCODER
from indexer.encoders.embedded import TOKENIZER_FILE, EmbeddedEncoder, emphasis_of, save_embedded
from indexer.encoders.four_bits import quantise
from indexer.encoders.protocol import Vectors
from indexer.resources import data_folder
from indexer.training.background import measure_background
from indexer.training.card import CARD_FILE, shown, write_refined_card
from indexer.training.contrastive import info_nce
from indexer.training.measure import development_figures
from indexer.training.rows import RowTable
from indexer.training.taught import Taught, add_arguments, cropped_runs, read_materials, say, teach
from indexer.training.tokens import gather_runs

# Passages that the teacher reads: on a CPU it reads some hundred a second.
MOST_TAUGHT_PASSAGES = 45_000


@dataclass(frozen=True)
class RefiningSettings:
    """The recipe; the defaults are those of the artifact (docs/encoder.md).

    :param steps: batches, every other one of passages.
    :param batch: pairs of sentences a batch; every other one is of one language pair.
    :param passages: pairs of passages a batch.
    :param table_rate: Adam's learning rate at its height, of the table; `weight_rate` that of the
        logarithms of the weights of tokens.
    :param teaching: the weight of the teacher's vectors of sentences; `passage_teaching` that of
        those of passages.
    """

    steps: int = 4_500
    batch: int = 2_048
    passages: int = 512
    table_rate: float = 0.006
    weight_rate: float = 0.003
    final_rate: float = 0.02
    warm_up: int = 100
    scale: float = 20.0
    teaching: float = 3.0
    passage_teaching: float = 10.0
    seed: int = 1


class Refiner:
    """Trains a table and the weights of its tokens, resumable from its checkpoint.

    :param table: float32 [pieces, dimension], what it starts from.
    :param token_weight: float16 [pieces].
    :param sentences: pairs of sentences and words.
    :param longer: pairs of passages.
    :param checkpoint: the file that a stopped run goes on from.
    """

    def __init__(
        self,
        table: Vectors,
        token_weight: NDArray[np.float16],
        sentences: Taught,
        longer: Taught,
        settings: RefiningSettings,
        checkpoint: Path | None = None,
    ) -> None:
        self.settings, self.sentences, self.longer = settings, sentences, longer
        self.checkpoint = checkpoint
        self.step = 0
        self.rows = RowTable.of(table)
        least = float(np.finfo(np.float16).smallest_normal)
        weights = torch.from_numpy(token_weight.astype(np.float32)).clamp(min=least)
        self._logarithm = torch.nn.Parameter(weights.log())
        self._optimizer = torch.optim.Adam([self._logarithm])
        if checkpoint is not None and checkpoint.exists():
            self._load(checkpoint)

    @property
    def table(self) -> Vectors:
        """The token vectors as they are now: float32 [pieces, dimension]."""
        return self.rows.table.numpy().copy()

    @property
    def token_weight(self) -> NDArray[np.float16]:
        """What each token counts in a query or a long text, as it is now: float16 [pieces]."""
        return self._logarithm.detach().exp().numpy().astype(np.float16)

    def run(self, report: Callable[[int, float, float], None], every: int = 500) -> None:
        """Train to the end.

        :param report: called with the step, the mean loss since the last call and pairs a second.
        :param every: steps between calls; the checkpoint is written then.
        """
        losses: list[float] = []
        pairs, began = 0, time.monotonic()
        while self.step < self.settings.steps:
            loss, drawn = self._one()
            losses.append(loss)
            pairs += drawn
            self.step += 1
            if self.step % every == 0 or self.step == self.settings.steps:
                self._save()
                report(self.step, float(np.mean(losses)), pairs / (time.monotonic() - began))
                losses.clear()
                pairs, began = 0, time.monotonic()

    def _one(self) -> tuple[float, int]:
        settings = self.settings
        # One generator a step: a resumed run draws what the uninterrupted one would have drawn.
        generator = np.random.default_rng((settings.seed, self.step))
        whole, single = self.step % 2 == 1, self.step % 4 == 2
        taught = self.longer if whole else self.sentences
        sampler = taught.material.sampler
        if single:
            pairs = sampler.single(settings.batch, generator)
        else:
            pairs = sampler.mixed(settings.passages if whole else settings.batch, generator)
        corpus, texts = taught.material.corpus, taught.material.texts
        sides = np.stack([corpus.left[pairs], corpus.right[pairs]])
        swap = generator.random(len(pairs)) < 0.5
        sides[:, swap] = sides[::-1, swap]
        start, length, cropped = cropped_runs(texts, sides, generator, whole)
        unit = self._encode(*gather_runs(texts.tokens, start, length), cropped)
        keys = torch.from_numpy(corpus.keys[sides])
        same = (keys[0][:, None] == keys[0]) | (keys[1][:, None] == keys[1])
        loss, gradient = info_nce(
            unit.detach(), same.fill_diagonal_(False), settings.scale, own_side=single
        )
        gradient -= self._towards_goals(
            taught, pairs, cropped, settings.passage_teaching if whole else settings.teaching
        )
        torch.autograd.backward(unit, gradient)
        rate = self._rate()
        self.rows.update(settings.table_rate * rate, self.step + 1)
        self._optimizer.param_groups[0]["lr"] = settings.weight_rate * rate
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return loss, len(pairs)

    def _encode(
        self, tokens: NDArray[np.int32], offsets: NDArray[np.int64], cropped: NDArray[np.bool_]
    ) -> torch.Tensor:
        """Encode texts as the encoder does, the cropped ones of the first half as queries."""
        lengths = np.diff(offsets)
        emphasis = emphasis_of(lengths, "document")
        emphasis[: len(cropped)][cropped] = 1
        powers = torch.from_numpy(np.repeat(emphasis, lengths))
        weights = (self._logarithm[torch.from_numpy(tokens.astype(np.int64))] * powers).exp()
        which, places = self.rows.numbered(tokens)
        pooled = functional.embedding_bag(
            places,
            self.rows.gather(which),
            torch.from_numpy(offsets[:-1]),
            mode="sum",
            per_sample_weights=weights,
        )
        return functional.normalize(pooled, dim=1)

    def _towards_goals(
        self,
        taught: Taught,
        pairs: NDArray[np.int64],
        cropped: NDArray[np.bool_],
        teaching: float,
    ) -> torch.Tensor:
        """Return minus the gradient of `teaching` times the mean of 1 - cosine to the goals."""
        place = taught.place[pairs]
        goals = taught.vectors[np.maximum(place, 0)].astype(np.float32)
        goals[place < 0] = 0
        both = torch.from_numpy(goals).mul_(teaching / len(pairs)).repeat(2, 1)
        both[: len(pairs)][torch.from_numpy(cropped)] = 0
        return both

    def _rate(self) -> float:
        settings = self.settings
        done = self.step / settings.steps
        falling = settings.final_rate + (1 - settings.final_rate) * (
            (1 + math.cos(math.pi * done)) / 2
        )
        return min(1.0, (self.step + 1) / settings.warm_up) * falling

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        beside = self.checkpoint.with_suffix(".part")
        state = {
            "step": self.step,
            "rows": self.rows.state(),
            "logarithm": self._logarithm.detach(),
            "optimizer": self._optimizer.state_dict(),
        }
        torch.save(state, beside)
        beside.replace(self.checkpoint)

    def _load(self, checkpoint: Path) -> None:
        state = torch.load(checkpoint, weights_only=True)
        self.step = state["step"]
        self.rows.restore(state["rows"])
        with torch.no_grad():
            self._logarithm.copy_(state["logarithm"])
        self._optimizer.load_state_dict(state["optimizer"])


def _arguments() -> argparse.Namespace:
    defaults = RefiningSettings()
    parser = argparse.ArgumentParser(
        prog="python -m indexer.training.refining",
        description="Train an embedded encoder further, on passages. "
        "A run that was stopped goes on where it was when called again with the same --work.",
    )
    add_arguments(parser)
    add = parser.add_argument
    for name in ("steps", "batch", "passages", "warm_up", "seed"):
        usual = getattr(defaults, name)
        add(f"--{name.replace('_', '-')}", type=int, default=usual, help=f"usually {usual}")
    add("--threads", type=int, default=os.cpu_count(), help="1 where other work needs the cores")
    return parser.parse_args()


def main() -> None:
    """Train, or go on training, and write the artifact."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    torch.set_float32_matmul_precision("medium")  # as in the first training
    arguments.work.mkdir(parents=True, exist_ok=True)
    folder = arguments.table or data_folder() / DEFAULT_ENCODER
    encoder = EmbeddedEncoder(folder)
    table = encoder.model.table.rows(slice(None))
    read = read_materials(arguments, folder / TOKENIZER_FILE)
    sentences, longer = teach(
        read, table, arguments.teacher, arguments.work, arguments.seed, few=MOST_TAUGHT_PASSAGES
    )
    settings = RefiningSettings(
        steps=arguments.steps,
        batch=arguments.batch,
        passages=arguments.passages,
        warm_up=arguments.warm_up,
        seed=arguments.seed,
    )
    weight = encoder.model.token_weight
    trainer = Refiner(table, weight, sentences, longer, settings, arguments.work / "refined.pt")
    texts = read.sentences.texts

    def report(step: int, loss: float, rate: float) -> None:
        figures = development_figures(read.sets, texts, trainer.table)
        listed = ", ".join(f"{kind} {value:.1f}" for kind, value in figures.items())
        say(f"step {step}: loss {loss:.3f}, {rate:,.0f} pairs/s; {listed}")

    trainer.run(report)
    model = dataclasses.replace(
        encoder.model, table=quantise(trainer.table), token_weight=trainer.token_weight
    )
    card = (folder / CARD_FILE).read_text("utf-8")
    save_embedded(arguments.out, model, encoder.tokenizer)
    encode = EmbeddedEncoder(arguments.out).encode
    mean, deviation = measure_background(read.sentences.corpus, encode, arguments.seed)
    model = dataclasses.replace(model, background=mean, background_deviation=deviation)
    save_embedded(arguments.out, model, encoder.tokenizer)
    figures = development_figures(read.sets, texts, model.table.rows(slice(None)))
    command = "python -m indexer.training.refining " + " ".join(map(shown, sys.argv[1:]))
    write_refined_card(arguments.out, card, command, _said(settings), figures, arguments.held_out)
    say(f"written to {arguments.out}")


def _said(settings: RefiningSettings) -> str:
    return (
        f"Then {settings.steps:,} steps on passages and sentences in turn: {settings.passages:,} "
        "pairs of passages, runs of neighbouring pairs, of which a part of one must find the whole "
        f"other, and {settings.batch:,} pairs of sentences. Adam at {settings.table_rate:g}; the "
        f"weights of tokens are trained as well, their logarithms at {settings.weight_rate:g}. The "
        f"teacher's vectors weigh {settings.teaching:g} for sentences and "
        f"{settings.passage_teaching:g} for passages; seed {settings.seed}."
    )


if __name__ == "__main__":
    main()
