"""Plan to index: a folder's documents brought up to date, in batches that survive a kill."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from indexer import centring, facets, jobs, labelling, language_rules, sentence_vectors
from indexer.database import said_plainly
from indexer.errors import CrosstongueError, SourceError
from indexer.lexical import catch_up
from indexer.meter import Meter
from indexer.paths import AnyPath, display
from indexer.planning import Plan, Versions, Work, make_plan
from indexer.preparing import prepared, versions
from indexer.progress import FailedFile, Phase, ProgressCallback, SyncProgress, SyncReport
from indexer.scan import Problem, Scan, scan
from indexer.targets import Target, find_targets
from indexer.writing import Prepared, remove_documents, write_batch

if TYPE_CHECKING:
    from indexer.index import Index

__all__ = ["FailedFile", "SyncProgress", "SyncReport", "sync"]

# A batch is one transaction: what a kill can lose, and what the encoder gets at once.
BATCH_DOCUMENTS = 256
BATCH_PASSAGES = 2_000
# Documents removed in one transaction.
_REMOVE_AT_ONCE = 1_000


def sync(
    index: Index,
    folders: AnyPath | Iterable[AnyPath] | None = None,
    *,
    progress: ProgressCallback | None = None,
    dry_run: bool = False,
    verify: bool = False,
    confirm_removals: bool = False,
    ignore: Iterable[str] = (),
    retry: bool = False,
) -> SyncReport:
    """Bring an index up to date with one folder or several.

    :param index: an open index.
    :param folders: one folder or several; None means every source of the index.
    :param progress: called with events while the run goes on.
    :param dry_run: return what would be done and write nothing.
    :param verify: read every file again instead of trusting size and modification time.
    :param confirm_removals: go on even if over half of a source's documents would be removed.
    :param ignore: `.gitignore`-style rules, recorded with the source; none keeps those recorded.
    :param retry: read files again that could not be read, changed or not.
    :return: what was done.
    :raises SourceError: if a folder does not exist, cannot be read or holds nothing readable.
    :raises IndexBusyError: if another process is writing.
    :raises CrosstongueError: if over half of a source would go, or the disk is full.
    """
    started = time.monotonic()
    with said_plainly(index.folder):
        targets, unlisted = find_targets(index, folders, tuple(ignore))
        run = _Run(index, versions(), verify, progress, started, unlisted=unlisted, retry=retry)
        if dry_run:
            run.plan(targets)
            return run.planned_report()
        with jobs.running(index, "sync", [t.start for t in targets if t.asked]) as job:
            run.job = job
            # Another writer may have changed the sources while this one waited for its turn.
            targets, run.unlisted = find_targets(index, folders, tuple(ignore))
            try:
                run.plan(targets)
                run.check_removals(confirm_removals)
                run.catch_up()
                run.apply()
                facets.refresh(index, run.tell_labelling)
            except _StoppedError:
                run.stopped = True
            language_rules.refresh(index)
            centring.refresh(index)
            labelling.refresh(index)
            index.vectors.settle(index.folder)
            report = run.report()
            run.tell(run.event("finishing"), now=True)
            run.check_anything_was_read()
            job.finish("stopped" if run.stopped else "done")
            return report


class _StoppedError(Exception):
    """Somebody asked the job to stop."""


@dataclass(slots=True)
class _Run:
    """One run of sync: its plans, and what has become of them so far."""

    index: Index
    versions: Versions
    verify: bool
    progress: ProgressCallback | None
    started: float
    unlisted: list[Problem] = field(default_factory=list)
    job: jobs.RunningJob | None = None
    plans: list[tuple[Target, Scan, Plan]] = field(default_factory=list)
    meter: Meter = field(default_factory=lambda: Meter(()))
    added: list[bytes] = field(default_factory=list)
    changed: list[bytes] = field(default_factory=list)
    moved: list[tuple[bytes, bytes]] = field(default_factory=list)
    removed: list[bytes] = field(default_factory=list)
    failed: list[Problem] = field(default_factory=list)
    vanished: list[bytes] = field(default_factory=list)
    passages: int = 0
    embedded: int = 0
    stopped: bool = False
    retry: bool = False

    def plan(self, targets: Sequence[Target]) -> None:
        """Scan every target and compare it with the index.

        :raises SourceError: if a folder that was named holds nothing to index.
        """
        for target in targets:
            seen = scan(target.start, target.rules, apart=target.apart, tell=self._tell_scanning)
            plan = make_plan(
                self.index.connection,
                seen,
                target.source,
                apart=target.apart,
                versions=self.versions,
                verify=self.verify,
                retry=self.retry,
            )
            if target.asked and not (plan.in_scope or seen.files or seen.broken):
                if target.source is None or target.start != target.root:
                    raise SourceError(_nothing(seen))
            self.plans.append((target, seen, plan))
            self.unlisted.extend(seen.unlisted)
        self.meter = Meter([w.file for _, _, p in self.plans for w in (*p.added, *p.changed)])

    def check_removals(self, confirmed: bool) -> None:
        """Stop before most of a source is removed, unless somebody confirmed it."""
        for target, _, plan in self.plans:
            if plan.removes_most and not confirmed:
                raise CrosstongueError(
                    f"{len(plan.gone)} of the {plan.in_source} documents indexed from "
                    f"{display(target.root)} are no longer there, so nothing was changed: if they "
                    "are really to be removed, run the same command with --confirm-removals."
                )

    def catch_up(self) -> None:
        """Make the terms and the sentences of passages that an older Crosstongue wrote."""
        catch_up(self.index, partial(self._tell_passages, "segmenting"))
        sentence_vectors.refresh(self.index, tell=partial(self._tell_passages, "sentences"))

    def _tell_passages(self, phase: Phase, done: int, total: int) -> None:
        self.tell(SyncProgress(phase, files_done=done, files_total=total, passages=done))
        self._pause_or_stop()

    def tell_labelling(self, done: int, total: int) -> None:
        """Tell how far the heads of the index are."""
        self.tell(
            SyncProgress(
                "labelling",
                files_done=done,
                files_total=total,
                files_failed=len(self.failed),
                passages=self.passages,
            )
        )
        self._pause_or_stop()

    def apply(self) -> None:
        """Carry the plans out, one after the other.

        :raises EncoderMismatchError: before anything is written, if the encoder is another one.
        """
        if self.meter.files_total:
            _ = self.index.encoder
            facets.require(self.index)
        for target, _, plan in self.plans:
            source = self._record_source(target)
            self._update_rows(source, plan)
            self._index_files(source, plan)
            for first in range(0, len(plan.gone), _REMOVE_AT_ONCE):
                self._pause_or_stop()
                some = plan.gone[first : first + _REMOVE_AT_ONCE]
                with self.index.transaction() as connection:
                    remove_documents(connection, [gone.document for gone in some])
                self.removed.extend(gone.path for gone in some)

    def check_anything_was_read(self) -> None:
        """Raise if this run had files to read and the folders hold no document even so."""
        if self.stopped or self.added or self.changed or not self.failed:
            return
        if any(plan.unchanged or plan.moved for _, _, plan in self.plans):
            return
        folders = " or ".join(display(target.start) for target, _, _ in self.plans if target.asked)
        first = self.failed[0]
        raise SourceError(
            f"Nothing in {folders} could be read: {len(self.failed)} failed, the first of them "
            f"{display(first.path)}, because {first.reason}."
        )

    def _record_source(self, target: Target) -> int:
        rules = json.dumps(target.given, ensure_ascii=False)
        with self.index.transaction() as connection:
            row = connection.execute(
                "INSERT INTO sources(root, ignore_rules, added_at) VALUES (?, ?, ?) "
                "ON CONFLICT(root) DO UPDATE SET ignore_rules = excluded.ignore_rules RETURNING id",
                (target.root, rules, time.time_ns()),
            ).fetchone()
        return int(row[0])

    def _update_rows(self, source: int, plan: Plan) -> None:
        """Write what needs no reading: names, times and owners."""
        now = time.time_ns()
        with self.index.transaction() as connection:
            connection.executemany(
                "UPDATE documents SET path = ?, mtime = ?, indexed_at = ? WHERE id = ?",
                [(move.file.path, move.file.mtime, now, move.document) for move in plan.moved],
            )
            for move in plan.moved:
                language_rules.follow(connection, move.old, move.file.path)
            connection.executemany(
                "UPDATE documents SET mtime = ?, indexed_at = ? WHERE id = ?",
                [(file.mtime, now, document) for document, file in plan.touched],
            )
            connection.executemany(
                "UPDATE documents SET source = ? WHERE id = ?",
                [(source, document) for document in plan.adopted],
            )
        self.moved.extend((move.old, move.file.path) for move in plan.moved)
        self.failed.extend(plan.failed)

    def _index_files(self, source: int, plan: Plan) -> None:
        """Read, split, embed and write, a batch at a time."""
        batch = [
            Prepared(problem.path, None, None, 0, 0, error=problem.reason)
            for problem in plan.broken
        ]
        size = 0
        with prepared([*plan.added, *plan.changed], self.index.spec.fingerprint) as files:
            for work, item in files:
                self.meter.read(work.file)
                self.tell(self.event("indexing", work.file.path))
                if item is None:
                    self._vanish(work)
                    continue
                batch.append(item)
                size += len(item.passages)
                if len(batch) >= BATCH_DOCUMENTS or size >= BATCH_PASSAGES:
                    self._write(source, batch)
                    batch, size = [], 0
                    self._pause_or_stop()
            if batch:
                self._write(source, batch)
                self._pause_or_stop()

    def _write(self, source: int, batch: Sequence[Prepared]) -> None:
        encoder = self.index.encoder
        self.embedded += write_batch(self.index, encoder, source, batch, self.versions)
        for item in batch:
            self.passages += len(item.passages)
            if item.error is not None:
                self.failed.append(Problem(item.path, item.error))
            elif item.document is None:
                self.added.append(item.path)
            else:
                self.changed.append(item.path)
        sentence_vectors.refresh(self.index, encoder, lambda *_: self._pause_or_stop())

    def _vanish(self, work: Work) -> None:
        """Record that a file went after the scan; its document goes too."""
        self.vanished.append(work.file.path)
        if work.document is not None:
            with self.index.transaction() as connection:
                remove_documents(connection, [work.document])
            self.removed.append(work.file.path)

    def event(self, phase: Phase, path: bytes | None = None) -> SyncProgress:
        """Return the run's progress at this moment."""
        rate, left = self.meter.estimate()
        return SyncProgress(
            phase=phase,
            files_done=self.meter.files_done,
            files_total=self.meter.files_total,
            files_failed=len(self.failed),
            passages=self.passages,
            files_per_second=rate,
            seconds_left=left,
            current=None if path is None else display(path),
        )

    def _tell_scanning(self, seen: int, folder: bytes) -> None:
        self.tell(SyncProgress("scanning", files_done=seen, current=display(folder)))
        self._pause_or_stop()

    def tell(self, event: SyncProgress, *, now: bool = False) -> None:
        """Pass an event on to whoever asked and to the job's row."""
        if self.progress is not None:
            self.progress(event)
        if self.job is not None:
            self.job.report(event, now=now)

    def _pause_or_stop(self) -> None:
        if self.job is None:
            return
        before = time.monotonic()
        if not self.job.may_go_on():
            raise _StoppedError
        self.meter.pause(time.monotonic() - before)

    def report(self) -> SyncReport:
        """Return what was done."""
        return self._report(self.added, self.changed, self.moved, self.removed, self.failed)

    def planned_report(self) -> SyncReport:
        """Return what would be done."""
        plans = [plan for _, _, plan in self.plans]
        return self._report(
            [work.file.path for plan in plans for work in plan.added],
            [work.file.path for plan in plans for work in plan.changed],
            [(move.old, move.file.path) for plan in plans for move in plan.moved],
            [gone.path for plan in plans for gone in plan.gone],
            [problem for plan in plans for problem in (*plan.broken, *plan.failed)],
        )

    def _report(
        self,
        added: list[bytes],
        changed: list[bytes],
        moved: list[tuple[bytes, bytes]],
        removed: list[bytes],
        failed: list[Problem],
    ) -> SyncReport:
        seen = [scan for _, scan, _ in self.plans]
        return SyncReport(
            added=_shown(added),
            changed=_shown(changed),
            moved=tuple((display(old), display(new)) for old, new in moved),
            removed=_shown(removed),
            unchanged=sum(plan.unchanged for _, _, plan in self.plans),
            failed=_failures(failed),
            ignored=_shown([path for scan in seen for path in scan.ignored]),
            unsupported=_shown([path for scan in seen for path in scan.unsupported]),
            unlisted=_failures(self.unlisted),
            vanished=_shown(self.vanished),
            passages=self.passages,
            embedded=self.embedded,
            seconds=time.monotonic() - self.started,
            dry_run=self.job is None,
            stopped=self.stopped,
            job=None if self.job is None else self.job.id,
        )


def _nothing(seen: Scan) -> str:
    """Say what a folder without documents holds instead."""
    where = f"The folder {display(seen.start)}"
    if seen.unlisted:
        first = seen.unlisted[0]
        return f"{where} holds nothing that can be read; {display(first.path)}: {first.reason}."
    left_out = [
        f"{len(paths)} {what}"
        for paths, what in ((seen.unsupported, "of other kinds"), (seen.ignored, "ignored"))
        if paths
    ]
    if not left_out:
        return f"{where} is empty: put documents into it, or name another."
    return (
        f"{where} holds no file of a kind that can be read ({', '.join(left_out)}): name another."
    )


def _shown(found: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(display(path) for path in found)


def _failures(problems: Iterable[Problem]) -> tuple[FailedFile, ...]:
    return tuple(FailedFile(display(problem.path), problem.reason) for problem in problems)
