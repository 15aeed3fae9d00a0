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
from indexer.encoders.unigram import WORD_START
from indexer.training.labels import Labelled, LabelledTexts
from indexer.training.noise import noise_texts
from indexer.training.pools import Drawn, Pool
from indexer.training.rows import RowTable
from indexer.training.shortening import SHORTENINGS, sampled
from indexer.training.tokens import gather_runs, pieces_of, tokenize

REPORT_EVERY = 200  # steps
# The fewest and the most words in a row that are drawn from a tokenized text.
WORDS = ((1, 1), (2, 4))
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
    :param words: shares of a batch that are single words and a few words of tokenized texts.
    :param mixture: shares of what is left that are whole texts, and starts, runs of words and words
        that are cut before tokenizing.
    :param noise: share of what is left that is in no language.
    :param most: texts of a language beyond which it is drawn no more often.
    :param exponent: texts of a language are drawn in proportion to their number to this power.
    :param drop: share of a text's tokens that are left out, at random.
    :param power: scores weigh as the number of tokens to this power.
    :param shortened: texts of a language that are shortened in each way.
    """

    dimension: int = 64
    steps: int = 20_000
    batch: int = 4_096
    learning_rate: float = 0.02
    words: tuple[float, float] = (0.4, 0.15)
    mixture: tuple[float, float, float, float] = (0.45, 0.25, 0.1, 0.2)
    noise: float = 0.02
    most: int = 60_000
    exponent: float = 0.7
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
    training, calibrating = _parted(labelled, generator)
    languages = tuple(labelled.languages)
    pools = _pools(training, tokenizer, settings)
    share = _shares(training, settings)
    rows = RowTable(
        tokenizer.get_vocab_size(), settings.dimension, settings.deviation, settings.seed
    )
    classifier = torch.nn.Linear(settings.dimension, len(languages))
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
        languages,
    )
    table = rows.table.numpy().copy()
    return LanguageModel(table, _calibrated(head, table, calibrating, tokenizer, settings.seed))


def _parted(labelled: LabelledTexts, generator: np.random.Generator) -> tuple[Labelled, Labelled]:
    """Return what is trained on and what is calibrated on, noise with both.

    Texts of a source that was held out say best how sure to be of texts of yet another one; the
    half of them that is not calibrated on measures how well that went.
    """
    training, calibrating = labelled.training, halves(labelled.held_out)[0]
    if not len(calibrating.texts):
        order = generator.permutation(len(training.texts))
        apart = np.sort(order[: min(_CALIBRATING, len(order) // 50)])
        calibrating = _chosen(training, apart)
        training = _chosen(training, np.setdiff1d(np.arange(len(order)), apart))
    # Noise is rare where languages are asked for.
    noise = len(labelled.languages) - 1
    return (
        _with_noise(training, noise, _CALIBRATING, 1),
        _with_noise(calibrating, noise, len(calibrating.texts) // 40, 2),
    )


def halves(labelled: Labelled) -> tuple[Labelled, Labelled]:
    """Return every other text, and those between them."""
    every = np.arange(len(labelled.texts))
    return _chosen(labelled, every[::2]), _chosen(labelled, every[1::2])


def _chosen(labelled: Labelled, which: NDArray[np.int64]) -> Labelled:
    return Labelled([labelled.texts[i] for i in which.tolist()], labelled.label[which])


def _with_noise(labelled: Labelled, label: int, count: int, seed: int) -> Labelled:
    noise = noise_texts(count, seed=seed)
    return Labelled([*labelled.texts, *noise], np.append(labelled.label, [label] * len(noise)))


def _pools(training: Labelled, tokenizer: Tokenizer, settings: LanguageSettings) -> list[Pool]:
    """Tokenize the whole texts and each kind of short ones."""
    begins = np.array([piece.startswith(WORD_START) for piece in pieces_of(tokenizer)])
    pools = [Pool(tokenize(tokenizer, training.texts), training.label, begins)]
    words = training.label < training.label[-1]
    chosen = sampled(training.label[words], settings.shortened, 3, settings.seed)
    for number, shortened in enumerate(SHORTENINGS):
        generator = random.Random(settings.seed + number)
        short = [shortened(training.texts[i], generator) for i in chosen.tolist()]
        pools.append(Pool(tokenize(tokenizer, short), training.label[chosen], begins))
    return pools


def _shares(training: Labelled, settings: LanguageSettings) -> NDArray[np.float64]:
    """Return how often each language is drawn; noise, which is the last, is drawn apart."""
    size = np.bincount(training.label)
    mass = np.minimum(size, settings.most) ** settings.exponent
    mass[-1] = 0
    share: NDArray[np.float64] = mass / mass.sum()
    return share


def _batch(
    pools: Sequence[Pool],
    share: NDArray[np.float64],
    settings: LanguageSettings,
    generator: np.random.Generator,
) -> Drawn:
    """Draw a batch: tokens end to end, lengths, labels."""

    def labels(part: float) -> NDArray[np.int64]:
        return generator.choice(len(share), round(part), p=share)

    parts = []
    for part, (fewest, most) in zip(settings.words, WORDS, strict=True):
        drawn = labels(part * settings.batch)
        parts.append(pools[0].draw_words(drawn, fewest, most, generator))
    rest = (1 - sum(settings.words)) * settings.batch
    noise = np.full(int(settings.noise * rest), len(share) - 1)
    parts.append(pools[0].draw(noise, generator))
    for pool, part in zip(pools, settings.mixture, strict=True):
        parts.append(pool.draw(labels(part * (rest - len(noise))), generator))
    tokens, lengths, drawn_labels = zip(*parts, strict=True)
    return np.concatenate(tokens), np.concatenate(lengths), np.concatenate(drawn_labels)


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
    calibrating: Labelled,
    tokenizer: Tokenizer,
    seed: int,
) -> LanguageHead:
    """Return the head with the temperature of each length that makes the labels likeliest."""
    texts, label = calibrating.texts, calibrating.label
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
