"""A file read and split, ahead of its turn to be embedded.

Whatever happens to one file ends here, as a reason beside its name. Files are read in a thread, so
that reading one batch and embedding the one before it overlap.
"""

from __future__ import annotations

import logging
import os
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from indexer.errors import UnreadableFileError
from indexer.paths import to_path
from indexer.planning import Versions, Work, hash_file
from indexer.writing import Prepared, vector_key

# Files read ahead: enough to fill the next batch, few enough that large ones fit in memory.
_AHEAD = 96

_LOG = logging.getLogger(__name__)


def versions() -> Versions:
    """Return the versions of the readers and of the splitter."""
    from indexer.passages import SPLITTER_VERSION
    from indexer.readers.registry import READERS_VERSION

    return Versions(READERS_VERSION, SPLITTER_VERSION)


@contextmanager
def prepared(
    work: Sequence[Work], fingerprint: str
) -> Iterator[Iterator[tuple[Work, Prepared | None]]]:
    """Read and split files in their order, some ahead of the one asked for.

    :param work: the files.
    :param fingerprint: the encoder's, for the vectors' keys.
    :return: on entering, an iterator over each file and what became of it; None if it has gone.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="reading") as readers:
        try:
            yield _in_order(readers, work, fingerprint)
        finally:
            readers.shutdown(cancel_futures=True)


def _in_order(
    readers: ThreadPoolExecutor, work: Sequence[Work], fingerprint: str
) -> Iterator[tuple[Work, Prepared | None]]:
    waiting: deque[tuple[Work, Future[Prepared | None]]] = deque()
    for item in work:
        waiting.append((item, readers.submit(prepare, item, fingerprint)))
        if len(waiting) >= _AHEAD:
            done, future = waiting.popleft()
            yield done, future.result()
    while waiting:
        done, future = waiting.popleft()
        yield done, future.result()


def prepare(work: Work, fingerprint: str) -> Prepared | None:
    """Read and split one file.

    A file that changes meanwhile is read once more. If it changes again, what was read is indexed
    under the size and time from before, so that the next sync reads it anew.

    :param work: the file.
    :param fingerprint: the encoder's.
    :return: its passages or the reason why there are none; None if there is no such file any more.
    """
    result = None
    for _ in range(2):
        before = _state(work.file.path)
        if before is None:
            return None
        result = _read(work, before, fingerprint)
        after = _state(work.file.path)
        if after is None:
            return None
        if (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns):
            break
    return result


def _read(work: Work, state: os.stat_result, fingerprint: str) -> Prepared:
    from indexer.passages import embedded_text, split
    from indexer.readers.registry import read
    from indexer.segmentation import segment

    def failed(reason: str, digest: str | None) -> Prepared:
        size, mtime = state.st_size, state.st_mtime_ns
        return Prepared(work.file.path, work.document, digest, size, mtime, error=reason)

    digest = None
    try:
        digest = hash_file(work.file.path)
        document = read(to_path(work.file.path))
        passages = tuple(split(document))
        texts = tuple(embedded_text(passage, document.title) for passage in passages)
        keys = tuple(vector_key(fingerprint, text) for text in texts)
        terms = tuple(map(segment, texts))
    except OSError as error:
        return failed(f"it cannot be read ({error.strerror or error})", None)
    except UnreadableFileError as error:
        return failed(str(error), digest)
    except Exception as error:  # one bad file never stops a run, whatever is wrong with it
        _LOG.warning("Reading %r failed.", work.file.path, exc_info=True)
        return failed(f"it cannot be read ({type(error).__name__}: {error})", digest)
    if not passages:
        return failed("it holds no text", digest)
    return Prepared(
        path=work.file.path,
        document=work.document,
        sha256=digest,
        size=state.st_size,
        mtime=state.st_mtime_ns,
        title=document.title,
        media_type=document.media_type,
        passages=passages,
        keys=keys,
        texts=texts,
        terms=terms,
    )


def _state(path: bytes) -> os.stat_result | None:
    """Return a regular file's state, or None if there is no such file any more."""
    try:
        state = os.lstat(path)
    except OSError:
        return None
    return state if stat.S_ISREG(state.st_mode) else None
