"""Figures for a token table: on development pairs cut from the corpus, and on Tatoeba's test sets.

Recipes are chosen on the development pairs, by source, so that text unlike Tatoeba's counts too.
The test sets only ever give the closing figure.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Vectors
from indexer.parallel_text import accuracy, read_tatoeba
from indexer.training.corpus import Corpus, english_side, foreign_side, normalised
from indexer.training.tokens import TokenizedTexts, gather

# The kinds of text, and the share of their distinct English texts that is kept for development:
# more of the small sources, which hold few distinct texts in many languages.
DEVELOPMENT_KINDS = {
    "everyday": (("tatoeba", "tatoeba_manythings"), 0.005),
    "health": (("tico19",), 0.08),
    "stories": (("storybooks",), 0.08),
    "manuals": (("pydocs", "djdocs"), 0.02),
    "encyclopedia": (("indian_parallel", "mlqe"), 0.02),
    "interface": (("ftl", "mozilla_lang", "po_docs_ui"), 0.01),
}
MINIMUM_PAIRS, MAXIMUM_PAIRS = 40, 500


@dataclass(frozen=True)
class DevelopmentSet:
    """Pairs of one kind of text and one language with English: indices of texts."""

    kind: str
    language: str
    left: NDArray[np.integer]
    right: NDArray[np.integer]


def cut_development(corpus: Corpus) -> tuple[NDArray[np.bool_], list[DevelopmentSet]]:
    """Keep every pair whose English text falls into the development share out of training.

    :return: bool [pairs], the pairs that may be trained on; and the sets.
    """
    english = english_side(corpus)
    foreign, foreign_language = foreign_side(corpus)
    fraction = np.ones(len(corpus.texts))
    for text in np.unique(english[english >= 0]).tolist():
        fraction[text] = zlib.crc32(normalised(corpus.texts[text]).encode()) / 2**32
    kept = np.ones(len(english), bool)
    sets: list[DevelopmentSet] = []
    for kind, (sources, share) in DEVELOPMENT_KINDS.items():
        numbers = [i for i, name in enumerate(corpus.sources) if name in sources]
        chosen = np.isin(corpus.source, numbers) & (english >= 0) & (fraction[english] < share)
        kept &= ~chosen
        for code in np.unique(foreign_language[chosen]).tolist():
            pairs = np.flatnonzero(chosen & (foreign_language == code))
            _, first = np.unique(corpus.keys[english[pairs]], return_index=True)
            pairs = pairs[first][:MAXIMUM_PAIRS]
            if len(pairs) >= MINIMUM_PAIRS:
                sets.append(DevelopmentSet(kind, code, foreign[pairs], english[pairs]))
    return kept, sets


def development_figures(
    sets: Sequence[DevelopmentSet], texts: TokenizedTexts, table: Vectors
) -> dict[str, float]:
    """Return the mean accuracy over languages, both ways, in percent, for each kind of text."""
    return figures_of(sets, lambda which: pooled(texts, which, table))


def figures_of(
    sets: Sequence[DevelopmentSet], encode: Callable[[NDArray[np.integer]], Vectors]
) -> dict[str, float]:
    """Return the same for any encoder of texts, which are given by their indices."""
    figures: dict[str, list[float]] = {}
    for one in sets:
        left, right = encode(one.left), encode(one.right)
        figures.setdefault(one.kind, []).append((accuracy(left, right) + accuracy(right, left)) / 2)
    return {kind: float(np.mean(values)) for kind, values in figures.items()}


def pooled(texts: TokenizedTexts, which: NDArray[np.integer], table: Vectors) -> Vectors:
    """Return the unit mean token vector of some texts: float32 [n, dimension]."""
    tokens, offsets = gather(texts, which)
    filled = np.flatnonzero(np.diff(offsets))
    out = np.zeros((len(which), table.shape[1]), np.float32)
    out[filled] = np.add.reduceat(table[tokens], offsets[filled], axis=0)
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    return out


@dataclass(frozen=True)
class TatoebaFigures:
    """Accuracy in percent on Tatoeba's test sets, by ISO 639-3 code.

    :param to_english: nearest English sentence is the translation.
    :param from_english: nearest foreign sentence is.
    """

    to_english: dict[str, float]
    from_english: dict[str, float]

    def mean(self, languages: Sequence[str] | None = None) -> tuple[float, float]:
        """Return the two means over some languages, or all."""
        codes = list(self.to_english) if languages is None else languages
        return (
            float(np.mean([self.to_english[code] for code in codes])),
            float(np.mean([self.from_english[code] for code in codes])),
        )


def tatoeba_figures(folder: Path, encode: Callable[[list[str]], Vectors]) -> TatoebaFigures:
    """Measure an encoder on a folder of `tatoeba.<iso3>-eng.<iso3|eng>` files."""
    to_english, from_english = {}, {}
    for one in read_tatoeba(folder):
        foreign, english = encode(list(one.first)), encode(list(one.second))
        to_english[one.languages[0]] = accuracy(foreign, english)
        from_english[one.languages[0]] = accuracy(english, foreign)
    return TatoebaFigures(to_english, from_english)
