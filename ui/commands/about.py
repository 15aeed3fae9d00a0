"""`languages`, `encoders` and `doctor`: what the parts know and whether they work."""

import sys
from typing import Annotated

import typer

from ui.failures import USER_ERROR
from ui.locations import index_folder
from ui.options import IndexOption, JsonOption
from ui.output import isolated, safe, say, say_json, say_table

# Stands for standard input, one text a line.
STANDARD_INPUT = "-"


def languages(
    texts: Annotated[
        list[str],
        typer.Argument(
            metavar="TEXT", help="Texts in any language; - reads one a line from standard input."
        ),
    ],
    top: Annotated[
        int, typer.Option("--top", "-n", min=1, metavar="K", help="The most languages a text.")
    ] = 1,
    as_json: JsonOption = False,
) -> None:
    """Guess the language of texts.

    Numbers, code and noise are "und", undetermined.
    """
    from search import LanguageIdentifier

    if texts == [STANDARD_INPUT]:
        read = sys.stdin.buffer.read().decode("utf-8", "replace")
        # Only what ends a line in a file: a form feed or U+2028 may stand inside a text.
        texts = [line for line in read.replace("\r", "\n").split("\n") if line.strip()]
    guesses = LanguageIdentifier.load().likeliest(texts, top)
    if as_json:
        say_json([_guessed(text, found) for text, found in zip(texts, guesses, strict=True)])
        return
    for text, found in zip(texts, guesses, strict=True):
        shown = "  ".join(f"{language:<8} {probability:4.2f}" for language, probability in found)
        say(f"{shown}  {isolated(safe(text))}")


def _guessed(text: str, found: list[tuple[str, float]]) -> dict[str, object]:
    """Return a text's languages for JSON: the likeliest, and all of them if several were asked."""
    languages = [
        {"language": language, "probability": round(probability, 4)}
        for language, probability in found
    ]
    entry: dict[str, object] = {"text": text, **languages[0]}
    if len(languages) > 1:
        entry["languages"] = languages
    return entry


def encoders(as_json: JsonOption = False) -> None:
    """List the encoders that an index can be made with."""
    from dataclasses import asdict

    from indexer.encoders.catalog import CATALOG

    if as_json:
        say_json([asdict(entry) for entry in CATALOG])
        return
    rows = [("name", "languages", "dimensions", "MB", "pooling", "layer", "licence", "what it is")]
    for one in CATALOG:
        layer = "" if one.layer is None else f"{one.layer} of {one.layers}"
        counts = (str(one.languages), str(one.dimension), str(one.megabytes))
        rows.append((one.name, *counts, one.pooling, layer, one.licence, one.summary))
    say_table(rows)
    say("Any other encoder works too, by its hub id (owner/name) or its folder.")


def doctor(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Check the installation and the index.

    Each problem comes with what to do about it; if there is one, the exit status is 1.
    """
    from dataclasses import asdict

    from ui.doctor import examine

    checks = examine(index_folder(index))
    if as_json:
        say_json([asdict(check) for check in checks])
    else:
        for check in checks:
            say(f"{'ok' if check.ok else 'problem':<8} {check.name}: {safe(check.finding)}")
            if check.remedy:
                say(f"{'':<8} -> {safe(check.remedy)}")
    if not all(check.ok for check in checks):
        raise typer.Exit(USER_ERROR)
