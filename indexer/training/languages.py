"""The language dimensions: a narrow block of the token table and a linear classifier on its mean.

Training on translations removes from the semantic vector what tells languages apart, so the
identifier has dimensions of its own, pooled over the same tokens in the same pass. Which texts it
learns from stands in `labels`.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.nn import functional

from indexer.encoders.language_head import LanguageHead
from indexer.encoders.protocol import Vectors
from indexer.training.labels import LabelledTexts
from indexer.training.noise import noise_texts
from indexer.training.rows import RowTable
from indexer.training.shortening import SHORTENINGS, sampled
from indexer.training.tokens import TokenizedTexts, gather_runs, tokenize

REPORT_EVERY = 200  # steps
# Lengths, in tokens, up to which a text's weight grows and a temperature of its own is fitted.
LONGEST = 64
# Bounds of the runs of lengths that share a temperature; between their middles it goes evenly.
_LENGTH_BOUNDS = (1, 2, 3, 4, 6, 9, 13, 20, 33, LONGEST + 1)
_SHARPNESS = np.geomspace(0.2, 4, 61)
# What is calibrated on where no texts are held out: a fiftieth of the texts, this many at most.
_CALIBRATING = 40_000


@dataclass(frozen=True, slots=True)
class LanguageSettings:
    """How the identifier is trained; docs/encoder.md has the figures.

    :param dimension: width of a token's language vector.
    :param mixture: shares of a batch that are whole texts, their starts, runs of words, words.
    :param noise: share of a batch that is in no language.
    :param most: texts of a language beyond which it is drawn no more often.
    :param exponent: texts of a language are drawn in proportion to their number to this power.
    :param drop: share of a text's tokens that are left out, at random.
    :param power: scores weigh as the number of tokens to this power.
    :param shortened: texts of a language that are shortened in each way.
    """

    dimension: int = 64
    steps: int = 2_400
    batch: int = 4_096
    learning_rate: float = 0.02
    mixture: tuple[float, float, float, float] = (0.4, 0.2, 0.15, 0.25)
    noise: float = 0.02
    most: int = 60_000
    exponent: float = 0.6
    drop: float = 0.3
    power: float = 0.5
    smoothing: float = 0.02
    deviation: float = 0.05
    shortened: int = 5_000
    seed: int = 1


@dataclass(frozen=True)
class LanguageModel:
    """What the identifier is made of.

    :param table: float32 [vocabulary, dimension], a token's language vector.
    :param head: the classifier of their mean.
    """

    table: Vectors
    head: LanguageHead


@dataclass(frozen=True)
class _Pool:
    """Tokenized texts and their labels, ascending."""

    texts: TokenizedTexts
    label: NDArray[np.int64]

    def draw(
        self, label: NDArray[np.int64], generator: np.random.Generator
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """Return the tokens and lengths of one random text a label, and the labels.

        Empty texts are left out.
        """
        first = np.searchsorted(self.label, label)
        size = np.searchsorted(self.label, label, side="right") - first
        which = first + (generator.random(len(label)) * size).astype(np.int64)
        start = self.texts.offsets[which]
        length = self.texts.offsets[which + 1] - start
        some = (length > 0) & (size > 0)
        tokens, _ = gather_runs(self.texts.tokens, start[some], length[some])
        return tokens, length[some], label[some]


def train_languages(
    labelled: LabelledTexts,
    tokenizer: Tokenizer,
    settings: LanguageSettings,
    report: Callable[[int, float, float], None],
) -> LanguageModel:
    """Train the language dimensions and their classifier together, then calibrate it.

    :param labelled: what `label_texts` gave.
    :param report: called with the step, the mean loss and the share right since the last call.
    """
    torch.manual_seed(settings.seed)
    generator = np.random.default_rng(settings.seed)
    labelled, calibrating = _parted(labelled, generator)
    pools = _pools(labelled, tokenizer, settings)
    share = _shares(labelled, settings)
    rows = RowTable(
        tokenizer.get_vocab_size(), settings.dimension, settings.deviation, settings.seed
    )
    classifier = torch.nn.Linear(settings.dimension, len(labelled.languages))
    optimizer = torch.optim.Adam(classifier.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.steps, 1e-4)
    gain = np.minimum(np.arange(LONGEST + 1), LONGEST).astype(np.float32) ** settings.power
    losses, right = [], 0.0
    for step in range(1, settings.steps + 1):
        tokens, length, label = _batch(pools, share, settings, generator)
        tokens, length = _dropped(tokens, length, settings.drop, generator)
        pooled = rows.pool(tokens, np.concatenate([[0], np.cumsum(length)]))
        weighed = torch.from_numpy(gain[np.minimum(length, LONGEST)])[:, None]
        scores = weighed * (pooled @ classifier.weight.T) + classifier.bias
        target = torch.from_numpy(label)
        loss = functional.cross_entropy(scores, target, label_smoothing=settings.smoothing)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        rows.update(float(schedule.get_last_lr()[0]), step)
        schedule.step()
        losses.append(float(loss.detach()))
        right += float((scores.argmax(1) == target).float().mean())
        if step % REPORT_EVERY == 0 or step == settings.steps:
            report(step, sum(losses) / len(losses), right / len(losses))
            losses, right = [], 0.0
    head = LanguageHead(
        classifier.weight.detach().numpy(),
        classifier.bias.detach().numpy(),
        gain,
        np.ones(LONGEST + 1, np.float32),
        tuple(labelled.languages),
    )
    table = rows.table.numpy().copy()
    return LanguageModel(table, _calibrated(head, table, calibrating, tokenizer, settings.seed))


def _parted(
    labelled: LabelledTexts, generator: np.random.Generator
) -> tuple[LabelledTexts, tuple[list[str], NDArray[np.int64]]]:
    """Return what is trained on, noise with it, and what is calibrated on.

    Texts of a source that was held out say best how sure to be of texts of yet another one.
    """
    texts, label = labelled.texts, labelled.label
    kept, kept_label = labelled.held_out, labelled.held_out_label
    if not len(kept):
        order = generator.permutation(len(texts))
        apart = np.sort(order[: min(_CALIBRATING, len(order) // 50)])
        kept, kept_label = [texts[i] for i in apart.tolist()], label[apart]
        rest = np.setdiff1d(np.arange(len(texts)), apart)
        texts, label = [texts[i] for i in rest.tolist()], label[rest]
    noise = len(labelled.languages) - 1
    texts = [*texts, *noise_texts(_CALIBRATING, seed=1)]
    label = np.concatenate([label, np.full(_CALIBRATING, noise)])
    # Noise is rare where languages are asked for.
    odd = noise_texts(len(kept) // 40, seed=2)
    kept_label = np.concatenate([kept_label, np.full(len(odd), noise)])
    return (
        LabelledTexts(texts, label, labelled.languages, [], np.zeros(0, np.int64)),
        ([*kept, *odd], kept_label),
    )


def _pools(
    labelled: LabelledTexts, tokenizer: Tokenizer, settings: LanguageSettings
) -> list[_Pool]:
    """Tokenize the whole texts and each kind of short ones."""
    pools = [_Pool(tokenize(tokenizer, labelled.texts), labelled.label)]
    words = labelled.label < len(labelled.languages) - 1
    chosen = sampled(labelled.label[words], settings.shortened, 3, settings.seed)
    for number, shortened in enumerate(SHORTENINGS):
        generator = random.Random(settings.seed + number)
        short = [shortened(labelled.texts[i], generator) for i in chosen.tolist()]
        pools.append(_Pool(tokenize(tokenizer, short), labelled.label[chosen]))
    return pools


def _shares(labelled: LabelledTexts, settings: LanguageSettings) -> NDArray[np.float64]:
    """Return how often each language is drawn; noise is drawn apart."""
    size = np.bincount(labelled.label, minlength=len(labelled.languages))
    mass = np.minimum(size, settings.most) ** settings.exponent
    mass[-1] = 0
    share: NDArray[np.float64] = mass / mass.sum()
    return share


def _batch(
    pools: Sequence[_Pool],
    share: NDArray[np.float64],
    settings: LanguageSettings,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Draw a batch: tokens end to end, lengths, labels."""
    noise = np.full(int(settings.noise * settings.batch), len(share) - 1)
    parts = [pools[0].draw(noise, generator)]
    for pool, part in zip(pools, settings.mixture, strict=True):
        count = round(part * (settings.batch - len(noise)))
        parts.append(pool.draw(generator.choice(len(share), count, p=share), generator))
    tokens, lengths, labels = zip(*parts, strict=True)
    return np.concatenate(tokens), np.concatenate(lengths), np.concatenate(labels)


def _dropped(
    tokens: NDArray[np.int32],
    length: NDArray[np.int64],
    share: float,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Leave out a share of the tokens; a text keeps at least one."""
    keep = generator.random(len(tokens)) >= share
    first = np.cumsum(length) - length
    keep[first + (generator.random(len(length)) * length).astype(np.int64)] = True
    text = np.repeat(np.arange(len(length)), length)
    return tokens[keep], np.bincount(text[keep], minlength=len(length))


def _calibrated(
    head: LanguageHead,
    table: Vectors,
    calibrating: tuple[list[str], NDArray[np.int64]],
    tokenizer: Tokenizer,
    seed: int,
) -> LanguageHead:
    """Return the head with the temperature of each length that makes the labels likeliest."""
    texts, label = calibrating
    generator = random.Random(seed)
    forms = [
        texts,
        [text[:20] for text in texts],
        *([shortened(text, generator) for text in texts] for shortened in SHORTENINGS),
    ]
    tokens = tokenize(tokenizer, [text for form in forms for text in form])
    label = np.tile(label, len(forms))
    length = np.diff(tokens.offsets)
    pooled = np.zeros((len(length), table.shape[1]), np.float32)
    filled = np.flatnonzero(length)
    if not len(filled):
        return head
    for some in np.array_split(filled, max(1, len(filled) // 5_000)):
        start = tokens.offsets[some]
        run, offsets = gather_runs(tokens.tokens, start, length[some])
        pooled[some] = np.add.reduceat(table[run], offsets[:-1], axis=0) / length[some, None]
    middles, fitted = [], []
    for low, high in pairwise(_LENGTH_BOUNDS):
        own = np.flatnonzero((length >= low) & (np.minimum(length, LONGEST) < high))
        if len(own) >= 200:  # fewer say nothing about probabilities
            middles.append((low + high - 1) / 2)
            fitted.append(sharpness_of(head.scores(pooled[own], length[own]), label[own]))
    if not fitted:
        return head
    sharpness = np.interp(np.arange(LONGEST + 1), middles, fitted).astype(np.float32)
    return LanguageHead(head.weight, head.bias, head.gain, sharpness, head.languages)


def sharpness_of(scores: Vectors, label: NDArray[np.int64]) -> float:
    """Return what scores are multiplied by to make the labels likeliest (Guo and others, 2017)."""
    tensor, target = torch.from_numpy(scores), torch.from_numpy(label)
    losses = [float(functional.cross_entropy(tensor * value, target)) for value in _SHARPNESS]
    return float(_SHARPNESS[int(np.argmin(losses))])
