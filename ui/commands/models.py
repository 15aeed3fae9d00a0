"""`fill` and `export`: what can be done with an encoder beside searching with it."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from ui.encoder_choice import LayerOption, PoolingOption, layer_numbers
from ui.options import JsonOption
from ui.output import safe, say, say_json, say_table
from ui.safe_text import shown_path

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


def export(
    encoder: Annotated[
        str,
        typer.Argument(
            metavar="ENCODER", help="A name from `crosstongue encoders`, a hub id or a folder."
        ),
    ],
    to: Annotated[
        Literal["onnx", "safetensors", "static"],
        typer.Option(
            "--to",
            help="onnx: for ONNX Runtime; safetensors: a checkpoint that has only a .bin; static: "
            "the embedded encoder for sentence-transformers.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The new folder to write; without it, one named for the encoder and the target, "
            "here.",
        ),
    ] = None,
    quantize: Annotated[
        Literal["int8"] | None,
        typer.Option(help="Round the weights to eight bits; with --to onnx."),
    ] = None,
    pooling: PoolingOption = None,
    layer: LayerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an encoder as a folder for another runtime.

    What is written is compared with the encoder before it is put in its place, and can be given as
    --encoder from then on.
    """
    from indexer.encoders.export import export_encoder

    layers = layer_numbers(layer)
    named = "-".join(part for part in (Path(encoder).name, to, quantize) if part)
    report = export_encoder(
        encoder,
        to,
        out.expanduser() if out is not None else Path(named),
        quantize=quantize,
        pooling=pooling,
        layer=layers[0] if layers is not None and len(layers) == 1 else layers,
    )
    if as_json:
        said = {"megabytes": round(report.megabytes, 3), "cosine": round(report.cosine, 6)}
        lowest = {"lowest_cosine": round(report.lowest_cosine, 6)}
        say_json({"folder": shown_path(report.folder), **said, **lowest})
        return
    say(
        f"Wrote {shown_path(report.folder)} ({report.megabytes:,.1f} MB); its vectors reach a mean "
        f"cosine of {report.cosine:.4f} to the encoder's own (lowest: {report.lowest_cosine:.4f})."
    )
