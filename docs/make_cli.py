"""Writes each verb's help into docs/cli.md, between the marks that stand there for it.

    python docs/make_cli.py            writes the help as it is now
    python docs/make_cli.py --check    ends with 1 if the page is not up to date

The prose around the marks is written by hand.
"""

import re
import sys
from pathlib import Path

import typer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ui.cli import PROGRAM, app

PAGE = Path(__file__).with_name("cli.md")
COLUMNS = 80
_BLOCK = re.compile(r"(<!-- help: (?P<verb>[\w-]*) -->\n).*?(<!-- end -->)", re.DOTALL)


def helps() -> dict[str, str]:
    """Return the help of the program (under "") and of each verb."""
    program = typer.main.get_command(app)
    settings = program.context_settings
    with typer.Context(program, info_name=PROGRAM, terminal_width=COLUMNS, **settings) as whole:
        found = {"": program.get_help(whole)}
        for verb, command in program.commands.items():  # type: ignore[attr-defined]
            with typer.Context(command, whole, info_name=verb, terminal_width=COLUMNS) as one:
                found[verb] = command.get_help(one)
    return found


def refreshed(page: str) -> str:
    """Return the page with the help as it is now.

    :raises SystemExit: if a verb has no marks in the page, or marks name no verb.
    """
    found = helps()
    marked = {block["verb"] for block in _BLOCK.finditer(page)}
    if marked != set(found):
        raise SystemExit(f"docs/cli.md and the verbs differ: {sorted(marked ^ set(found))}")
    return _BLOCK.sub(
        lambda block: f"{block[1]}```text\n{found[block['verb']].strip()}\n```\n{block[3]}", page
    )


def main() -> None:
    """Refresh the page, or check that it needs no refreshing."""
    page = PAGE.read_text("utf-8")
    fresh = refreshed(page)
    if "--check" in sys.argv[1:]:
        if fresh != page:
            raise SystemExit("docs/cli.md is out of date; run: python docs/make_cli.py")
    else:
        PAGE.write_text(fresh, "utf-8")


if __name__ == "__main__":
    main()
