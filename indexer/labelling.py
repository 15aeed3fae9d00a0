"""What documents are about: labels that a person names, in any language, without any training.

A label is encoded as a query, a document is the mean of its passages' vectors, and the cosine of
the two is set against those of the same label to all documents: a label like "Europe" is near to
everything, so it counts from where it stands out. Labels are kept with the index, and `sync` labels
anew when documents have changed.
"""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer import jobs
from indexer.centring import query_languages
from indexer.database import read_meta, write_meta
from indexer.encoders.protocol import Encoder, Vectors
from indexer.encoders.windowed import unit
from indexer.errors import EncoderMismatchError, LabelsError
from indexer.paths import display, to_path
from indexer.text_files import reading

if TYPE_CHECKING:
    from indexer.index import Index

# A document has a label from so many deviations above the median of all documents on: of the sample
# folder's subjects (every other one; `python -m benchmarks labels` gives the rest) 73 % of the
# labels given are right then, and half of those to be given are.
LEAST_EXCESS = 2.5
# The most labels a document has.
MOST_LABELS = 3
# Of a normal distribution the deviation is so many times the median distance from the median, which
# the few documents that a label is about do not move.
_MEDIAN_TO_DEVIATION = 1.4826
# The mean and the deviation that the encoder brings count as so many documents: an index of a few
# may be all about one label.
_OWN_WEIGHT = 20
_LEAST_DEVIATION = 0.01
_ROWS_AT_ONCE = 8_192
# Files named for a label.
_NAMED = 3

# One statement for all labels: the page counts an index after every write of a job.
_NEAREST = """
SELECT label, path FROM (
    SELECT label, path, row_number() OVER (PARTITION BY label ORDER BY excess DESC, path) AS place
    FROM document_labels JOIN documents ON documents.id = document
) WHERE place <= ? ORDER BY label, place
"""


@dataclass(frozen=True, slots=True)
class Label:
    """A label, as a person writes it.

    :param name: what it is called.
    :param description: what it means, in any language; it is encoded with the name.
    """

    name: str
    description: str = ""

    @property
    def text(self) -> str:
        """What is encoded."""
        return f"{self.name}: {self.description}" if self.description else self.name


@dataclass(frozen=True, slots=True)
class LabelCount:
    """A label of an index.

    :param threshold: the cosine from which on a document has it; None before there are documents.
    :param documents: how many have it.
    :param nearest: the files that have it most clearly, up to three.
    """

    name: str
    description: str
    threshold: float | None
    documents: int
    nearest: tuple[Path, ...] = ()


def read_labels(path: str | Path) -> list[Label]:
    """Read a file of labels: one a line, `name` or `name: description`; `#` begins a comment.

    :raises LabelsError: if it cannot be read, holds none, or one twice.
    """
    shown = display(path)
    with reading(path, LabelsError):
        text = Path(path).read_text("utf-8-sig")
    labels = []
    for line in text.splitlines():
        line = line.strip().replace("\0", "")
        if line and not line.startswith("#"):
            name, _, description = line.replace("：", ":", 1).partition(":")
            labels.append(Label(name.strip(), description.strip()))
    if not labels:
        raise LabelsError(f"{shown} holds no label; write one a line, `name: description`.")
    return checked(labels)


def checked(labels: Iterable[Label]) -> list[Label]:
    """Return labels that can be told apart.

    :raises LabelsError: if one has no name, or two have the same.
    """
    seen: set[str] = set()
    found = list(labels)
    for label in found:
        folded = fold(label.name)
        if not folded:
            raise LabelsError(f"A label has no name (“{label.text}”); write `name: description`.")
        if folded in seen:
            raise LabelsError(f"The label “{label.name}” is there twice; leave one out.")
        seen.add(folded)
    return found


def fold(name: str) -> str:
    """Return what names are compared by: without case, width and spare blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def set_labels(
    index: Index,
    labels: Iterable[Label],
    *,
    most: int = MOST_LABELS,
    least: float = LEAST_EXCESS,
) -> tuple[LabelCount, ...]:
    """Label every document of an index; labels it had before go.

    :param labels: none takes all labels away.
    :param most: the most labels a document has.
    :param least: from how many deviations above the median of all documents on it has one.
    :return: the labels, by falling number of documents.
    :raises LabelsError: if a label has no name, or two have the same, or `most` is none.
    :raises IndexBusyError: if another process is writing.
    """
    wanted = checked(labels)
    if most < 1:
        raise LabelsError(f"A document cannot have {most} labels at most; give at least 1.")
    from indexer import facets

    _ = index.encoder  # the wrong one is refused before anything is written
    with jobs.writer_lock(index.folder, "labelling"):
        with index.transaction() as connection:
            facets.forget_labels(connection)
            connection.executemany(
                "INSERT INTO labels(name, folded, description) VALUES (?, ?, ?)",
                [(label.name, fold(label.name), label.description) for label in wanted],
            )
            write_meta(connection, labels_most=most, labels_least=repr(least), labels_of="")
        refresh(index)
    return labels_of(index)


def refresh(index: Index, encoder: Encoder | None = None) -> None:
    """Label all documents anew if any has changed, or the encoder has, since they were labelled.

    Whoever calls holds the writer's lock.

    :param encoder: the index's, where it is loaded.
    """
    labels = index.connection.execute(
        "SELECT id, name, description FROM labels "
        "WHERE NOT EXISTS (SELECT 1 FROM heads WHERE task = 'labels')"
    ).fetchall()
    meta = read_meta(index.connection)
    state = " ".join((meta["generation"], meta["revision"], meta.get("centres", "0")))
    if not labels or meta.get("labels_of") == state:
        return
    try:
        encoder = encoder or index.encoder
    except EncoderMismatchError:
        return  # the words of the old encoder's vectors cannot be asked; re-embedding labels anew
    texts = [Label(name, description).text for _, name, description in labels]
    documents, vectors = _documents(index)
    asked = _encoded(index, encoder, texts)
    cosines = vectors @ asked.T
    # What the encoder brings was found without centres.
    own = getattr(encoder, "background", None) if index.centres is None else None
    middle, deviation = _usual(cosines, asked, own)
    excess = (cosines - middle) / deviation
    least = float(meta["labels_least"])
    rows = []
    for document, mine, near in zip(documents.tolist(), excess, cosines, strict=True):
        best = np.argsort(-mine, kind="stable")[: int(meta["labels_most"])]
        rows += [
            (document, labels[place][0], float(near[place]), float(mine[place]))
            for place in best.tolist()
            if mine[place] >= least
        ]
    with index.transaction() as connection:
        connection.execute("DELETE FROM document_labels")
        connection.executemany("INSERT INTO document_labels VALUES (?, ?, ?, ?)", rows)
        connection.executemany(
            "UPDATE labels SET threshold = ? WHERE id = ?",
            [
                (float(value) if len(documents) else None, label[0])
                for value, label in zip(middle + least * deviation, labels, strict=True)
            ],
        )
        write_meta(connection, labels_of=state)


def labels_of(index: Index) -> tuple[LabelCount, ...]:
    """Return the labels of an index, by falling number of documents."""
    nearest: dict[int, tuple[Path, ...]] = {}
    for label, path in index.connection.execute(_NEAREST, [_NAMED]):
        nearest[label] = (*nearest.get(label, ()), to_path(path))
    counts = [
        LabelCount(name, description, threshold, documents, nearest.get(id, ()))
        for id, name, description, threshold, documents in index.connection.execute(
            "SELECT labels.id, name, description, threshold, count(document) FROM labels "
            "LEFT JOIN document_labels ON label = labels.id GROUP BY labels.id"
        )
    ]
    return tuple(sorted(counts, key=lambda one: (-one.documents, one.name)))


def labels_by_document(
    connection: sqlite3.Connection, documents: Sequence[int]
) -> dict[int, tuple[str, ...]]:
    """Return the labels of some documents, each document's clearest first."""
    found: dict[int, tuple[str, ...]] = {}
    for document, name in connection.execute(
        "SELECT document, name FROM document_labels JOIN labels ON labels.id = label "
        "WHERE document IN (SELECT value FROM json_each(?)) ORDER BY document, excess DESC",
        [json.dumps(list(documents))],
    ):
        found[document] = (*found.get(document, ()), name)
    return found


def _encoded(index: Index, encoder: Encoder, texts: list[str]) -> Vectors:
    vectors = encoder.encode(texts, kind="query")
    centres = index.centres
    if centres is None:
        return vectors
    return np.stack(
        [
            centres.query(vector, query_languages(text))
            for vector, text in zip(vectors, texts, strict=True)
        ]
    )


def _documents(index: Index) -> tuple[NDArray[np.int64], Vectors]:
    """Return the documents and the mean vector of each one's passages: unit rows."""
    centres, dimension = index.centres, index.spec.dimension
    sums: dict[int, Vectors] = {}
    rows = index.connection.execute(
        "SELECT document, language, vector FROM passages JOIN vectors ON key = vector_key"
    )
    while some := rows.fetchmany(_ROWS_AT_ONCE):
        vectors = np.frombuffer(b"".join(row[2] for row in some), "<f2").reshape(-1, dimension)
        compared = vectors.astype(np.float32)
        if centres is not None:
            compared = centres.documents(compared, [row[1] for row in some])
        of, which = np.unique([row[0] for row in some], return_inverse=True)
        added = np.zeros((len(of), dimension), np.float32)
        np.add.at(added, which, compared)
        for document, row in zip(of.tolist(), added, strict=True):
            sums[document] = sums[document] + row if document in sums else row
    documents = np.array(sorted(sums), np.int64)
    means = np.array([sums[one] for one in documents.tolist()], np.float32).reshape(-1, dimension)
    return documents, unit(means)


def _usual(
    cosines: Vectors, asked: Vectors, own: tuple[Vectors, float] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what each label's cosine to a document that is not about it is, and its deviation.

    :param cosines: of documents to labels, [documents, labels].
    :param asked: the labels' vectors.
    :param own: the mean vector of unrelated texts that the encoder brings, and the deviation of
        cosines to them; None where it brings none.
    """
    count = len(cosines)
    if count:
        middle = np.median(cosines, axis=0).astype(np.float64)
        deviation = _MEDIAN_TO_DEVIATION * np.median(np.abs(cosines - middle), axis=0)
    else:
        middle, deviation = np.zeros(len(asked)), np.zeros(len(asked))
    if own is not None:
        mean, spread = own
        weight = _OWN_WEIGHT / (_OWN_WEIGHT + count)
        middle = (1 - weight) * middle + weight * (asked @ mean)
        deviation = (1 - weight) * deviation + weight * spread
    return middle, np.maximum(deviation, _LEAST_DEVIATION)
