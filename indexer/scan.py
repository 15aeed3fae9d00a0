"""Folder to the files in it: what is there to be indexed, and what was left out and why.

A scan reads names and sizes, never a document. It says what it could not list, so that nothing
below such a folder counts as gone. What is to be done with the files is `planning`.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from indexer.errors import SourceError
from indexer.ignoring import MARKERS, IgnoreRules
from indexer.paths import display, is_within, prefix, to_path
from indexer.readers.registry import supported as by_registry

# The caller hears of a scan's progress this often.
_TELL_EVERY = 500


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that a reader reads.

    :param mtime: nanoseconds since the epoch.
    """

    path: bytes
    size: int
    mtime: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A path that something is wrong with, and the reason in a few words."""

    path: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What a walk of a folder saw.

    :param start: the folder that was walked.
    :param files: in the order of their paths; a file reached through links stands here once.
    :param broken: links that lead nowhere or in a circle.
    :param ignored: left out by a rule, or links that lead out of the folder.
    :param unsupported: files of a kind that no reader reads.
    :param unlisted: folders that could not be listed.
    """

    start: bytes
    files: tuple[FoundFile, ...]
    broken: tuple[Problem, ...]
    ignored: tuple[bytes, ...]
    unsupported: tuple[bytes, ...]
    unlisted: tuple[Problem, ...]


def scan(
    start: bytes,
    rules: IgnoreRules,
    *,
    apart: Iterable[bytes] = (),
    supported: Callable[[Path], bool] = by_registry,
    tell: Callable[[int, bytes], None] = lambda seen, path: None,
) -> Scan:
    """Walk a folder.

    :param start: an absolute folder with every link resolved.
    :param rules: those that hold in it, its own ignore files not yet read.
    :param apart: folders below it that are walked on their own, and the index folder.
    :param supported: whether a reader reads a file of that name.
    :param tell: called now and then with the number of files seen and the folder being listed.
    :return: what was seen.
    :raises SourceError: if `start` itself cannot be listed.
    """
    walk = _Walk(start, frozenset(apart), supported, tell)
    walk.run(rules)
    return Scan(
        start,
        tuple(walk.files[path] for path in sorted(walk.files)),
        tuple(walk.broken),
        tuple(walk.ignored),
        tuple(walk.unsupported),
        tuple(walk.unlisted),
    )


def check_folder(folder: bytes) -> None:
    """Make sure that a source can be listed.

    :raises SourceError: with the sentence to show.
    """
    try:
        with os.scandir(folder):
            return
    except FileNotFoundError as error:
        raise SourceError(f"The folder {display(folder)} does not exist.") from error
    except NotADirectoryError as error:
        raise SourceError(f"{display(folder)} is a file: give the folder that holds it.") from error
    except OSError as error:
        raise SourceError(
            f"The folder {display(folder)} cannot be read ({error.strerror}): check its "
            "permissions."
        ) from error


def rules_at(root: bytes, start: bytes, given: Iterable[str]) -> IgnoreRules | None:
    """Return the rules that hold in a folder of a source, or None if they leave it out.

    :param root: the source.
    :param start: `root` or a folder below it.
    :param given: rules recorded with the source.
    """
    rules = IgnoreRules.of_source(root, given)
    folder = root
    for name in start[len(prefix(root)) :].split(b"/") if start != root else []:
        try:
            rules = rules.inside(folder, os.listdir(folder))  # noqa: PTH208 (bytes)
        except OSError:
            return None
        folder = prefix(folder) + name
        if rules.ignores(folder, is_folder=True):
            return None
    return rules


@dataclass(slots=True)
class _Walk:
    start: bytes
    apart: frozenset[bytes]
    supported: Callable[[Path], bool]
    tell: Callable[[int, bytes], None]
    files: dict[bytes, FoundFile] = field(default_factory=dict)
    broken: list[Problem] = field(default_factory=list)
    ignored: list[bytes] = field(default_factory=list)
    unsupported: list[bytes] = field(default_factory=list)
    unlisted: list[Problem] = field(default_factory=list)
    told: int = 0

    def run(self, rules: IgnoreRules) -> None:
        check_folder(self.start)
        waiting = [(self.start, rules)]
        while waiting:
            folder, rules = waiting.pop()
            self._tell_sometimes(folder)
            try:
                with os.scandir(folder) as listing:
                    entries = list(listing)
            except FileNotFoundError:
                continue  # it went since its parent was listed
            except OSError as error:
                self.unlisted.append(Problem(folder, f"it cannot be listed ({error.strerror})"))
                continue
            names = {entry.name for entry in entries}
            if folder != self.start and names & MARKERS:
                self.ignored.append(folder)
                continue
            inner = rules.inside(folder, names)
            waiting.extend((path, inner) for path in self._take(entries, inner))

    def _take(self, entries: list[os.DirEntry[bytes]], rules: IgnoreRules) -> list[bytes]:
        """Sort one folder's entries; return the folders to walk."""
        folders = []
        for entry in entries:
            try:
                is_folder = entry.is_dir(follow_symlinks=False)
            except OSError as error:
                reason = f"it cannot be looked at ({error.strerror})"
                self.unlisted.append(Problem(entry.path, reason))
                continue
            if is_folder and entry.path in self.apart:
                continue
            if rules.ignores(entry.path, is_folder=is_folder):
                self.ignored.append(entry.path)
            elif is_folder:
                folders.append(entry.path)
            elif entry.is_symlink():
                self._take_link(entry.path)
            else:
                self._take_file(entry.path)
        return folders

    def _take_link(self, path: bytes) -> None:
        """Follow a link to a file of this folder; any other is left out."""
        try:
            target = os.path.realpath(path, strict=True)
            is_folder = stat.S_ISDIR(os.stat(target).st_mode)  # noqa: PTH116 (bytes)
        except OSError as error:
            if error.errno == errno.ELOOP:
                self.broken.append(Problem(path, "a symbolic link that leads in a circle"))
            elif self.supported(to_path(path)):
                reason = f"a symbolic link that leads nowhere ({error.strerror})"
                self.broken.append(Problem(path, reason))
            else:
                self.unsupported.append(path)
            return
        if is_folder and is_within(path, target):
            reason = "a symbolic link to a folder above it, which is not followed"
            self.broken.append(Problem(path, reason))
        elif is_folder or not self._is_ours(target):
            self.ignored.append(path)  # a folder of this source is walked under its own name
        else:
            self._take_file(target)

    def _is_ours(self, path: bytes) -> bool:
        return is_within(path, self.start) and not any(is_within(path, f) for f in self.apart)

    def _take_file(self, path: bytes) -> None:
        try:
            state = os.lstat(path)
        except FileNotFoundError:
            return  # it went since its folder was listed
        except OSError as error:
            self.unlisted.append(Problem(path, f"it cannot be looked at ({error.strerror})"))
            return
        if not stat.S_ISREG(state.st_mode) or not self.supported(to_path(path)):
            self.unsupported.append(path)
            return
        self.files[path] = FoundFile(path, state.st_size, state.st_mtime_ns)

    def _tell_sometimes(self, folder: bytes) -> None:
        seen = len(self.files) + len(self.unsupported)
        if self.told == 0 or seen - self.told >= _TELL_EVERY:
            self.told = max(seen, 1)
            self.tell(seen, folder)
