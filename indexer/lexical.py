"""The full-text table: terms beside passages, written with them and made again when terms change.

What a term is, is `segmentation`; asking the table is the searcher's. A passage that is deleted
takes its terms along by a trigger of the schema.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from indexer.database import read_meta, write_meta
from indexer.documents import Passage
from indexer.passages import embedded_text
from indexer.schema import PASSAGES_FTS
from indexer.segmentation import SEGMENTATION_VERSION, Terms, segment

if TYPE_CHECKING:
    from indexer.index import Index

# Passages whose terms are made in one transaction.
_BATCH = 2_000

_NEXT = """
SELECT passages.id, passages.text, passages.heading, documents.title
FROM passages JOIN documents ON documents.id = passages.document
WHERE passages.id > ? ORDER BY passages.id LIMIT ?
"""


def write_terms(connection: sqlite3.Connection, terms: Iterable[tuple[int, Terms]]) -> None:
    """Write the terms of passages, given by id, inside the caller's transaction."""
    connection.executemany(
        "INSERT OR REPLACE INTO passages_fts(rowid, words, parts) VALUES (?, ?, ?)",
        ((id_, found.words, found.parts) for id_, found in terms),
    )


def catch_up(index: Index, tell: Callable[[int, int], None]) -> None:
    """Make the terms of passages written before there were any, or by another segmentation.

    Nothing is read, split or embedded again. A kill loses the batch in flight, and the next call
    goes on from there. Whoever calls holds the writer's lock.

    :param tell: told after each batch how many passages are done and how many there are; what it
        raises ends the work there.
    """
    meta = read_meta(index.connection)
    if meta.get("segmentation") == SEGMENTATION_VERSION:
        return
    if meta.get("segmentation_begun") != SEGMENTATION_VERSION:
        with index.transaction() as connection:
            connection.execute("DROP TABLE passages_fts")
            connection.execute(PASSAGES_FTS)
            write_meta(connection, segmentation_begun=SEGMENTATION_VERSION, segmented_to=0)
    last = int(read_meta(index.connection)["segmented_to"])
    total = index.connection.execute("SELECT count(*) FROM passages").fetchone()[0]
    done = index.connection.execute(
        "SELECT count(*) FROM passages WHERE id <= ?", (last,)
    ).fetchone()[0]
    while rows := index.connection.execute(_NEXT, (last, _BATCH)).fetchall():
        last, done = rows[-1][0], done + len(rows)
        terms = [(id_, segment(_text(*row))) for id_, *row in rows]
        with index.transaction() as connection:
            write_terms(connection, terms)
            write_meta(connection, segmented_to=last)
        tell(done, total)
    with index.transaction() as connection:
        write_meta(connection, segmentation=SEGMENTATION_VERSION)


def _text(text: str, heading: str | None, title: str | None) -> str:
    return embedded_text(Passage(0, 0, len(text), text, heading=heading), title)
