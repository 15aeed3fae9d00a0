"""Facets that heads find: what each document is about, and the names in each passage.

A head is taught with `adapt` or comes from a hub. It is remembered with the index and asked about
every document that is indexed from then on. Passages are read in the order of their ids, which only
grow, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from indexer import jobs
from indexer.encoders.checkpoint import INSTALL
from indexer.errors import EncoderError
from indexer.labelling import fold
from indexer.paths import display

if TYPE_CHECKING:
    from indexer.encoders.heads import Head
    from indexer.index import Index

# Documents, and passages, that a head reads before what it said is written.
_DOCUMENTS_AT_ONCE, _PASSAGES_AT_ONCE = 32, 128
# Passages of a long document that are read to say what it is about, spread over all of it.
_MOST_READ = 8
# A document has the label that is at least this probable: with less, others together are likelier.
LEAST_PROBABILITY = 0.5
# A longer one is no name but a head's mistake.
_LONGEST_NAME = 100

# Called with how many passages are done and how many there are.
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class EntityCount:
    """A name that a head found, such as "Paris" of the kind "LOC", in so many documents."""

    name: str
    kind: str
    documents: int


def set_head(index: Index, folder: str | Path, tell: Tell | None = None) -> str:
    """Ask a head of every document of an index, and of every one that is indexed from now on.

    A head for labels takes the place of all labels, one for tokens that of all entities.

    :param folder: a folder that `adapt` wrote, or another in hub layout.
    :return: "labels" or "tokens".
    :raises EncoderError: if there is no head.
    :raises IndexBusyError: if another process is writing.
    """
    from indexer.encoders.heads import load_head

    place = Path(folder).expanduser().absolute()
    head, revision = load_head(place)
    with jobs.writer_lock(index.folder, "labelling"):
        with index.transaction() as connection:
            _forget(connection, head.task)
            connection.execute(
                "INSERT INTO heads(task, folder, revision) VALUES (?, ?, ?)",
                [head.task, os.fsencode(place), revision],
            )
            if head.task == "labels":
                connection.executemany(
                    "INSERT OR IGNORE INTO labels(name, folded, description) VALUES (?, ?, '')",
                    [(label, fold(label)) for label in head.labels],
                )
        _ask(index, head, tell)
    return head.task


def clear(index: Index) -> None:
    """Take all labels and all entities away, and whatever says them.

    :raises IndexBusyError: if another process is writing.
    """
    with jobs.writer_lock(index.folder, "labelling"), index.transaction() as connection:
        for task in ("labels", "tokens"):
            _forget(connection, task)


def require(index: Index) -> None:
    """Make sure that the heads of an index can be asked, before anything is written.

    :raises EncoderError: if one is gone, or what runs it is not installed.
    """
    for _, folder, _, _ in _heads(index):
        shown = display(folder)
        remedy = "give another with `crosstongue label --head`, or take it away with `--clear`"
        if not Path(os.fsdecode(folder)).is_dir():
            raise EncoderError(
                f"This index's documents are labelled by the head in {shown}, which is no longer "
                f"there: bring it back, {remedy}."
            )
        if not importlib.util.find_spec("transformers"):
            raise EncoderError(
                f"This index's documents are labelled by the head in {shown}, which needs "
                f"transformers: run `{INSTALL}`, or {remedy}."
            )


def refresh(index: Index, tell: Tell | None = None) -> None:
    """Ask the heads of an index of what they were not asked yet.

    Whoever calls holds the writer's lock.

    :raises EncoderError: if one is gone.
    """
    last = index.connection.execute("SELECT max(id) FROM passages").fetchone()[0] or 0
    for task, folder, revision, done in _heads(index):
        if done >= last:
            continue
        from indexer.encoders.heads import load_head

        require(index)
        head, found = load_head(os.fsdecode(folder))
        if (head.task, found) != (task, revision):
            raise EncoderError(
                f"The head in {display(folder)} is another than the one that labelled this index: "
                "give it anew with `crosstongue label --head`."
            )
        _ask(index, head, tell)


def entities_of(index: Index, most: int | None = None) -> tuple[EntityCount, ...]:
    """Return the entities of an index, by falling number of documents.

    :param most: how many of them; None returns all.
    """
    rows = index.connection.execute(
        "SELECT name, kind, count(DISTINCT document) AS documents FROM passage_entities "
        "JOIN entities ON entities.id = entity JOIN passages ON passages.id = passage "
        "GROUP BY entity ORDER BY documents DESC, name, kind LIMIT ?",
        [-1 if most is None else most],
    )
    return tuple(EntityCount(*row) for row in rows)


def entities_by_passage(
    connection: sqlite3.Connection, passages: Iterable[int]
) -> dict[int, tuple[tuple[str, str], ...]]:
    """Return the (name, kind) of the entities in some passages, the most frequent first."""
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    for passage, name, kind in connection.execute(
        "SELECT passage, name, kind FROM passage_entities JOIN entities ON entities.id = entity "
        "WHERE passage IN (SELECT value FROM json_each(?)) ORDER BY passage, count DESC, name",
        [json.dumps(list(passages))],
    ):
        found[passage] = (*found.get(passage, ()), (name, kind))
    return found


def forget_labels(connection: sqlite3.Connection) -> None:
    """Take all labels away, and the head that says them."""
    _forget(connection, "labels")


def _heads(index: Index) -> list[tuple[str, bytes, str, int]]:
    return index.connection.execute("SELECT task, folder, revision, passages FROM heads").fetchall()


def _forget(connection: sqlite3.Connection, task: str) -> None:
    connection.execute("DELETE FROM heads WHERE task = ?", [task])
    connection.execute(f"DELETE FROM {'labels' if task == 'labels' else 'entities'}")


def _ask(index: Index, head: Head, tell: Tell | None) -> None:
    """Ask a head of all it was not asked, a batch a transaction."""
    rows = index.connection.execute(
        "SELECT id, document FROM passages "
        "WHERE id > (SELECT passages FROM heads WHERE task = ?) ORDER BY id",
        [head.task],
    ).fetchall()
    batches = _by_document(rows) if head.task == "labels" else _by_passage(rows)
    done, total = 0, len(rows)
    for batch in batches:
        if head.task == "labels":
            said = _labels(index, head, batch)
        else:
            said = _entities(index, head, [id for id, _ in batch])
        with index.transaction() as connection:
            said(connection)
            connection.execute(
                "UPDATE heads SET passages = ? WHERE task = ?", [batch[-1][0], head.task]
            )
        done += len(batch)
        if tell is not None:
            tell(done, total)
    with index.transaction() as connection:
        connection.execute(
            "DELETE FROM entities WHERE id NOT IN (SELECT entity FROM passage_entities)"
        )


Rows = list[tuple[int, int]]
Write = Callable[[sqlite3.Connection], object]


def _by_passage(rows: Rows) -> list[Rows]:
    return [
        rows[first : first + _PASSAGES_AT_ONCE] for first in range(0, len(rows), _PASSAGES_AT_ONCE)
    ]


def _by_document(rows: Rows) -> list[Rows]:
    """Cut rows between documents; a document's passages follow one another."""
    batches: list[Rows] = [[]]
    documents: set[int] = set()
    for row in rows:
        if row[1] not in documents and len(documents) == _DOCUMENTS_AT_ONCE:
            batches.append([])
            documents = set()
        documents.add(row[1])
        batches[-1].append(row)
    return [batch for batch in batches if batch]


def _texts(index: Index, ids: Sequence[int]) -> list[str]:
    found = dict(
        index.connection.execute(
            "SELECT id, text FROM passages WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(ids))],
        ).fetchall()
    )
    return [found[id] for id in ids]


def _labels(index: Index, head: Head, batch: Rows) -> Write:
    passages: dict[int, list[int]] = {}
    for id, document in batch:
        passages.setdefault(document, []).append(id)
    read = {document: _spread(ids) for document, ids in passages.items()}
    texts = _texts(index, [id for ids in read.values() for id in ids])
    chances = head.probabilities(texts)
    weights = np.array([[len(text)] for text in texts], np.float32)
    numbers = dict(index.connection.execute("SELECT folded, id FROM labels").fetchall())
    rows, first = [], 0
    for document, ids in read.items():
        own = slice(first, first + len(ids))
        first += len(ids)
        mean = (weights[own] * chances[own]).sum(axis=0) / max(weights[own].sum(), 1.0)
        best = int(mean.argmax())
        if mean[best] >= LEAST_PROBABILITY:
            rows.append((document, numbers[fold(head.labels[best])], float(mean[best])))

    def write(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "DELETE FROM document_labels WHERE document = ?", [(one,) for one in read]
        )
        connection.executemany(
            "INSERT INTO document_labels(document, label, score, excess) VALUES (?1, ?2, ?3, ?3)",
            rows,
        )

    return write


def _spread(ids: list[int]) -> list[int]:
    if len(ids) <= _MOST_READ:
        return ids
    return [ids[place * len(ids) // _MOST_READ] for place in range(_MOST_READ)]


def _entities(index: Index, head: Head, ids: list[int]) -> Write:
    texts = _texts(index, ids)
    rows: list[tuple[str, str, str, int, int]] = []
    for id, text, found in zip(ids, texts, head.entities(texts), strict=True):
        names = [(one.kind, " ".join(text[one.start : one.end].split())) for one in found]
        counts = Counter((kind, fold(name)) for kind, name in names if len(name) <= _LONGEST_NAME)
        spelled = {(kind, fold(name)): name for kind, name in reversed(names)}
        rows += [
            (kind, folded, spelled[kind, folded], id, count)
            for (kind, folded), count in counts.items()
        ]

    def write(connection: sqlite3.Connection) -> None:
        connection.executemany(
            "INSERT OR IGNORE INTO entities(kind, folded, name) VALUES (?, ?, ?)",
            [row[:3] for row in rows],
        )
        connection.executemany(
            "INSERT INTO passage_entities(passage, entity, count) "
            "SELECT ?3, id, ?4 FROM entities WHERE kind = ?1 AND folded = ?2",
            [(kind, folded, id, count) for kind, folded, _, id, count in rows],
        )

    return write
