"""The options that several verbs share, so that they are named and explained alike."""

from pathlib import Path
from typing import Annotated

import typer

from ui.locations import INDEX_VARIABLE

IndexOption = Annotated[
    Path | None,
    typer.Option(
        "--index",
        metavar="DIR",
        envvar=INDEX_VARIABLE,
        help="The index folder; without it, the one in your user data folder.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for programs.")]
LimitOption = Annotated[
    int, typer.Option("--limit", "-n", min=1, metavar="N", help="The most documents to list.")
]
PortOption = Annotated[
    int | None,
    typer.Option(
        "--port",
        min=1,
        max=65535,
        metavar="N",
        help="The port to serve on; without it 8501, or a free one near it.",
    ),
]
