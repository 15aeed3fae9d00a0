"""What the scan saw against what the index holds: the plan.

A plan is made from names, sizes, times and, where those leave doubt, hashes. It changes nothing;
carrying it out is `syncing`.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from indexer.paths import below, is_within, to_path
from indexer.scan import FoundFile, Problem, Scan

# A file changed within this time before it was read may have changed again in the same tick of its
# file system's clock (two seconds on FAT), so its time alone proves nothing.
RACY_NANOSECONDS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Versions:
    """Of the code whose work a document's row holds."""

    reader: int
    splitter: int


@dataclass(frozen=True, slots=True)
class Work:
    """A file to read, split and embed.

    :param file: as the scan saw it.
    :param document: the row it brings up to date, or None for a new one.
    """

    file: FoundFile
    document: int | None


@dataclass(frozen=True, slots=True)
class Move:
    """A document whose file has another name now, with the same bytes."""

    document: int
    old: bytes
    file: FoundFile


@dataclass(frozen=True, slots=True)
class Gone:
    """A document whose file the scan saw go."""

    document: int
    path: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """What brings an index up to date with one scan.

    :param source: the id of the scanned source, or None while it has no row.
    :param added: files without a document.
    :param changed: files whose document is out of date.
    :param moved: documents to rename.
    :param gone: documents to remove.
    :param touched: (document, file) with the bytes the index knows and another time.
    :param adopted: documents that another source's row must give to this one.
    :param broken: what can only be recorded as failed.
    :param unchanged: how many documents need nothing.
    :param failed: failures already recorded that nothing has changed about.
    :param in_scope: how many documents the index held in the scanned folder.
    :param in_source: how many documents the index held from the whole source.
    """

    source: int | None
    added: tuple[Work, ...]
    changed: tuple[Work, ...]
    moved: tuple[Move, ...]
    gone: tuple[Gone, ...]
    touched: tuple[tuple[int, FoundFile], ...]
    adopted: tuple[int, ...]
    broken: tuple[Problem, ...]
    unchanged: int
    failed: tuple[Problem, ...]
    in_scope: int
    in_source: int

    @property
    def removes_most(self) -> bool:
        """Whether over half of the source's documents would go."""
        return 2 * len(self.gone) > self.in_source


@dataclass(frozen=True, slots=True)
class _Row:
    document: int
    source: int
    path: bytes
    sha256: str | None
    size: int
    mtime: int
    state: str
    error: str | None
    indexed_at: int
    reader_version: int
    splitter_version: int

    @property
    def versions(self) -> Versions:
        return Versions(self.reader_version, self.splitter_version)


def make_plan(
    connection: sqlite3.Connection,
    seen: Scan,
    source: int | None,
    *,
    apart: Iterable[bytes],
    versions: Versions,
    verify: bool = False,
    retry: bool = False,
) -> Plan:
    """Compare a scan with the index.

    :param connection: read from, never written to.
    :param seen: the scan.
    :param source: the source's id, or None if it has no row yet.
    :param apart: folders below the scanned one that are sources of their own.
    :param versions: of the code that reads and splits now.
    :param verify: hash every file instead of trusting size and time.
    :param retry: read files again that could not be read.
    :return: the plan.
    """
    rows = _rows(connection, seen.start, tuple(apart))
    maker = _Maker(versions, verify, retry)
    for file in seen.files:
        maker.compare(file, rows.get(file.path))
    broken = [problem for problem in seen.broken if not maker.knows(problem, rows)]
    present = {file.path for file in seen.files} | {problem.path for problem in seen.broken}
    gone = [
        row
        for path, row in rows.items()
        if path not in present and not any(is_within(path, folder.path) for folder in seen.unlisted)
    ]
    gone = maker.find_moves(gone)
    return Plan(
        source=source,
        added=tuple(maker.added),
        changed=tuple(maker.changed),
        moved=tuple(maker.moved),
        gone=tuple(Gone(row.document, row.path) for row in gone),
        touched=tuple(maker.touched),
        adopted=tuple(row.document for row in rows.values() if row.source != source),
        broken=tuple(broken),
        unchanged=maker.unchanged + len(maker.touched),
        failed=tuple(maker.failed),
        in_scope=len(rows),
        in_source=_count(connection, source, rows.values()),
    )


def hash_file(path: bytes) -> str:
    """Return the SHA-256 of a file's bytes, hexadecimal.

    :raises OSError: if it cannot be read.
    """
    with to_path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Maker:
    """Sorts files into what is to be done with them."""

    def __init__(self, versions: Versions, verify: bool, retry: bool) -> None:
        self._versions = versions
        self._verify = verify
        self._retry = retry
        self.added: list[Work] = []
        self.changed: list[Work] = []
        self.moved: list[Move] = []
        self.touched: list[tuple[int, FoundFile]] = []
        self.failed: list[Problem] = []
        self.unchanged = 0

    def compare(self, file: FoundFile, row: _Row | None) -> None:
        if row is None:
            self.added.append(Work(file, None))
        elif row.sha256 is None or row.versions != self._versions or row.size != file.size:
            self.changed.append(Work(file, row.document))
        elif self._retry and row.state == "failed":
            self.changed.append(Work(file, row.document))
        elif self._trusts_time(file, row):
            self._keep(row)
        elif _hash_or_none(file.path) == row.sha256:
            self.touched.append((row.document, file))
            if row.state == "failed":
                self.failed.append(Problem(row.path, row.error or ""))
        else:
            self.changed.append(Work(file, row.document))

    def knows(self, problem: Problem, rows: dict[bytes, _Row]) -> bool:
        row = rows.get(problem.path)
        known = row is not None and row.error == problem.reason
        if known:
            self.failed.append(problem)
        return known

    def find_moves(self, gone: Sequence[_Row]) -> list[_Row]:
        """Match new files with documents gone, by size and then by hash; return those left."""
        candidates: dict[tuple[int, bytes], list[_Row]] = {}
        for row in gone:
            if row.state == "indexed" and row.versions == self._versions:
                candidates.setdefault((row.size, _suffix(row.path)), []).append(row)
        moved: set[int] = set()
        added = []
        for work in self.added:
            rows = candidates.get((work.file.size, _suffix(work.file.path)), [])
            digest = _hash_or_none(work.file.path) if rows else None
            match = next((row for row in rows if digest is not None and row.sha256 == digest), None)
            if match is None:
                added.append(work)
                continue
            rows.remove(match)
            moved.add(match.document)
            self.moved.append(Move(match.document, match.path, work.file))
        self.added = added
        return [row for row in gone if row.document not in moved]

    def _trusts_time(self, file: FoundFile, row: _Row) -> bool:
        return (
            not self._verify
            and file.mtime == row.mtime
            and file.mtime + RACY_NANOSECONDS < row.indexed_at
        )

    def _keep(self, row: _Row) -> None:
        if row.state == "failed":
            self.failed.append(Problem(row.path, row.error or ""))
        else:
            self.unchanged += 1


def _rows(
    connection: sqlite3.Connection, start: bytes, apart: Sequence[bytes]
) -> dict[bytes, _Row]:
    found = connection.execute(
        "SELECT id, source, path, sha256, size, mtime, state, error, indexed_at, reader_version, "
        "splitter_version FROM documents WHERE path >= ? AND path < ? ORDER BY path",
        below(start),
    )
    rows = (_Row(*values) for values in found)
    return {
        row.path: row for row in rows if not any(is_within(row.path, folder) for folder in apart)
    }


def _count(connection: sqlite3.Connection, source: int | None, rows: Iterable[_Row]) -> int:
    adopted = sum(row.source != source for row in rows)
    if source is None:
        return adopted
    own = connection.execute(
        "SELECT count(*) FROM documents WHERE source = ?", (source,)
    ).fetchone()[0]
    return adopted + int(own)


def _suffix(path: bytes) -> bytes:
    """Return the extension, which decides the reader: under another one a file is read anew."""
    name = path.rpartition(b"/")[2]
    return name.partition(b".")[2].lower()


def _hash_or_none(path: bytes) -> str | None:
    try:
        return hash_file(path)
    except OSError:
        return None  # reading it comes later, and records why it cannot be
