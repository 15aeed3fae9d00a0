"""What filters and rankings ask of every passage, in memory: its document and its language.

Read from SQLite's own indexes of those columns, in some 20 ms for 50,000 passages, and kept until a
commit changes passages; asking the tables again in each search would take longer than the search.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.database import snapshot
from indexer.language_tags import UNDETERMINED

Ids = NDArray[np.int64]

# Of passages that are too short, and of those that nothing has looked at.
_UNTOLD = (UNDETERMINED, "")
# The document of a passage that has left the index.
GONE = -1

_BY_LANGUAGE = "SELECT coalesce(language, ''), group_concat(id) FROM {table} GROUP BY 1"


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The passages of one moment of an index.

    :param revision: the index's revision at that moment.
    :param ids: int64 [n], ascending.
    :param documents: int64 [n], the document of each.
    :param languages: int16 [n], the language of each as a place in `codes`.
    :param counts_as: int16 [n], the same, but of one too short to tell its document's language.
    :param codes: the languages there are, "und" and "" where none is known.
    """

    revision: str
    ids: Ids
    documents: Ids
    languages: NDArray[np.int16]
    counts_as: NDArray[np.int16]
    codes: tuple[str, ...]

    def places(self, ids: Ids) -> NDArray[np.intp]:
        """Return where passages stand in the columns, -1 for those that are not there."""
        if not len(self.ids):
            return np.full(len(ids), -1, np.intp)
        places = np.searchsorted(self.ids, ids)
        places[places == len(self.ids)] = 0
        return np.where(self.ids[places] == ids, places, -1)

    def documents_of(self, ids: Ids) -> list[int]:
        """Return the document of each passage, `GONE` for one that is not there."""
        places = self.places(ids)
        return [self.documents.item(place) if place >= 0 else GONE for place in places.tolist()]

    def languages_of(self, ids: Ids) -> list[str]:
        """Return the language of each passage, "und" where it is not known."""
        codes = (*self.codes, UNDETERMINED)
        return [codes[at] or UNDETERMINED for at in self.places_of_languages(ids).tolist()]

    def places_of_languages(self, ids: Ids) -> NDArray[np.intp]:
        """Return the language of each passage as a place in `codes`, -1 for one not there."""
        places = self.places(ids)
        there = places >= 0
        places[there] = self.languages[places[there]]
        return places

    def among_documents(self, documents: Ids) -> NDArray[np.bool_]:
        """Return which passages are of some documents: bool [n]."""
        if not len(self.ids) or not len(documents):
            return np.zeros(len(self.ids), np.bool_)
        flags = np.zeros(max(int(self.documents.max()), int(documents.max())) + 1, np.bool_)
        flags[documents] = True
        return flags[self.documents]


def revision(connection: sqlite3.Connection) -> str:
    """Return what changes with every commit that changes passages."""
    return str(connection.execute("SELECT value FROM meta WHERE key = 'revision'").fetchone()[0])


def read(connection: sqlite3.Connection) -> Columns:
    """Read the columns of all passages, as of one moment."""
    with snapshot(connection):
        of = revision(connection)
        joined = connection.execute(
            "SELECT group_concat(id), group_concat(document) FROM "
            "(SELECT id, document FROM passages INDEXED BY passages_document)"
        ).fetchone()
        of_passages, of_documents = (
            dict(connection.execute(_BY_LANGUAGE.format(table=table)).fetchall())
            for table in ("passages", "documents")
        )
    ids, documents = map(numbers, joined)
    order = np.argsort(ids)
    ids, documents = ids[order], documents[order]
    codes = tuple(of_passages | of_documents)
    languages = np.zeros(len(ids), np.int16)
    for code, some in of_passages.items():
        languages[np.searchsorted(ids, numbers(some))] = codes.index(code)
    columns = Columns(of, ids, documents, languages, languages.copy(), codes)
    untold = np.array([code in _UNTOLD for code in codes], np.bool_)[languages]
    for code, some in of_documents.items():
        columns.counts_as[untold & columns.among_documents(numbers(some))] = codes.index(code)
    return columns


def numbers(joined: str | None) -> Ids:
    """Take apart what SQLite has joined with `group_concat`.

    Making a Python object of every row takes three times as long (50,000 ids: 13 ms for 4).
    """
    if joined is None:
        return np.empty(0, np.int64)
    return np.fromstring(str(joined), dtype=np.int64, sep=",")
