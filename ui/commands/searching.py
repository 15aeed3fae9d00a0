"""`search` and `similar`: from a question or a document to the documents that answer."""

import os
import sys
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.locations import index_folder
from ui.options import IndexOption, JsonOption, LimitOption
from ui.output import say, say_aside, say_json
from ui.threads import few_threads

if TYPE_CHECKING:
    from indexer import Index
    from search import Hit
    from search.query import Query

# Stands for standard input, as in other programs.
STANDARD_INPUT = "-"
_EMPTY = "Nothing is indexed yet; `crosstongue index FOLDER` adds a folder."


class Mode(Enum):
    """What to search by."""

    hybrid = "hybrid"
    dense = "dense"
    lexical = "lexical"


def search(
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="[QUERY]",
            help="What to look for, in any language; - reads it from standard input.",
            show_default=False,
        ),
    ] = None,
    queries: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Ask each line of a file, or of standard input (-), and write a line of JSON for "
            "each.",
        ),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Take the text of a file of any format, or of standard input (-), as the query.",
        ),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE", help="Only passages in these languages, such as de,ja or zh-Hans."
        ),
    ] = None,
    script: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE", help="Only passages in languages of these scripts, such as Cyrl,Arab."
        ),
    ] = None,
    folder: Annotated[
        list[str] | None,
        typer.Option(metavar="DIR", help="Only documents in this folder; may be repeated."),
    ] = None,
    type: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TYPE", help="Only files of these types, such as pdf,markdown or text/html."
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only documents with one of these labels."),
    ] = None,
    entity: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only documents with one of these names in them."),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Only files last changed on this date or later."),
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only files last changed before this date.")
    ] = None,
    mode: Annotated[
        Mode,
        typer.Option(
            help="Search by meaning and by words (hybrid), by meaning alone (dense) or by words "
            "alone (lexical)."
        ),
    ] = Mode.hybrid,
    balance: Annotated[
        bool, typer.Option("--balance", help="Spread the documents over languages.")
    ] = False,
    diverse: Annotated[
        bool, typer.Option("--diverse", help="Spread the documents over what they say.")
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Say which words matched, and which word of the query each answers."
        ),
    ] = False,
    rerank: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Let a cross-encoder of sentence-transformers, a folder or a hub id, read the "
            "first passages again and order them.",
        ),
    ] = None,
    rerank_depth: Annotated[
        int, typer.Option(metavar="N", help="How many passages it reads.")
    ] = 30,
    rerank_seconds: Annotated[
        float,
        typer.Option(
            metavar="S",
            help="How long it may take; what it has not read by then keeps its order behind.",
        ),
    ] = 2.0,
    query_language: Annotated[
        str | None,
        typer.Option(
            metavar="CODE", help="The language of the query, where the guess would be wrong."
        ),
    ] = None,
    limit: LimitOption = 10,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the documents that answer a question, in any language.

    In the query, "a phrase" and word^2 weigh among the words; -word leaves out what holds it.
    lang:de,ja script:Cyrl path:reports/ type:pdf after:2024 before:2024-06 label:law entity:Oslo
    filter, and -lang:de filters out.
    """
    few_threads(os.environ)
    from indexer import Index
    from search import Searcher

    if [query, queries, like].count(None) != 2:
        raise typer.BadParameter("give one of QUERY, --queries FILE and --like FILE.")
    reranker = None
    if rerank is not None:
        from search.reranking import Reranker

        reranker = Reranker(rerank, depth=rerank_depth, seconds=rerank_seconds)
    with Index.open(index_folder(index)) as opened:
        searcher = Searcher(opened)
        search = partial(
            searcher.search,
            limit=limit,
            languages=language,
            scripts=script,
            folders=folder,
            types=type,
            labels=label,
            entities=entity,
            after=after,
            before=before,
            mode=mode.value,
            balance=balance,
            diverse=diverse,
            explain=explain,
            reranker=reranker,
        )
        if queries is not None:
            from search.filters import Filters, check_names
            from ui.batch import ask_lines

            # What is wrong with the options is said once, not with every line.
            filters = Filters.asked(
                language, folder, type, after, before, script, labels=label, entities=entity
            )
            check_names(opened.connection, filters)
            raise typer.Exit(ask_lines(_text(queries), searcher, search, query_language))
        asked = searcher.ready([_query(query, like)])[0]
        spoken = searcher.query_language(asked, query_language)
        hits = search(asked)
        notice = searcher.notice_of(hits)
        if notice is not None:
            say_aside(notice)
        if as_json:
            from ui.hit_text import answer_values

            say_json(answer_values(query or like or "", spoken, notice, hits))
        else:
            _draw(hits, opened)


def similar(
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH[#N]",
            help="A document of the index, or its passage number N, as `search` lists them.",
        ),
    ],
    limit: LimitOption = 10,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the documents most like a document or a passage."""
    few_threads(os.environ)
    from indexer import Index
    from search import Searcher

    with Index.open(index_folder(index)) as opened:
        name, passage = _named_passage(path)
        hits = Searcher(opened).similar(name, passage, limit=limit)
        if as_json:
            from ui.hit_text import shown, values

            say_json({"path": shown(Path(name)), "passage": passage, "hits": values(hits)})
        else:
            _draw(hits, opened)


def _query(query: str | None, like: str | None) -> "Query":
    """Return what is asked: what was typed, or a text as a whole."""
    from search import asking

    if like is None:
        return asking.typed(_text(STANDARD_INPUT) if query == STANDARD_INPUT else query or "")
    return asking.passage(_text(like)) if like == STANDARD_INPUT else asking.file(like)


def _text(name: str) -> str:
    """Return what a text file or standard input holds."""
    content = sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
    return content.decode("utf-8-sig", "replace")


def _named_passage(path: str) -> tuple[str, int | None]:
    """Split `notes.md#3`; a file whose own name ends so is taken for what it is."""
    name, mark, number = path.rpartition("#")
    if not mark or not (number.isascii() and number.isdigit()) or Path(path).exists():
        return path, None
    return name, int(number)


def _draw(hits: list["Hit"], opened: "Index") -> None:
    from ui.hit_text import lines

    if not hits:
        empty = not opened.connection.execute("SELECT 1 FROM passages LIMIT 1").fetchone()
        say(_EMPTY if empty else "Nothing found.")
    for rank, hit in enumerate(hits, 1):
        if rank > 1:
            say()
        for line in lines(rank, hit):
            say(line)
