"""Many queries at once: a line in, a line of JSON out."""

from collections.abc import Callable

from indexer.errors import QueryError
from search import Hit, Searcher, asking
from search.query import Query
from ui.failures import DONE, USER_ERROR
from ui.hit_text import answer_values
from ui.output import count, say_aside, say_json


def ask_lines(
    text: str,
    searcher: Searcher,
    search: Callable[[Query], list[Hit]],
    query_language: str | None = None,
) -> int:
    """Ask each line that is not blank and write its answer as a line of JSON, in their order.

    A line that cannot be asked is answered by its `error`, and the others all the same.

    :param text: a query a line.
    :param search: finds the hits of a query.
    :param query_language: the language of all queries; None guesses each.
    :return: the exit status: not 0 if any line could not be asked.
    :raises QueryError: if `query_language` is no language.
    """
    given = None if query_language is None else searcher.query_language("a", query_language)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    asked: list[Query | QueryError] = []
    for line in lines:
        try:
            asked.append(asking.typed(line))
        except QueryError as error:
            asked.append(error)
    ready = iter(searcher.ready([query for query in asked if isinstance(query, Query)]))
    failed = 0
    for line, query in zip(lines, asked, strict=True):
        try:
            if isinstance(query, QueryError):
                raise query
            found = next(ready)
            hits = search(found)
        except QueryError as error:
            failed += 1
            say_json({"query": line, "error": str(error)}, one_line=True)
            continue
        language = given or searcher.query_language(found)
        say_json(answer_values(line, language, searcher.notice_of(hits), hits), one_line=True)
    if failed:
        say_aside(f"Error: {count(failed, 'query', 'queries')} could not be asked; see `error`.")
    return USER_ERROR if failed else DONE
