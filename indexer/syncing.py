"""Plan to index: a folder's documents brought up to date, in batches that survive a kill."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from indexer.paths import AnyPath
from indexer.progress import FailedFile, ProgressCallback, SyncProgress, SyncReport

if TYPE_CHECKING:
    from indexer.index import Index

__all__ = ["FailedFile", "SyncProgress", "SyncReport", "sync"]


def sync(
    index: Index,
    folders: AnyPath | Iterable[AnyPath] | None = None,
    *,
    progress: ProgressCallback | None = None,
    dry_run: bool = False,
    verify: bool = False,
    confirm_removals: bool = False,
    ignore: Iterable[str] = (),
) -> SyncReport:
    """Bring an index up to date with one folder or several.

    :param index: an open index.
    :param folders: one folder or several; None means every source of the index.
    :param progress: called with events while the run goes on.
    :param dry_run: return what would be done and write nothing.
    :param verify: read every file again instead of trusting size and modification time.
    :param confirm_removals: go on even if over half of a source's documents would be removed.
    :param ignore: `.gitignore`-style rules, recorded with the source; none keeps those recorded.
    :return: what was done.
    :raises SourceError: if a folder does not exist, cannot be read or holds nothing readable.
    :raises IndexBusyError: if another process is writing.
    :raises CrosstongueError: if over half of a source would go, or the disk is full.
    """
    raise NotImplementedError
