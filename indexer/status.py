"""What is in an index, as a person asks: counts, failures, sources, size and the current job.

Reads only; the page calls it every second while a job runs.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer import jobs, paths
from indexer.database import read_meta, snapshot
from indexer.facets import EntityCount, entities_of
from indexer.labelling import LabelCount, labels_of
from indexer.language_rules import LanguageRule, rules_of
from indexer.progress import FailedFile
from indexer.vectors import codes_of

if TYPE_CHECKING:
    from indexer.index import Index

# An index of articles names as many people and places as it has documents.
MOST_ENTITIES = 200


@dataclass(frozen=True, slots=True)
class Source:
    """A folder that is indexed.

    :param root: the folder, as bytes (`os.fsdecode(root)` opens it).
    :param ignore_rules: `.gitignore`-style rules given when it was indexed.
    :param documents: how many documents the index holds from it, failed ones not counted.
    :param added_at: nanoseconds since the epoch.
    :param watched: whether the page brings it up to date when something in it changes.
    """

    root: bytes
    ignore_rules: tuple[str, ...]
    documents: int
    added_at: int
    watched: bool = False

    @property
    def display(self) -> str:
        """The folder, fit to print."""
        return paths.display(self.root)


@dataclass(frozen=True, slots=True)
class LanguageCount:
    """How much of an index is in one language (BCP-47; "und" where unknown)."""

    language: str
    documents: int
    passages: int


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """An index, counted.

    :param folder: the index folder.
    :param documents: documents that can be found.
    :param passages: passages that can be found.
    :param failed: files that could not be read, with reasons, by path.
    :param languages: by falling number of documents.
    :param sources: the indexed folders, by path.
    :param size_bytes: the size of the index on disk.
    :param encoder: the encoder's name.
    :param fingerprint: the encoder's fingerprint.
    :param dimension: the width of the vectors.
    :param centring: whether each language's centre is taken off where vectors are compared.
    :param codes: how the view holds vectors: "float16", as they are stored, "int8" or "binary".
    :param job: the job now running or paused, or else the last one, or None.
    :param labels: the labels of the index, by falling number of documents.
    :param entities: the names found in most documents, so many at most as `MOST_ENTITIES`.
    :param language_rules: what a person said of the language of documents, in that order.
    """

    folder: Path
    documents: int
    passages: int
    failed: tuple[FailedFile, ...]
    languages: tuple[LanguageCount, ...]
    sources: tuple[Source, ...]
    size_bytes: int
    encoder: str
    fingerprint: str
    dimension: int
    centring: bool
    codes: str
    job: jobs.Job | None
    labels: tuple[LabelCount, ...] = ()
    entities: tuple[EntityCount, ...] = ()
    language_rules: tuple[LanguageRule, ...] = ()


def sources_of(index: Index) -> tuple[Source, ...]:
    """Return the indexed folders, by path."""
    rows = index.connection.execute(
        "SELECT root, ignore_rules, added_at, "
        "(SELECT count(*) FROM documents WHERE source = sources.id AND state = 'indexed'), watched "
        "FROM sources ORDER BY root"
    )
    return tuple(
        Source(root, tuple(json.loads(rules)), documents, added_at, bool(watched))
        for root, rules, added_at, documents, watched in rows
    )


def status_of(index: Index) -> IndexStatus:
    """Count an index."""
    connection = index.connection
    with snapshot(connection):
        documents = connection.execute(
            "SELECT count(*) FROM documents WHERE state = 'indexed'"
        ).fetchone()[0]
        passages = connection.execute("SELECT count(*) FROM passages").fetchone()[0]
        failed = connection.execute(
            "SELECT path, error FROM documents WHERE state = 'failed' ORDER BY path"
        ).fetchall()
        languages = _languages(connection)
        sources = sources_of(index)
        job = jobs.current(index)
        labels = labels_of(index)
        entities = entities_of(index, MOST_ENTITIES)
        rules = rules_of(index)
    return IndexStatus(
        folder=index.folder,
        documents=documents,
        passages=passages,
        failed=tuple(FailedFile(paths.display(path), reason or "") for path, reason in failed),
        languages=languages,
        sources=sources,
        size_bytes=_size(index.folder),
        encoder=index.spec.name,
        fingerprint=index.spec.fingerprint,
        dimension=index.spec.dimension,
        centring=index.centres is not None,
        codes=codes_of(read_meta(connection)),
        job=job,
        labels=labels,
        entities=entities,
        language_rules=rules,
    )


def _languages(connection: sqlite3.Connection) -> tuple[LanguageCount, ...]:
    documents = dict(
        connection.execute(
            "SELECT coalesce(language, 'und'), count(*) FROM documents "
            "WHERE state = 'indexed' GROUP BY language"
        ).fetchall()
    )
    passages = dict(
        connection.execute(
            "SELECT coalesce(language, 'und'), count(*) FROM passages GROUP BY language"
        ).fetchall()
    )
    counts = [
        LanguageCount(language, documents.get(language, 0), passages.get(language, 0))
        for language in documents.keys() | passages.keys()
    ]
    return tuple(sorted(counts, key=lambda c: (-c.documents, -c.passages, c.language)))


def _size(folder: Path) -> int:
    total = 0
    for file in folder.iterdir():
        try:
            total += file.stat().st_size
        except FileNotFoundError:
            continue  # a temporary file that has just been renamed
    return total
