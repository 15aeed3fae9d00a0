"""The command line: the verbs put together, and what becomes of an error.

Exit status: 0 done, 1 an error told in one line, 2 wrong usage. A verb's own module stands in
`commands`; importing this one loads nothing that a verb may not need.
"""

import os
import sys
from typing import Annotated

import typer

from ui.commands import (
    about,
    adapting,
    correcting,
    evaluating,
    indexing,
    labelling,
    models,
    page,
    searching,
    watching,
)
from ui.failures import DEBUG_VARIABLE, DONE, INTERRUPTED, USER_ERROR, sentence
from ui.output import say, say_aside

PROGRAM = "crosstongue"

app = typer.Typer(
    name=PROGRAM,
    help="Search folders of documents in any mix of languages, asking in your own, offline.",
    no_args_is_help=True,
    add_completion=False,
    # Plain help: Rich takes a quarter of the time a whole search may take to start.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            say(f"{PROGRAM} {version(PROGRAM)}")
        except PackageNotFoundError:
            say(f"{PROGRAM} (not installed)")
        raise typer.Exit(DONE)


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


for _verb in (
    indexing.index,
    searching.search,
    searching.similar,
    indexing.status,
    indexing.forget,
    watching.watch,
    page.ui,
    page.demo,
    about.doctor,
    about.languages,
    about.encoders,
    models.fill,
    evaluating.evaluate,
    labelling.label,
    correcting.set_language,
    adapting.adapt,
    models.export,
):
    app.command()(_verb)


def main() -> None:
    """Run the command line and end the process with its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows a question mark and no traceback.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(_run())


def _run() -> int:
    try:
        app(prog_name=PROGRAM)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        say_aside(f"Error: {sentence(error)}")
        return USER_ERROR
    return DONE


if __name__ == "__main__":
    main()
