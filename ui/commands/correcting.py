"""`set-language`: the language that documents are in, where the guess is wrong."""

from typing import Annotated

import typer

from ui.locations import index_folder
from ui.options import IndexOption, JsonOption
from ui.output import say, say_json
from ui.safe_text import shown_path


def set_language(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="WHAT",
            help="A document or a folder of the index, or a pattern in the manner of .gitignore, "
            "such as 'nn/**'. Without it, what was set is listed.",
            show_default=False,
        ),
    ] = None,
    language: Annotated[
        str | None,
        typer.Argument(
            metavar="LANGUAGE", help="A BCP-47 code, such as nn or zh-Hant.", show_default=False
        ),
    ] = None,
    guess: Annotated[
        bool, typer.Option("--guess", help="Take back what was set for WHAT.")
    ] = False,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which language documents are in, where the guess is wrong.

    It holds for documents that are indexed later, too. Of several rules that match a document, its
    own decides, and else the last one given.
    """
    from indexer import Index
    from indexer.language_rules import guess_again, rules_of, set_language
    from ui.status_text import rule_line, rule_values

    if what is not None and guess == (language is not None):
        raise typer.BadParameter("give WHAT and either a LANGUAGE or --guess.")
    if what is None and guess:
        raise typer.BadParameter("--guess needs WHAT.")
    with Index.open(index_folder(index)) as opened:
        if what is not None and language is not None:
            set_language(opened, what, language)
        elif what is not None:
            guess_again(opened, what)
        rules = rules_of(opened)
    if as_json:
        say_json({"rules": [rule_values(rule) for rule in rules]})
        return
    for rule in rules:
        say(rule_line(rule))
    if not rules:
        say(
            f"{shown_path(what)} is guessed again; no language is set now."
            if what is not None
            else "No language is set: every document has the one that was guessed."
        )
