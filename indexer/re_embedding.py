"""Another encoder for the same passages: staged beside the old vectors, swapped when finished.

The old index answers until the swap. A kill before it loses the batch in flight, and the next run
goes on from there.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from indexer import centring, database, jobs, labelling, sentence_vectors
from indexer.documents import Passage
from indexer.encoders.protocol import Encoder
from indexer.passages import embedded_text
from indexer.progress import ProgressCallback, SyncProgress
from indexer.writing import vector_key

if TYPE_CHECKING:
    from indexer.index import Index

# Texts encoded and staged in one transaction.
_BATCH = 4_096

# One passage for each text still to be embedded: passages that share a vector share their text.
_NEXT = """
SELECT passages.vector_key, passages.text, passages.heading, documents.title
FROM passages JOIN documents ON documents.id = passages.document
WHERE passages.vector_key > ?
AND NOT EXISTS (
    SELECT 1 FROM staged_vectors
    WHERE old_key = passages.vector_key AND staged_vectors.fingerprint = ?
)
GROUP BY passages.vector_key ORDER BY passages.vector_key LIMIT ?
"""


def re_embed(index: Index, encoder: Encoder, progress: ProgressCallback | None) -> bool:
    """Embed every passage again with another encoder; see `Index.re_embed`.

    :return: False if somebody asked the job to stop first; what is staged stays for the next run.
    """
    with jobs.running(index, "re-embed", []) as job:
        with index.transaction() as connection:
            connection.execute(
                "DELETE FROM staged_vectors WHERE fingerprint != ?", (encoder.spec.fingerprint,)
            )
        if not _stage(index, encoder, job, progress):
            job.finish("stopped")
            return False
        _swap(index, encoder)
        centring.refresh(index, encoder)
        labelling.refresh(index, encoder)
        index.vectors.settle(index.folder)
        _encode_sentences(index, encoder, job, progress)
        job.finish("done")
    return True


def _stage(
    index: Index, encoder: Encoder, job: jobs.RunningJob, progress: ProgressCallback | None
) -> bool:
    """Embed what is not staged yet; return False if asked to stop."""
    fingerprint = encoder.spec.fingerprint
    total = index.connection.execute("SELECT count(*) FROM vectors").fetchone()[0]
    done = staged = index.connection.execute("SELECT count(*) FROM staged_vectors").fetchone()[0]
    started, last = time.monotonic(), b""
    while rows := index.connection.execute(_NEXT, (last, fingerprint, _BATCH)).fetchall():
        texts = [
            embedded_text(Passage(0, 0, len(text), text, heading=heading), title)
            for _, text, heading, title in rows
        ]
        vectors = encoder.encode(texts, kind="document").astype("<f2")
        with index.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO staged_vectors(old_key, key, fingerprint, vector) "
                "VALUES (?, ?, ?, ?)",
                [
                    (row[0], vector_key(fingerprint, text), fingerprint, vector.tobytes())
                    for row, text, vector in zip(rows, texts, vectors, strict=True)
                ],
            )
        last = rows[-1][0]
        done += len(rows)
        rate = (done - staged) / max(time.monotonic() - started, 1e-9)
        event = SyncProgress(
            "re-embedding",
            files_done=done,
            files_total=total,
            passages=done,
            files_per_second=rate,
            seconds_left=max(total - done, 0) / rate,
        )
        if not _may_go_on(event, job, progress):
            return False
    return True


def _may_go_on(
    event: SyncProgress, job: jobs.RunningJob, progress: ProgressCallback | None
) -> bool:
    """Pass an event on to whoever asked and to the job's row; return False if asked to stop."""
    if progress is not None:
        progress(event)
    job.report(event)
    return job.may_go_on()


class _StoppedError(Exception):
    """Somebody asked the job to stop."""


def _encode_sentences(
    index: Index, encoder: Encoder, job: jobs.RunningJob, progress: ProgressCallback | None
) -> None:
    """Encode the sentences of all passages; if asked to stop, the next sync goes on there."""

    def tell(done: int, total: int) -> None:
        event = SyncProgress("sentences", files_done=done, files_total=total, passages=done)
        if not _may_go_on(event, job, progress):
            raise _StoppedError

    with suppress(_StoppedError):
        sentence_vectors.refresh(index, encoder, tell)


def _swap(index: Index, encoder: Encoder) -> None:
    """Put the staged vectors in the place of the old ones, all at once."""
    with index.transaction() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO vectors(key, fingerprint, vector) "
            "SELECT key, fingerprint, vector FROM staged_vectors "
            "WHERE old_key IN (SELECT vector_key FROM passages)"
        )
        connection.execute(
            "UPDATE passages SET vector_key = "
            "(SELECT key FROM staged_vectors WHERE old_key = passages.vector_key)"
        )
        connection.execute("DELETE FROM vectors WHERE key NOT IN (SELECT vector_key FROM passages)")
        connection.execute("DELETE FROM staged_vectors")
        sentence_vectors.forget(connection)
        database.write_encoder(connection, encoder)
        # Centres of the old vectors are none of the new ones.
        database.write_meta(connection, generation=database.new_generation(), centres=0)
        database.bump_revision(connection)
