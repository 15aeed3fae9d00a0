"""`fill`: what can be done with an encoder beside searching with it."""

import sys
from typing import Annotated

import typer

from ui.options import JsonOption
from ui.output import safe, say, say_json, say_table

# Stands for standard input, as in other programs.
STANDARD_INPUT = "-"


def fill(
    text: Annotated[
        str,
        typer.Argument(
            metavar="TEXT",
            help="A text with [MASK] where a word is missing; - reads it from standard input.",
        ),
    ],
    encoder: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="A masked-language model: a name from `crosstongue encoders`, a hub id or a "
            "folder.",
        ),
    ],
    top: Annotated[int, typer.Option(min=1, metavar="K", help="How many guesses a mask.")] = 5,
    tokens: Annotated[
        bool, typer.Option("--tokens", help="Show how the text was cut into word pieces.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Guess the masked words of a text with a masked-language model."""
    from dataclasses import asdict

    from indexer.encoders.masks import load_mask_filler

    if text == STANDARD_INPUT:
        text = sys.stdin.buffer.read().decode("utf-8", "replace").strip()
    filler = load_mask_filler(encoder)
    found = filler.fill(text, top=top)
    if as_json:
        masks = [
            {"place": place, "guesses": [asdict(guess) for guess in guesses]}
            for place, guesses in zip(found.masks, found.guesses, strict=True)
        ]
        say_json({"text": text, "encoder": filler.name, "tokens": found.tokens, "masks": masks})
        return
    if tokens:
        say(safe(" ".join(found.tokens)))
        say()
    rows = [("mask", "probability", "word", "piece")]
    for number, guesses in enumerate(found.guesses, 1):
        for one in guesses:
            cells = (safe(one.text), safe(one.token))
            rows.append((str(number), f"{one.probability:11.4f}", *cells))
    say_table([row if tokens else row[:3] for row in rows])
