"""A batch of documents into SQLite, in one transaction, with the vectors they need.

Encoding happens before the transaction opens, so the database is locked for milliseconds. Whoever
calls holds the writer's lock.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from indexer.database import bump_revision
from indexer.documents import Passage
from indexer.encoders.protocol import Encoder, Vectors
from indexer.language_rules import Rules
from indexer.language_tags import UNDETERMINED
from indexer.lexical import write_terms
from indexer.paths import is_within
from indexer.planning import Versions
from indexer.segmentation import Terms

if TYPE_CHECKING:
    from indexer.index import Index

T = TypeVar("T")

# SQLite takes at most 32,766 parameters in a statement.
_AT_ONCE = 10_000
# Texts given to the encoder in one call: a document of a million passages must not need them all
# in memory at once, and the embedded encoder is at its full speed from here.
_ENCODE_AT_ONCE = 4_096


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that was read and split, or the reason why it was not.

    :param document: the row to bring up to date, or None for a new one.
    :param sha256: None where the bytes could not be read.
    :param passages: its passages, none if it failed.
    :param keys: for each passage, the key of its vector.
    :param texts: for each passage, the text to embed.
    :param terms: for each passage, the terms of that text.
    :param error: the reason, or None.
    """

    path: bytes
    document: int | None
    sha256: str | None
    size: int
    mtime: int
    title: str | None = None
    media_type: str | None = None
    passages: tuple[Passage, ...] = ()
    keys: tuple[bytes, ...] = ()
    texts: tuple[str, ...] = ()
    terms: tuple[Terms, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Vector:
    """What is known of an embedded text; `blob` is None for one that is stored already."""

    language: str
    probability: float
    blob: bytes | None


def vector_key(fingerprint: str, text: str) -> bytes:
    """Return the key under which the vector of an embedded text is stored.

    :raises UnicodeEncodeError: if the text is none (it has a lone surrogate).
    """
    return hashlib.sha256(f"{fingerprint}\0{text}".encode()).digest()[:16]


def write_batch(
    index: Index, encoder: Encoder, source: int, batch: Sequence[Prepared], versions: Versions
) -> int:
    """Write documents with everything that belongs to them, all or nothing.

    :param encoder: the index's own.
    :param source: the source's id.
    :param batch: the documents; failed ones are recorded with their reason.
    :param versions: of the code that read and split them.
    :return: how many texts went through the encoder.
    """
    vectors = _vectors(index.connection, encoder, batch)
    new = [(key, vector.blob) for key, vector in vectors.items() if vector.blob is not None]
    fingerprint = encoder.spec.fingerprint
    with index.transaction() as connection:
        known = [item.document for item in batch if item.document is not None]
        old_keys = _keys_of(connection, known)
        for some in _slices(known):
            marks = _marks(some)
            connection.execute(f"DELETE FROM passages WHERE document IN ({marks})", some)
        connection.executemany(
            "INSERT INTO vectors(key, fingerprint, vector) VALUES (?, ?, ?)",
            [(key, fingerprint, blob) for key, blob in new],
        )
        rules = Rules.of(connection)
        [root] = connection.execute("SELECT root FROM sources WHERE id = ?", [source]).fetchone()
        for item in batch:
            given = rules.deciding(item.path, root)
            _write_document(
                connection, source, item, vectors, versions, None if given is None else given[1]
            )
        _drop_orphans(connection, old_keys)
        bump_revision(connection)
    return len(new)


def remove_documents(connection: sqlite3.Connection, documents: Sequence[int]) -> None:
    """Remove documents, their passages and the vectors nothing refers to any more."""
    keys = _keys_of(connection, documents)
    for some in _slices(documents):
        connection.execute(f"DELETE FROM documents WHERE id IN ({_marks(some)})", some)
    _drop_orphans(connection, keys)
    bump_revision(connection)


def forget_source(connection: sqlite3.Connection, root: bytes) -> int:
    """Remove a source and its documents; those that another source covers become that one's.

    :return: how many documents were removed, failed ones not counted.
    """
    rows = connection.execute("SELECT id, root FROM sources").fetchall()
    source = next(id_ for id_, other in rows if other == root)
    covering = [(other, id_) for id_, other in rows if id_ != source and is_within(root, other)]
    documents = connection.execute(
        "SELECT id, state = 'indexed' FROM documents WHERE source = ?", (source,)
    ).fetchall()
    if covering:
        heir = max(covering, key=lambda pair: len(pair[0]))[1]
        connection.execute("UPDATE documents SET source = ? WHERE source = ?", (heir, source))
        documents = []
    remove_documents(connection, [row[0] for row in documents])
    connection.execute("DELETE FROM sources WHERE id = ?", (source,))
    return sum(row[1] for row in documents)


def _vectors(
    connection: sqlite3.Connection, encoder: Encoder, batch: Sequence[Prepared]
) -> dict[bytes, _Vector]:
    """Look up the vectors a batch needs and encode those that are not stored, each text once."""
    texts: dict[bytes, str] = {}
    for item in batch:
        texts.update(zip(item.keys, item.texts, strict=True))
    vectors = _stored(connection, texts)
    missing = [key for key in texts if key not in vectors]
    for some in _slices(missing, _ENCODE_AT_ONCE):
        rows, languages = encode(encoder, [texts[key] for key in some])
        blobs = rows.astype("<f2")
        for key, row, (language, probability) in zip(some, blobs, languages, strict=True):
            vectors[key] = _Vector(language, probability, row.tobytes())
    return vectors


def encode(encoder: Encoder, texts: Sequence[str]) -> tuple[Vectors, list[tuple[str, float]]]:
    """Return the texts' vectors and languages, in one pass where the encoder gives both.

    :return: float32 [n, d] and (BCP-47 tag, probability) for each text.
    """
    both = getattr(encoder, "encode_with_languages", None)
    if both is not None:
        rows, languages = both(texts, kind="document")
        return rows, list(languages)
    from indexer.languages import LanguageIdentifier

    return encoder.encode(texts, kind="document"), LanguageIdentifier.load().identify(texts)


def _stored(connection: sqlite3.Connection, texts: Mapping[bytes, str]) -> dict[bytes, _Vector]:
    """Return what is stored of some texts; languages that a person gave are not theirs."""
    found: dict[bytes, _Vector] = {}
    unknown: list[bytes] = []
    for some in _slices(list(texts)):
        rows = connection.execute(
            "SELECT key, language, language_probability FROM vectors LEFT JOIN passages "
            "ON passages.id = (SELECT passages.id FROM passages "
            "JOIN documents ON documents.id = document AND NOT language_given "
            f"WHERE vector_key = key LIMIT 1) WHERE key IN ({_marks(some)})",
            some,
        )
        for key, language, probability in rows:
            found[key] = _Vector(language or UNDETERMINED, probability or 0.0, None)
            unknown += [key] if language is None else []
    if unknown:
        from indexer.languages import LanguageIdentifier

        guesses = LanguageIdentifier.load().identify([texts[key] for key in unknown])
        for key, guess in zip(unknown, guesses, strict=True):
            found[key] = _Vector(*guess, None)
    return found


def _write_document(
    connection: sqlite3.Connection,
    source: int,
    item: Prepared,
    vectors: dict[bytes, _Vector],
    versions: Versions,
    given: str | None,
) -> None:
    """Write a document and its passages.

    :param given: the language a person said it is in.
    """
    languages = [(vectors[key].language, vectors[key].probability) for key in item.keys]
    if given is not None and item.passages:
        languages = [(given, 1.0)] * len(languages)
    language, probability = language_of([one.text for one in item.passages], languages)
    values = (
        source,
        item.path,
        item.sha256,
        item.size,
        item.mtime,
        item.title,
        item.media_type,
        language,
        probability,
        "indexed" if item.error is None else "failed",
        item.error,
        time.time_ns(),
        versions.reader,
        versions.splitter,
        given is not None,
    )
    cursor = connection.execute(
        "INSERT INTO documents(source, path, sha256, size, mtime, title, media_type, language, "
        "language_probability, state, error, indexed_at, reader_version, splitter_version, "
        "language_given) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT(path) DO UPDATE SET source = excluded.source, sha256 = excluded.sha256, "
        "size = excluded.size, mtime = excluded.mtime, title = excluded.title, "
        "media_type = excluded.media_type, language = excluded.language, "
        "language_probability = excluded.language_probability, state = excluded.state, "
        "error = excluded.error, indexed_at = excluded.indexed_at, "
        "reader_version = excluded.reader_version, splitter_version = excluded.splitter_version, "
        "language_given = excluded.language_given "
        "RETURNING id",
        values,
    )
    document = cursor.fetchone()[0]
    connection.executemany(
        'INSERT INTO passages(document, ordinal, start, "end", text, page, heading, language, '
        "language_probability, vector_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                document,
                passage.ordinal,
                passage.start,
                passage.end,
                passage.text,
                passage.page,
                passage.heading,
                *told,
                key,
            )
            for passage, told, key in zip(item.passages, languages, item.keys, strict=True)
        ],
    )
    ids = connection.execute(
        "SELECT id FROM passages WHERE document = ? ORDER BY ordinal", (document,)
    )
    write_terms(connection, zip([row[0] for row in ids], item.terms, strict=True))


def language_of(
    texts: Sequence[str], languages: Sequence[tuple[str, float]]
) -> tuple[str | None, float | None]:
    """Return the language of most of a document's text and the share of text it is surely in.

    :param texts: its passages.
    :param languages: of each, with its probability.
    """
    if not texts:
        return None, None
    weights: defaultdict[str, float] = defaultdict(float)
    for text, (language, probability) in zip(texts, languages, strict=True):
        if language != UNDETERMINED:
            weights[language] += probability * len(text)
    if not weights:
        return UNDETERMINED, 0.0
    language = max(weights, key=lambda tag: (weights[tag], tag))
    return language, weights[language] / sum(map(len, texts))


def _keys_of(connection: sqlite3.Connection, documents: Sequence[int]) -> set[bytes]:
    keys: set[bytes] = set()
    for some in _slices(documents):
        rows = connection.execute(
            f"SELECT DISTINCT vector_key FROM passages WHERE document IN ({_marks(some)})", some
        )
        keys.update(row[0] for row in rows)
    return keys


def _drop_orphans(connection: sqlite3.Connection, keys: Iterable[bytes]) -> None:
    connection.executemany(
        "DELETE FROM vectors WHERE key = ? "
        "AND NOT EXISTS (SELECT 1 FROM passages WHERE vector_key = vectors.key)",
        [(key,) for key in keys],
    )


def _slices(items: Sequence[T], size: int = _AT_ONCE) -> Iterator[Sequence[T]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]


def _marks(items: Sequence[object]) -> str:
    return ",".join("?" * len(items))
