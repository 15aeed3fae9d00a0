"""The token table: trained so that translations land together.

Symmetric InfoNCE over a batch (van den Oord and others, 2018) on the mean of token vectors.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from indexer.encoders.protocol import Vectors
from indexer.training.checkpoints import load_checkpoint, save_checkpoint
from indexer.training.composition import ComposedTable
from indexer.training.corpus import Corpus
from indexer.training.sampling import PairSampler, either_way
from indexer.training.teacher import Targets
from indexer.training.tokens import TokenizedTexts, cropped_runs, gather_runs

# The checkpoint in a training's work folder.
TABLE_FILE = "table.pt"


@dataclass(frozen=True, slots=True)
class ContrastiveSettings:
    """How the table is trained; docs/encoder.md says what the one that ships had.

    :param dimension: width of a token vector.
    :param bigrams: how many pairs of neighbouring tokens get a row of their own, at most.
    :param steps: batches in all.
    :param batch: pairs a batch.
    :param learning_rate: Adam's, after warm-up; it falls along a cosine to `final_rate` of itself.
    :param scale: what cosines are multiplied by before the softmax.
    :param margin: what is taken off the cosine of a pair, which must so become larger than those of
        its negatives by as much.
    :param teaching: weight of the distance to a teacher's vectors beside the contrastive loss; in
        the second half of `steps` it falls evenly to `final_teaching`, because the last and finest
        steps go to translation.
    :param finishing_steps: batches after `steps` in which the learning rate falls once more, from
        `finishing_rate`, with the targets weighing `finishing_teaching`: the teacher has given the
        table its shape, and translations are brought together again within it.
    :param own_side_from: the step from which the texts on a text's own side are negatives too, in
        batches of one language pair.
    :param crop: share of texts of which a random run of tokens stands for the whole, so that a
        question's few words must find the passage they are part of.
    """

    dimension: int = 384
    bigrams: int = 30_000
    steps: int = 15_000
    batch: int = 2_048
    learning_rate: float = 0.01
    warm_up: int = 200
    final_rate: float = 0.02
    scale: float = 20.0
    margin: float = 0.3
    deviation: float = 0.05
    teaching: float = 20.0
    final_teaching: float = 4.0
    finishing_steps: int = 5_000
    finishing_rate: float = 0.008
    finishing_teaching: float = 3.0
    own_side_from: int = 3_000
    crop: float = 0.3
    crop_shortest: float = 0.3
    seed: int = 1


def info_nce(
    unit: torch.Tensor,
    false_negatives: torch.Tensor,
    scale: float,
    margin: float,
    own_side: bool = False,
) -> tuple[float, torch.Tensor]:
    """Symmetric InfoNCE of a batch and its gradient, in closed form.

    With E = exp(scale * cosines) the gradient of the mean of both cross-entropies by the scores is
    (E / row sums + E / column sums) / 2 - 1, over the batch: a third of the passes over the
    [batch, batch] matrix that automatic differentiation makes. No maximum need be subtracted:
    exp(scale) fits float32 up to a scale of 80.

    :param unit: float32 [2 n, dimension], unit rows; row i and row n + i are a pair.
    :param false_negatives: bool [n, n], what is no negative.
    :param margin: what is taken off the cosine of a pair (additive margin softmax: Yang and others,
        2019).
    :param own_side: whether the other texts on a text's own side are negatives too. In a batch of
        one language pair these are in its own language, so it learns to prefer a translation to
        whatever else its own language says.
    :return: the loss and its gradient by `unit`.
    """
    count = len(unit) // 2
    one, other = unit[:count], unit[count:]
    right = scale * ((one * other).sum(1) - margin)
    across = _energy(one, other, scale, false_negatives)
    across.diagonal().mul_(math.exp(-scale * margin))
    rows, columns = across.sum(1), across.sum(0)
    if own_side:
        never = false_negatives.clone().fill_diagonal_(True)
        ones, others = _energy(one, one, scale, never), _energy(other, other, scale, never)
        rows, columns = rows + ones.sum(1), columns + others.sum(1)
    loss = float(((rows.log() + columns.log()) / 2 - right).mean())
    by_row, by_column = 0.5 / rows, 0.5 / columns
    # A gradient is noisy enough for bfloat16, whose products run several times faster.
    weighted = across.mul_(by_row[:, None] + by_column).bfloat16()
    towards_one = weighted @ other.bfloat16()
    towards_other = weighted.T @ one.bfloat16()
    if own_side:
        towards_one += ones.mul_(by_row[:, None] + by_row).bfloat16() @ one.bfloat16()
        towards_other += others.mul_(by_column[:, None] + by_column).bfloat16() @ other.bfloat16()
    gradient = torch.cat([towards_one, towards_other]).float() - torch.cat([other, one])
    return loss, gradient.mul_(scale / count)


def _energy(
    one: torch.Tensor, other: torch.Tensor, scale: float, never: torch.Tensor
) -> torch.Tensor:
    return (one @ other.T).mul_(scale).exp_().masked_fill_(never, 0)


def false_negatives(keys: torch.Tensor) -> torch.Tensor:
    """Pairs whose text on either side is (nearly) the same are no negatives of each other.

    :param keys: int64 [2, n], of the texts on both sides.
    :return: bool [n, n].
    """
    same = (keys[0][:, None] == keys[0]) | (keys[1][:, None] == keys[1])
    return same.fill_diagonal_(False)


def falling(first: float, last: float, done: float) -> float:
    """Go from one value to another along half a cosine."""
    return last + (first - last) * (1 + math.cos(math.pi * done)) / 2


class ContrastiveTrainer:
    """Trains a token table, resumable from its checkpoint.

    :param texts: with the rows of pairs among their tokens, where there are any.
    :param bigrams: how many those are.
    """

    def __init__(
        self,
        corpus: Corpus,
        texts: TokenizedTexts,
        pieces: Sequence[str],
        use: NDArray[np.bool_],
        settings: ContrastiveSettings,
        checkpoint: Path | None = None,
        targets: Targets | None = None,
        bigrams: int = 0,
    ) -> None:
        self.corpus, self.texts, self.settings = corpus, texts, settings
        filled = np.diff(texts.offsets) > 0
        use = use & filled[corpus.left] & filled[corpus.right]
        self.sampler = PairSampler(corpus, use)
        self.targets = targets
        self.taught = None if targets is None else PairSampler(corpus, use & (targets.pair >= 0))
        self.checkpoint = checkpoint
        self.step = 0
        self.rows = ComposedTable(
            pieces, settings.dimension, settings.deviation, settings.seed, bigrams
        )
        state = checkpoint and load_checkpoint(checkpoint, settings)
        if state:
            self.step = state["step"]
            self.rows.restore(state)

    @property
    def table(self) -> Vectors:
        """The token vectors as they are now: float32 [rows, dimension]."""
        return self.rows.composed()

    def run(self, report: Callable[[int, float, float], None], every: int = 1_000) -> None:
        """Train to the end.

        :param report: called with the step, the mean loss since the last call and pairs a second.
        :param every: steps between calls; the checkpoint is written then.
        """
        losses: list[float] = []
        began = time.monotonic()
        total = self.settings.steps + self.settings.finishing_steps
        while self.step < total:
            losses.append(self._one())
            self.step += 1
            if self.step % every == 0 or self.step == total:
                rate = len(losses) * self.settings.batch / (time.monotonic() - began)
                self._save()
                report(self.step, sum(losses) / len(losses), rate)
                losses.clear()
                began = time.monotonic()

    def rate(self) -> float:
        """Return the learning rate at the present step."""
        settings = self.settings
        if self.step < settings.warm_up:
            return settings.learning_rate * (self.step + 1) / settings.warm_up
        last = settings.learning_rate * settings.final_rate
        if self.step < settings.steps:
            done = (self.step - settings.warm_up) / max(1, settings.steps - settings.warm_up)
            return falling(settings.learning_rate, last, done)
        done = (self.step - settings.steps) / max(1, settings.finishing_steps)
        return falling(settings.finishing_rate, last, done)

    def teaching(self) -> float:
        """Return the weight of the teacher's targets at the present step."""
        settings = self.settings
        if self.step >= settings.steps:
            return settings.finishing_teaching
        done = max(0.0, 2 * self.step / settings.steps - 1)
        return settings.teaching + done * (settings.final_teaching - settings.teaching)

    def _one(self) -> float:
        settings = self.settings
        # One generator a step: a resumed run draws what the uninterrupted one would have drawn.
        generator = np.random.default_rng((settings.seed, self.step))
        pairs = self._draw(generator)
        sides = either_way(self.corpus, pairs, generator)
        start, length, _ = cropped_runs(
            self.texts, sides, generator, settings.crop, settings.crop_shortest, 1.0
        )
        tokens, offsets = gather_runs(self.texts.tokens, start, length)
        pooled = self.rows.pool(tokens, offsets)
        unit = functional.normalize(pooled, dim=1)
        one_pair = bool(self.step % 2)
        loss, gradient = info_nce(
            unit.detach(),
            false_negatives(torch.from_numpy(self.corpus.keys[sides])),
            settings.scale,
            settings.margin,
            own_side=one_pair and self.step >= settings.own_side_from,
        )
        if self.targets is not None:
            gradient -= self._towards_targets(self.targets, pairs)
        torch.autograd.backward(unit, gradient)
        self.rows.update(self.rate(), self.step + 1)
        return loss

    def _draw(self, generator: np.random.Generator) -> NDArray[np.int64]:
        """Every other batch is from one language pair; half of the others have targets."""
        size = self.settings.batch
        if self.step % 2:
            return self.sampler.single(size, generator)
        if self.taught is not None and self.step % 4 == 0:
            return self.taught.mixed(size, generator)
        return self.sampler.mixed(size, generator)

    def _towards_targets(self, targets: Targets, pairs: NDArray[np.int64]) -> torch.Tensor:
        """Return minus the gradient of `teaching` times the mean of 1 - cosine to the targets."""
        which = targets.pair[pairs]
        goal = torch.zeros(len(pairs), targets.vectors.shape[1])
        taught = np.flatnonzero(which >= 0)
        goal[torch.from_numpy(taught)] = torch.from_numpy(targets.vectors[which[taught]])
        return goal.mul_(self.teaching() / len(pairs)).repeat(2, 1)

    def _save(self) -> None:
        if self.checkpoint is not None:
            state = {"step": self.step, **self.rows.state()}
            save_checkpoint(self.checkpoint, self.settings, state)
