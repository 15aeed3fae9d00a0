"""The language dimensions: a narrow block of the token table and a linear classifier on its mean.

Training on translations removes from the semantic vector what tells languages apart, so the
identifier has dimensions of its own, pooled over the same tokens in the same pass.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import langcodes
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from indexer.encoders.protocol import Vectors
from indexer.training.corpus import Corpus
from indexer.training.rows import RowTable
from indexer.training.tokens import TokenizedTexts, gather_runs

REPORT_EVERY = 200  # steps
# Word lists and names say little about how a language is written, and much of it wrongly.
NOT_SENTENCES = frozenset({"wordnet", "cldr", "wikidict"})
MINIMUM_TEXTS = 300
MINIMUM_NAMES = 2_000  # languages known only by names and keywords need more of them
# Codes in the corpus that are no living written language of their own.
EXCLUDED_CODES = frozenset({"jbo", "tlh", "toki", "tok", "lzh", "ang", "got", "orv", "non", "nov"})


@dataclass(frozen=True, slots=True)
class LanguageSettings:
    """How the identifier is trained.

    :param dimension: width of a token's language vector.
    :param crop: share of texts cut to a short run, so that short texts are recognised too.
    :param exponent: texts of a language are drawn in proportion to their number to this power.
    :param calibrating: texts kept out of training, a fiftieth at most, for the temperature.
    """

    dimension: int = 48
    steps: int = 2_400
    batch: int = 4_096
    learning_rate: float = 0.02
    crop: float = 0.5
    exponent: float = 0.4
    smoothing: float = 0.02
    deviation: float = 0.05
    calibrating: int = 40_000
    seed: int = 1


@dataclass(frozen=True)
class LabelledTexts:
    """Texts with a language each: indices into the corpus' texts and into `languages`."""

    text: NDArray[np.int64]
    label: NDArray[np.int64]
    languages: list[str]


@dataclass(frozen=True)
class LanguageModel:
    """What the identifier is made of.

    :param table: float32 [vocabulary, dimension], a token's language vector.
    :param weight: float32 [languages, dimension].
    :param bias: float32 [languages].
    :param languages: BCP-47 tags, in the order of the rows.
    """

    table: Vectors
    weight: Vectors
    bias: Vectors
    languages: list[str]


def _encodable(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@cache
def _standard(code: str) -> str:
    return langcodes.standardize_tag(code, macro=True)


def tag(code: str, text: str) -> str | None:
    """Return the BCP-47 tag of a text whose ISO 639-3 code is known; None where it is unclear.

    Chinese is told apart by what the national character sets of Mainland China (GB 2312) and
    Taiwan (Big5) can write; Serbian by its letters.
    """
    language = _standard(code)
    if language == "zh":
        simplified, traditional = _encodable(text, "gb2312"), _encodable(text, "big5")
        if simplified == traditional:
            return None
        return "zh-Hans" if simplified else "zh-Hant"
    if language == "sr":
        cyrillic = sum("Ѐ" <= letter <= "ӿ" for letter in text)
        latin = sum("a" <= letter.lower() <= "ž" for letter in text)
        return "sr-Cyrl" if cyrillic > latin else "sr-Latn"
    return language


def label_texts(corpus: Corpus, use: NDArray[np.bool_]) -> LabelledTexts:
    """Label the corpus' texts by the language their source gives them.

    A text that stands under several languages (an interface text left in English, say) is left
    out.
    """
    sentences = np.array([name not in NOT_SENTENCES for name in corpus.sources])[corpus.source]
    sentences &= use & (corpus.keys[corpus.left] != corpus.keys[corpus.right])
    names = use & ~sentences & (np.array(corpus.sources)[corpus.source] == "cldr")
    codes = sorted({code for pair in corpus.language_pairs for code in pair} - EXCLUDED_CODES)
    number = {code: i for i, code in enumerate(codes)}
    chosen = _texts_of(corpus, sentences, number)
    listed = _texts_of(corpus, names, number)
    sizes = np.bincount(chosen[1], minlength=len(codes))
    few = (sizes < MINIMUM_TEXTS) & (np.bincount(listed[1], minlength=len(codes)) >= MINIMUM_NAMES)
    take = few[listed[1]]
    text = np.concatenate([chosen[0], listed[0][take]])
    code = np.concatenate([chosen[1], listed[1][take]])
    enough = np.bincount(code, minlength=len(codes)) >= MINIMUM_TEXTS
    text, code = text[enough[code]], code[enough[code]]
    tags = [
        tag(codes[c], corpus.texts[t]) for t, c in zip(text.tolist(), code.tolist(), strict=True)
    ]
    languages = sorted({name for name in tags if name})
    place = {name: i for i, name in enumerate(languages)}
    label = np.array([place[name] if name else -1 for name in tags], np.int64)
    return LabelledTexts(text[label >= 0], label[label >= 0], languages)


def _texts_of(
    corpus: Corpus, pairs: NDArray[np.bool_], number: dict[str, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return distinct texts of some pairs that stand under one language only, and its number."""
    left = np.array([number.get(a, -1) for a, _ in corpus.language_pairs])
    right = np.array([number.get(b, -1) for _, b in corpus.language_pairs])
    text = np.concatenate([corpus.left[pairs], corpus.right[pairs]]).astype(np.int64)
    pair = corpus.language_pair[pairs]
    code = np.concatenate([left[pair], right[pair]])
    both = np.unique(np.stack([text, code], axis=1), axis=0)
    _, first, times = np.unique(both[:, 0], return_index=True, return_counts=True)
    once = both[first[times == 1]]
    once = once[once[:, 1] >= 0]
    return once[:, 0], once[:, 1]


def train_languages(
    labelled: LabelledTexts,
    texts: TokenizedTexts,
    vocabulary: int,
    settings: LanguageSettings,
    report: Callable[[int, float, float], None],
) -> LanguageModel:
    """Train the language dimensions and their classifier together, then calibrate it.

    :param report: called with the step, the mean loss and the share right since the last call.
    """
    torch.manual_seed(settings.seed)
    generator = np.random.default_rng(settings.seed)
    count = len(labelled.languages)
    rows = RowTable(vocabulary, settings.dimension, settings.deviation, settings.seed)
    classifier = torch.nn.Linear(settings.dimension, count)
    optimizer = torch.optim.Adam(classifier.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.steps, 1e-4)
    order = generator.permutation(len(labelled.text))
    kept = order[: min(settings.calibrating, len(order) // 50)]
    draw = _Drawer(_some(labelled, order[len(kept) :]), settings, generator)
    losses, right = [], 0.0
    for step in range(1, settings.steps + 1):
        which, label = draw()
        scores = classifier(rows.pool(*_cut(texts, which, settings.crop, generator)))
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
    with torch.no_grad():
        pooled = rows.pool(*_cut(texts, labelled.text[kept], settings.crop, generator))
        scores = classifier(pooled)
        warmth = temperature(scores, torch.from_numpy(labelled.label[kept]))
        return LanguageModel(
            rows.table.numpy().copy(),
            (classifier.weight / warmth).numpy(),
            (classifier.bias / warmth).numpy(),
            labelled.languages,
        )


def temperature(scores: torch.Tensor, label: torch.Tensor) -> float:
    """Return what scores are divided by to make the likeliest labels (Guo and others, 2017).

    :param scores: float32 [n, languages]; without any, nothing is to be divided.
    :param label: int64 [n].
    """
    if not len(scores):
        return 1.0
    tried = np.geomspace(0.3, 3, 47).tolist()
    losses = [float(functional.cross_entropy(scores / value, label)) for value in tried]
    return float(tried[int(np.argmin(losses))])


def _some(labelled: LabelledTexts, which: NDArray[np.int64]) -> LabelledTexts:
    return LabelledTexts(labelled.text[which], labelled.label[which], labelled.languages)


class _Drawer:
    """Draws texts and their labels, thin languages more often than their share."""

    def __init__(
        self, labelled: LabelledTexts, settings: LanguageSettings, generator: np.random.Generator
    ) -> None:
        self._texts = labelled.text[np.argsort(labelled.label, kind="stable")]
        self._size = np.bincount(labelled.label, minlength=len(labelled.languages))
        self._first = np.cumsum(self._size) - self._size
        mass = self._size**settings.exponent
        self._share = mass / mass.sum()
        self._batch, self._generator = settings.batch, generator

    def __call__(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        label = self._generator.choice(len(self._size), self._batch, p=self._share)
        place = (self._generator.random(len(label)) * self._size[label]).astype(np.int64)
        return self._texts[self._first[label] + place], label


def _cut(
    texts: TokenizedTexts, which: NDArray[np.int64], share: float, generator: np.random.Generator
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Gather texts, some of them cut to a run of 1 to 8 tokens; a text has at least one token."""
    start = texts.offsets[which].copy()
    length = texts.offsets[which + 1] - start
    chosen = np.flatnonzero(generator.random(len(which)) < share)
    short = np.minimum(length[chosen], generator.integers(1, 9, len(chosen)))
    start[chosen] += (generator.random(len(chosen)) * (length[chosen] - short + 1)).astype(np.int64)
    length[chosen] = short
    return gather_runs(texts.tokens, start, length)
