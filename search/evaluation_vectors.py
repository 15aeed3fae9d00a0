"""The vectors of an evaluation, on disk: what was embedded once is never embedded again.

Keyed by the encoder's fingerprint and the text, so a killed run goes on where it was, and another
choice of layers or pairs takes what is there. This is a cache and no index: delete it at will.
"""

import hashlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from indexer.encoders.protocol import EncoderSpec, TextKind, Vectors
from indexer.encoders.variants import EncoderVariants
from indexer.errors import CrosstongueError
from indexer.progress import ProgressCallback, SyncProgress

FILE_NAME = "vectors.db"
# What a kill may lose: some seconds of a transformer on a CPU.
_TEXTS_AT_ONCE = 1_024
_WAIT_SECONDS = 60.0
_TABLE = """
CREATE TABLE IF NOT EXISTS vectors (
    encoder TEXT NOT NULL, text BLOB NOT NULL, vector BLOB NOT NULL, UNIQUE (encoder, text)
)
"""


class VectorStore:
    """Vectors by encoder and text, in half precision as an index keeps them; see `opened`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add(self, encoder: str, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep vectors; the caller's transaction commits them."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)",
            (
                (encoder, key, row.tobytes())
                for key, row in zip(keys, vectors.astype("<f2"), strict=True)
            ),
        )

    def commit(self) -> None:
        """Make what was added last."""
        self._connection.commit()

    def known(self, encoder: str) -> set[bytes]:
        """Return the keys of the texts that are there."""
        rows = self._connection.execute("SELECT text FROM vectors WHERE encoder = ?", [encoder])
        return {row[0] for row in rows}

    def load(self, encoder: str, keys: Sequence[bytes], dimension: int) -> Vectors:
        """Return vectors in the order of their keys, all of which are there: float32 [n, d]."""
        places = {key: place for place, key in enumerate(keys)}
        out = np.zeros((len(keys), dimension), np.float32)
        for key, vector in self._connection.execute(
            "SELECT text, vector FROM vectors WHERE encoder = ?", [encoder]
        ):
            if key in places:
                out[places[key]] = np.frombuffer(vector, "<f2")
        return out


@contextmanager
def opened(folder: Path) -> Iterator[VectorStore]:
    """Open the store in a folder that exists.

    :raises CrosstongueError: if its file cannot be used.
    """
    file = folder / FILE_NAME
    try:
        with closing(sqlite3.connect(file, timeout=_WAIT_SECONDS)) as connection:
            connection.execute(_TABLE)
            yield VectorStore(connection)
    except sqlite3.Error as error:
        raise CrosstongueError(
            f"The vectors kept in {file} cannot be used ({error}): delete the file, or name "
            "another folder with --work."
        ) from error


def text_key(text: str) -> bytes:
    """Return the 16 bytes a text is known by."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def kinds_of(spec: EncoderSpec) -> tuple[TextKind, ...]:
    """Return the kinds of text that an encoder treats differently, documents first."""
    same = spec.query_prompt == spec.document_prompt
    return ("document",) if same else ("document", "query")


def row_name(spec: EncoderSpec, kind: TextKind) -> str:
    """Return the name that a variant's vectors of some kind have in the store."""
    return f"{spec.fingerprint} {kind}"


def embed(
    variants: EncoderVariants,
    texts: Sequence[str],
    store: VectorStore,
    progress: ProgressCallback | None = None,
) -> None:
    """Embed what is not in the store yet, under all variants at once.

    :param variants: of one encoder; their prompts are the same.
    :param texts: distinct texts.
    """
    for kind in kinds_of(variants.specs[0]):
        names = [row_name(spec, kind) for spec in variants.specs]
        known = set.intersection(*(store.known(name) for name in names))
        # Texts of a length together, so that batches are full.
        missing = sorted((text for text in texts if text_key(text) not in known), key=len)
        _embed_missing(variants, missing, kind, names, store, progress)


def _embed_missing(
    variants: EncoderVariants,
    missing: list[str],
    kind: TextKind,
    names: list[str],
    store: VectorStore,
    progress: ProgressCallback | None,
) -> None:
    started, total, done = time.monotonic(), sum(map(len, missing)), 0
    for start in range(0, len(missing), _TEXTS_AT_ONCE):
        block = missing[start : start + _TEXTS_AT_ONCE]
        keys = [text_key(text) for text in block]
        for name, vectors in zip(names, variants.encode(block, kind=kind), strict=True):
            store.add(name, keys, vectors)
        store.commit()
        if progress is not None:
            done += sum(map(len, block))
            elapsed = max(time.monotonic() - started, 1e-9)
            ready = start + len(block)
            progress(
                SyncProgress(
                    "embedding",
                    ready,
                    len(missing),
                    files_per_second=ready / elapsed,
                    seconds_left=elapsed * (total - done) / max(done, 1),
                    current=variants.specs[0].name,
                )
            )
