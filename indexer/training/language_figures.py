"""How well an identifier does on labelled texts: F1 a language, calibration, confusions."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

# A language counts as known from this F1 on at least this many texts.
KNOWN_F1, KNOWN_TEXTS = 0.8, 100
BINS = 15  # of the calibration error, as Guo and others (2017) have it

Identify = Callable[[Sequence[str]], list[tuple[str, float]]]


@dataclass(frozen=True)
class LanguageFigures:
    """Figures of an identifier on texts of known languages.

    :param f1: by language.
    :param texts: how many there were, by language.
    :param accuracy: share of the texts whose language is right.
    :param calibration_error: expected calibration error, over bins of equal width.
    :param confusions: (language, what it was taken for, share of the language's texts), by share.
    """

    f1: dict[str, float]
    texts: dict[str, int]
    accuracy: float
    calibration_error: float
    confusions: list[tuple[str, str, float]]

    @property
    def known(self) -> list[str]:
        """The languages that count as known."""
        return [
            one
            for one, score in self.f1.items()
            if score >= KNOWN_F1 and self.texts[one] >= KNOWN_TEXTS
        ]

    @property
    def mean_f1(self) -> float:
        """The mean over languages."""
        return float(np.mean(list(self.f1.values())))


def language_figures(
    identify: Identify, texts: Sequence[str], expected: Sequence[str]
) -> LanguageFigures:
    """Measure an identifier.

    :param texts: n texts, at least one.
    :param expected: their languages.
    """
    found = identify(texts)
    named = [language for language, _ in found]
    right = [a == b for a, b in zip(expected, named, strict=True)]
    size = Counter(expected)
    pairs = Counter((a, b) for a, b in zip(expected, named, strict=True) if a != b)
    return LanguageFigures(
        f1=f1_of(expected, named),
        texts=dict(size),
        accuracy=float(np.mean(right)),
        calibration_error=calibration_error([chance for _, chance in found], right),
        confusions=sorted(
            ((a, b, number / size[a]) for (a, b), number in pairs.items()),
            key=lambda row: (-row[2], row),
        ),
    )


@dataclass(frozen=True)
class IdentifierFigures:
    """Figures of an identifier on what was kept from its training.

    :param held_out: on a source that none of its languages was trained on; None without one.
    :param calibration_error: on the half of it that no temperature was fitted on.
    :param apart: F1 by language, on sentences of the sources that were trained on, of languages
        that the held-out source has too little of; among them and all that was held out.
    """

    held_out: LanguageFigures | None
    calibration_error: float
    apart: dict[str, float]

    @property
    def known_apart(self) -> list[str]:
        """The languages that count as known by sentences that were set apart."""
        return [one for one, score in self.apart.items() if score >= KNOWN_F1]


def identifier_figures(
    identify: Identify, held_out: Sequence[tuple[str, str]], apart: Sequence[tuple[str, str]]
) -> IdentifierFigures:
    """Measure an identifier.

    :param held_out: (language, text); temperatures were fitted on the first and every other one.
    :param apart: (language, text), at least `KNOWN_TEXTS` of each language.
    """
    expected, texts = zip(*held_out, *apart, strict=True)
    found = dict(zip(texts, identify(texts), strict=True))

    def figures(pairs: Sequence[tuple[str, str]]) -> LanguageFigures | None:
        if not pairs:
            return None
        languages, own = zip(*pairs, strict=True)
        return language_figures(lambda own: [found[text] for text in own], own, languages)

    unseen = figures(held_out[1::2])
    every = f1_of(expected, [found[text][0] for text in texts])
    return IdentifierFigures(
        figures(held_out),
        unseen.calibration_error if unseen else 0.0,
        {language: every[language] for language in sorted({language for language, _ in apart})},
    )


def f1_of(expected: Sequence[str], found: Sequence[str]) -> dict[str, float]:
    """Return the F1 of each language that is expected, by language."""
    right = Counter(a for a, b in zip(expected, found, strict=True) if a == b)
    wanted, named = Counter(expected), Counter(found)
    return {one: 2 * right[one] / (wanted[one] + named[one]) for one in sorted(wanted)}


def calibration_error(chance: Sequence[float], right: Sequence[bool]) -> float:
    """Return the expected calibration error (Guo and others, 2017)."""
    chances, hits = np.array(chance, float), np.array(right, float)
    place = np.minimum((chances * BINS).astype(int), BINS - 1)
    gap = np.bincount(place, chances - hits, minlength=BINS)
    return float(np.abs(gap).sum() / len(chances))
