"""A tiny real encoder, a folder of documents and an index of them, for the tests of the indexer."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer.documents import Passage
from indexer.encoders.protocol import EncoderSpec, TextKind, Vectors
from indexer.index import Index
from indexer.planning import Versions
from indexer.segmentation import segment
from indexer.writing import Prepared, remove_documents, vector_key, write_batch

REPOSITORY = Path(__file__).resolve().parents[2]


class NgramEncoder:
    """Character trigrams hashed into a few dimensions: deterministic, quick and no model needed.

    Texts that share words get near vectors, so searches can be told right from wrong. A text with
    an umlaut is German, any other is English.
    """

    def __init__(self, revision: str = "1", dimension: int = 64) -> None:
        self.spec = EncoderSpec("ngrams", revision, dimension)
        self.calls = 0
        self.texts: list[str] = []

    @property
    def dimension(self) -> int:
        return self.spec.dimension

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> Vectors:
        self.calls += 1
        self.texts.extend(texts)
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            low = f"{self.spec.revision} {text.lower()} "
            for place in range(len(low) - 2):
                digest = hashlib.blake2b(low[place : place + 3].encode(), digest_size=4).digest()
                value = int.from_bytes(digest, "little")
                row[value % self.dimension] += 1.0 if value >> 31 else -1.0
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return (rows / np.where(norms == 0, 1, norms)).astype(np.float32)

    def encode_with_languages(
        self, texts: Sequence[str], kind: TextKind = "document"
    ) -> tuple[Vectors, list[tuple[str, float]]]:
        languages = [("de", 0.9) if set(t) & set("äöüß") else ("en", 0.8) for t in texts]
        return self.encode(texts, kind=kind), languages


@pytest.fixture
def encoder() -> NgramEncoder:
    return NgramEncoder()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder with five small documents in two folders."""
    folder = tmp_path / "documents"
    write(folder / "apples.md", "# Apples\n\nHow to grow apples in a cold garden.")
    write(folder / "bicycle.txt", "Repairing the chain of a bicycle takes ten minutes.")
    write(folder / "käse.txt", "Für guten Käse braucht man Milch, Lab und Geduld.")
    write(folder / "law" / "contract.txt", "A contract needs an offer and an acceptance.")
    write(folder / "law" / "rent.md", "# Rent\n\nThe landlord may not raise the rent twice a year.")
    return folder


@pytest.fixture
def index(tmp_path: Path, encoder: NgramEncoder) -> Iterator[Index]:
    """An empty index with the tiny encoder."""
    with Index.create(tmp_path / "index", encoder=encoder) as made:
        yield made


def write(path: Path, text: str) -> Path:
    """Write a file a good while ago, so that its time proves that it has not changed since."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    age(path)
    return path


def age(path: Path, seconds: int = 3600) -> None:
    """Make a file look as if it had been written some time ago."""
    state = path.lstat()
    moment = state.st_mtime_ns - seconds * 1_000_000_000
    os.utime(path, ns=(moment, moment), follow_symlinks=False)


def names(index: Index) -> list[str]:
    """Return the names of the indexed documents, without their folders, sorted."""
    rows = index.connection.execute("SELECT path FROM documents WHERE state = 'indexed'")
    return sorted(os.fsdecode(path).rpartition("/")[2] for (path,) in rows)


def nearest(index: Index, question: str, limit: int = 1) -> list[str]:
    """Return the texts of the passages nearest to a question."""
    ids, _ = index.vectors.search(index.encoder.encode([question], kind="query"), limit)
    texts = dict(index.connection.execute("SELECT id, text FROM passages").fetchall())
    return [texts[int(id_)] for id_ in ids[0] if id_ >= 0]


def contents(index: Index) -> list[tuple[object, ...]]:
    """Return all that a person could find in an index, without ids and times."""
    return index.connection.execute(
        "SELECT documents.path, documents.sha256, documents.size, documents.mtime, "
        "documents.title, documents.language, documents.state, documents.error, "
        "passages.ordinal, passages.start, passages.end, passages.text, passages.heading, "
        "passages.language, vectors.vector FROM documents "
        "LEFT JOIN passages ON passages.document = documents.id "
        "LEFT JOIN vectors ON vectors.key = passages.vector_key "
        "ORDER BY documents.path, passages.ordinal"
    ).fetchall()


def fill(index: Index, count: int, first: int = 0) -> None:
    """Write documents of one passage each straight into an index, without any file."""
    with index.transaction() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO sources(id, root, added_at) VALUES (1, ?, 0)", (b"/made",)
        )
    for start in range(first, first + count, 1000):
        batch = []
        for number in range(start, min(start + 1000, first + count)):
            text = f"number {number} times {number * 7919} is {hash_word(number)}"
            key = vector_key(index.encoder.spec.fingerprint, text)
            passage = Passage(0, 0, len(text), text)
            path = f"/made/{number:07}.txt".encode()
            batch.append(
                Prepared(
                    path,
                    None,
                    "0" * 64,
                    1,
                    1,
                    passages=(passage,),
                    keys=(key,),
                    texts=(text,),
                    terms=(segment(text),),
                )
            )
        write_batch(index, index.encoder, 1, batch, Versions(1, 1))


def hash_word(number: int) -> str:
    return hashlib.blake2b(str(number).encode(), digest_size=10).hexdigest()


def drop(index: Index, passages: Sequence[int]) -> None:
    """Remove the documents of passages."""
    marks = ",".join("?" * len(passages))
    rows = index.connection.execute(
        f"SELECT document FROM passages WHERE id IN ({marks})", [int(id_) for id_ in passages]
    ).fetchall()
    with index.transaction() as connection:
        remove_documents(connection, [row[0] for row in rows])


def exact(index: Index, queries: Vectors, limit: int, allowed: object = None) -> np.ndarray:
    """Return the ids of the nearest passages by plain multiplication of what SQLite holds."""
    rows = index.connection.execute(
        "SELECT passages.id, vector FROM passages JOIN vectors ON key = vector_key "
        "ORDER BY passages.id"
    ).fetchall()
    ids = np.array([row[0] for row in rows], np.int64)
    vectors = np.stack([np.frombuffer(row[1], "<f2").astype(np.float32) for row in rows])
    if allowed is not None:
        chosen = np.isin(ids, allowed)
        ids, vectors = ids[chosen], vectors[chosen]
    order = np.argsort(-(queries @ vectors.T), axis=1, kind="stable")
    return ids[order[:, :limit]]


@pytest.fixture
def helpers() -> type:
    """The functions above, for tests that cannot import this file."""

    class Helpers:
        write = staticmethod(write)
        age = staticmethod(age)
        names = staticmethod(names)
        nearest = staticmethod(nearest)
        contents = staticmethod(contents)
        fill = staticmethod(fill)
        drop = staticmethod(drop)
        exact = staticmethod(exact)
        Encoder = NgramEncoder

    return Helpers


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter and write to, which `tmp_path` is not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name).resolve()


# Whoever runs the tests may keep Python where no other user reads, so everything is imported, by
# doing all there is to do once, before the privileges go.
_BECOME_NOBODY = """
import os, sys, tempfile
from pathlib import Path
from conftest import NgramEncoder, write
from indexer import CrosstongueError, Index, sync
with tempfile.TemporaryDirectory() as place:
    for name in ("a.txt", "b.md", "c.txt"):
        write(Path(place, "documents", name), "Something to read in " + name)
    with Index.create(Path(place, "index"), encoder=NgramEncoder()) as index:
        sync(index, Path(place, "documents"))
        index.vectors.search(index.encoder.encode(["something"]), 1)
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
"""


@pytest.fixture
def as_nobody() -> Callable[[str], str]:
    """Run Python as a user without privileges and return what it printed.

    A test run by such a user runs it as itself.
    """

    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", _BECOME_NOBODY + code],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": f"{REPOSITORY}:{Path(__file__).parent}"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
