"""The centres of languages, and what takes them off vectors.

In a masked-language model each language's vectors lie around a centre of their own, so far apart
that a query's own language fills every first page. Stored vectors stay as the encoder gave them:
centres are rows of the index, applied where vectors are compared. `centring` finds them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.encoders.protocol import Vectors

# Stands in the table for the middle of all languages.
_MIDDLE = ""


@dataclass(frozen=True)
class Centres:
    """The centres that an index's vectors are compared without.

    :param version: counts the times they were found; another version means other comparisons.
    :param languages: BCP-47 tags.
    :param vectors: float32 [languages, d].
    :param middle: float32 [d], taken off passages of any other language.
    """

    version: int
    languages: tuple[str, ...]
    vectors: Vectors
    middle: Vectors

    def documents(self, vectors: Vectors, languages: Sequence[str | None]) -> Vectors:
        """Take the centres off passages.

        :param vectors: [n, d], as stored.
        :param languages: of each.
        :return: float32 [n, d], unit rows; zeros stay zeros.
        """
        places = {language: place for place, language in enumerate(self.languages)}
        table = np.vstack([self.vectors, self.middle[None, :]])
        which = np.array([places.get(one or "", len(places)) for one in languages], np.int64)
        rows = vectors.astype(np.float32)
        filled = rows.any(axis=1)
        rows -= table[which]
        rows[~filled] = 0
        return _unit(rows)

    def query(self, vector: Vectors, chances: Mapping[str, float]) -> Vectors:
        """Take off a query what its language adds, as far as that is known.

        :param vector: [d], as encoded.
        :param chances: language to probability; where several are likely their mixture is taken
            off, and of a language without a centre nothing.
        :return: float32 [d], unit length.
        """
        weights = np.array([chances.get(one, 0.0) for one in self.languages], np.float32)
        if not vector.any():
            return vector
        row: Vectors = _unit((vector - weights @ self.vectors)[None, :].astype(np.float32))[0]
        return row


def read_centres(connection: sqlite3.Connection, version: int) -> Centres:
    """Return the centres of an index that has some.

    :param version: from `meta`.
    """
    found = {
        language: np.frombuffer(vector, "<f4")
        for language, vector in connection.execute("SELECT language, vector FROM centres")
    }
    middle = found.pop(_MIDDLE)
    languages = tuple(sorted(found))
    rows = [found[language] for language in languages]
    table = np.vstack(rows) if rows else np.empty((0, len(middle)), np.float32)
    return Centres(version, languages, table.astype(np.float32), middle.astype(np.float32))


def write_centres(connection: sqlite3.Connection, centres: Centres) -> None:
    """Put centres in the place of the old ones, in the caller's transaction."""
    connection.execute("DELETE FROM centres")
    rows = zip((*centres.languages, _MIDDLE), (*centres.vectors, centres.middle), strict=True)
    connection.executemany(
        "INSERT INTO centres(language, vector) VALUES (?, ?)",
        [(language, vector.astype("<f4").tobytes()) for language, vector in rows],
    )


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Vectors = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit
