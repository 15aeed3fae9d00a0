"""The vectors of each passage's sentences: a passage's own says little of any one of them.

A question is often answered by one sentence of a passage whose others are about other things. The
searcher compares those of the nearest passages with the query, and chooses snippets by them. They
are kept in a byte a number, for encoders that are a table of token vectors: any other would take
twice as long to index.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.database import read_meta, write_meta
from indexer.encoders.protocol import Encoder, EncoderSpec, Vectors
from indexer.errors import EncoderError, EncoderMismatchError
from indexer.passage_sentences import sentences_of

if TYPE_CHECKING:
    from indexer.index import Index

# What decides what a row says: how sentences are found and how their vectors are written.
VERSION = "1"
# Passages whose sentences are encoded and written in one transaction.
_BATCH = 2_000
_LARGEST = 127  # of a signed byte that has its negative

_NEXT = "SELECT id, text FROM passages WHERE id > ? ORDER BY id LIMIT ?"
_DONE = "SELECT count(*) FILTER (WHERE id <= ?), count(*) FROM passages"
_STATE = "SELECT key, value FROM meta WHERE key IN ('fingerprint', 'sentences_by', 'sentences_to')"
_CHOSEN = """
SELECT passage, vectors FROM json_each(?) AS wanted
CROSS JOIN sentence_vectors ON passage = wanted.value
"""


def refresh(
    index: Index, encoder: Encoder | None = None, tell: Callable[[int, int], None] | None = None
) -> None:
    """Encode the sentences of passages that were written since the last time.

    Passages are taken in the order of their ids, which only grow, so a run that was stopped goes on
    where it was. Whoever calls holds the writer's lock.

    :param encoder: the index's, where it is loaded; where it is not and cannot be, nothing is done.
    :param tell: told after each batch how many passages are done and how many there are; what it
        raises ends the work there.
    """
    meta = read_meta(index.connection)
    begun = meta.get("sentences_by") == _made_by(meta)
    done = int(meta["sentences_to"]) if begun else 0
    last = index.connection.execute("SELECT max(id) FROM passages").fetchone()[0] or 0
    if done >= last or not kept_for(index.spec):
        return
    try:
        encoder = encoder or index.encoder
    except (EncoderMismatchError, EncoderError):
        return
    if not begun:
        with index.transaction() as connection:
            forget(connection)
            write_meta(connection, sentences_by=_made_by(meta))
    while rows := index.connection.execute(_NEXT, (done, _BATCH)).fetchall():
        done = rows[-1][0]
        ids, texts = zip(*rows, strict=True)
        written = zip(ids, encoded(encoder, texts), strict=True)
        with index.transaction() as connection:
            connection.executemany("INSERT INTO sentence_vectors VALUES (?, ?)", written)
            write_meta(connection, sentences_to=done)
        if tell is not None:
            tell(*index.connection.execute(_DONE, [done]).fetchone())


def forget(connection: sqlite3.Connection) -> None:
    """Forget all sentences, as another encoder takes the place of theirs."""
    connection.execute("DELETE FROM sentence_vectors")
    write_meta(connection, sentences_by="", sentences_to=0)


def has_all(connection: sqlite3.Connection, last: int) -> bool:
    """Whether the sentences of an index are its encoder's, and all there but for a batch or two.

    :param last: the last passage of the index.
    """
    meta = dict(connection.execute(_STATE).fetchall())
    begun = meta.get("sentences_by") == _made_by(meta)
    return begun and int(meta["sentences_to"]) > last - 2 * _BATCH


def _made_by(meta: Mapping[str, str]) -> str:
    """Return what an index's `sentences_by` is where its sentences are those of now."""
    return f"{meta['fingerprint']} {VERSION}"


class SentenceCosines(NamedTuple):
    """The cosines of a query to the sentences of some passages, in the order of `sentences_of`.

    :param passages: ids of those that have any kept.
    :param edges: where the sentences of each begin, and the last ones end.
    :param cosines: float32 [sentences].
    """

    passages: list[int]
    edges: list[int]
    cosines: NDArray[np.float32]


def read_cosines(
    connection: sqlite3.Connection, passages: Sequence[int], query: Vectors
) -> SentenceCosines:
    """Read the sentences of some passages beside a query.

    :param passages: their ids.
    :param query: float32 [d], of unit length.
    """
    found = connection.execute(_CHOSEN, [json.dumps(passages)]).fetchall()
    row = _row(len(query))
    if not found or any(len(blob) % row.itemsize for _, blob in found):
        # Another process may have taken another encoder in this instant.
        return SentenceCosines([], [0], np.empty(0, np.float32))
    ids, blobs = zip(*found, strict=True)
    sentences = np.frombuffer(b"".join(blobs), row)
    cosines = sentences["codes"].astype(np.float32) @ query * sentences["scale"]
    edges = [0, *accumulate(len(blob) // row.itemsize for blob in blobs)]
    return SentenceCosines(list(ids), edges, cosines)


def kept_for(spec: EncoderSpec) -> bool:
    """Whether the sentences of an index with this encoder are encoded."""
    from indexer.encoders.catalog import is_table

    return is_table(spec.name)


def encoded(encoder: Encoder, passages: Sequence[str]) -> list[bytes]:
    """Return what is written of each passage: a scale and a byte a number for each sentence."""
    spans = list(map(sentences_of, passages))
    texts = [text[start:end] for text, of in zip(passages, spans, strict=True) for start, end in of]
    vectors = encoder.encode(texts, kind="document")
    scale = np.abs(vectors).max(axis=1) / _LARGEST
    written = np.empty(len(vectors), _row(vectors.shape[1]))
    written["scale"] = scale
    written["codes"] = np.rint(vectors / np.where(scale > 0, scale, 1.0)[:, None])
    return [
        written[start:end].tobytes() for start, end in pairwise([0, *accumulate(map(len, spans))])
    ]


def _row(width: int) -> np.dtype[Any]:
    return np.dtype([("scale", "<f4"), ("codes", "i1", (width,))])
