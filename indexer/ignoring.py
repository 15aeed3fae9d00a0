"""Which files and folders a scan leaves out: built-in rules, ignore files and rules given.

Rules are `.gitignore` patterns. Of several that match, the first of these decides: rules given with
the source, then the ignore files from the file's own folder upwards, then the built-in ones; within
one set the last match decides, so `!pattern` takes something back. In one folder .crosstongueignore
goes before .ignore, which goes before .gitignore.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from pathspec import GitIgnoreSpec

from indexer.errors import CrosstongueError
from indexer.paths import prefix

# Hidden files, dependencies, build output and what desktops and editors leave behind.
BUILT_IN = (
    ".*",
    "node_modules/",
    "__pycache__/",
    "*.egg-info/",
    "lost+found/",
    "$RECYCLE.BIN/",
    "System Volume Information/",
    "*~",
    "~$*",
)

# In one folder a later one goes before an earlier one.
IGNORE_FILES = (b".gitignore", b".ignore", b".crosstongueignore")

# A folder with one of these says itself that nothing in it is anybody's document: a Python virtual
# environment, and a cache as bford.info/cachedir describes it.
MARKERS = frozenset({b"pyvenv.cfg", b"CACHEDIR.TAG"})

# An ignore file longer than this is no ignore file.
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that hold in one folder, those that decide first coming first.

    :param levels: the folder that patterns are relative to (with its separator) and the patterns.
    """

    levels: tuple[tuple[bytes, GitIgnoreSpec], ...]
    given: tuple[tuple[bytes, GitIgnoreSpec], ...] = ()

    @classmethod
    def of_source(cls, root: bytes, given: Iterable[str] = ()) -> IgnoreRules:
        """Return the rules at a source's root, before its own ignore files are read.

        :param root: the source.
        :param given: rules recorded with it.
        :raises CrosstongueError: if one of them is no pattern.
        """
        patterns = tuple(given)
        for pattern in patterns:
            if compile_patterns([pattern]) is None:
                raise CrosstongueError(
                    f"{pattern!r} is not an ignore rule: rules are written as in a .gitignore file."
                )
        first = compile_patterns(patterns)
        built_in = compile_patterns(BUILT_IN)
        assert built_in is not None
        return cls(
            ((prefix(root), built_in),),
            ((prefix(root), first),) if patterns and first is not None else (),
        )

    def inside(self, folder: bytes, names: Iterable[bytes]) -> IgnoreRules:
        """Return the rules that hold in a folder, given the names of its entries."""
        present = set(names).intersection(IGNORE_FILES)
        if not present:
            return self
        found = []
        for name in reversed(IGNORE_FILES):
            spec = compile_patterns(_lines(prefix(folder) + name)) if name in present else None
            if spec is not None:
                found.append((prefix(folder), spec))
        return IgnoreRules((*found, *self.levels), self.given)

    def ignores(self, path: bytes, *, is_folder: bool) -> bool:
        """Whether a file or folder is left out."""
        for base, spec in (*self.given, *self.levels):
            name = os.fsdecode(path[len(base) :]) + ("/" if is_folder else "")
            verdict = spec.check_file(name).include
            if verdict is not None:
                return verdict
        return False


def _lines(file: bytes) -> list[str]:
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 (the path is bytes)
            return os.fsdecode(stream.read(_MAX_BYTES)).splitlines()
    except OSError:
        return []  # a rule that cannot be read leaves nothing out


def compile_patterns(patterns: Iterable[str]) -> GitIgnoreSpec | None:
    """Compile patterns, leaving out those that are none, as git does; None if nothing is left."""
    good = []
    for pattern in patterns:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except ValueError:
            continue
        good.append(pattern)
    return GitIgnoreSpec.from_lines(good) if good else None
