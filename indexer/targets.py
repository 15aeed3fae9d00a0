"""Which folders a sync walks, and as part of which source.

A folder inside a source is a part of it; a folder above sources becomes one itself and takes them
along, each under its own rules. A document belongs to the innermost source that covers it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer import paths
from indexer.errors import SourceError
from indexer.ignoring import IgnoreRules
from indexer.paths import AnyPath, is_within
from indexer.scan import Problem, check_folder, rules_at

if TYPE_CHECKING:
    from indexer.index import Index


@dataclass(frozen=True, slots=True)
class Target:
    """A folder to walk.

    :param root: the source it belongs to; its own path if it is one.
    :param start: the folder.
    :param source: the source's id, or None for a source that is new.
    :param given: the source's rules.
    :param rules: those that hold in `start`.
    :param apart: folders below `start` that are walked on their own, and the index folder.
    :param asked: whether somebody named it, rather than a folder above it.
    """

    root: bytes
    start: bytes
    source: int | None
    given: tuple[str, ...]
    rules: IgnoreRules
    apart: tuple[bytes, ...]
    asked: bool


@dataclass(frozen=True, slots=True)
class _Known:
    source: int | None
    given: tuple[str, ...]


def find_targets(
    index: Index, folders: AnyPath | Iterable[AnyPath] | None, ignore: Sequence[str]
) -> tuple[list[Target], list[Problem]]:
    """Find out what to walk.

    :param folders: one folder or several; None means every source.
    :param ignore: rules to record with the sources of these folders, if there are any.
    :return: what to walk, outermost first, and sources below that cannot be listed.
    :raises SourceError: if there is no folder, or one that was named cannot be listed.
    """
    known = {
        root: _Known(id_, tuple(json.loads(rules)))
        for id_, root, rules in index.connection.execute(
            "SELECT id, root, ignore_rules FROM sources"
        )
    }
    asked = _asked(folders, known)
    if not asked:
        raise SourceError("There is nothing to index: name a folder.")
    for folder in asked:
        check_folder(folder)
    places = {}
    for start in sorted(asked, key=len):
        root, given = _source_of(start, known, ignore)
        known.setdefault(root, _Known(None, given))
        places[start] = (root, given)
    unlisted = []
    for root in [root for root in known if any(is_within(root, start) for start in asked)]:
        try:
            check_folder(root)
        except SourceError as error:
            unlisted.append(Problem(root, str(error)))
            continue
        places.setdefault(root, (root, known[root].given))
    own = paths.to_bytes(index.folder)
    targets: list[Target] = []
    for start, (root, given) in sorted(places.items()):
        if any(is_within(start, t.start) and t.root == root for t in targets):
            continue
        rules = rules_at(root, start, given)
        assert rules is not None  # a folder its source leaves out has become one itself
        apart = (*(r for r in known if r != start and is_within(r, start)), own)
        targets.append(Target(root, start, known[root].source, given, rules, apart, start in asked))
    return targets, unlisted


def _asked(
    folders: AnyPath | Iterable[AnyPath] | None, known: dict[bytes, _Known]
) -> dict[bytes, None]:
    """Return the folders named, each once."""
    if folders is None:
        return dict.fromkeys(known)
    if isinstance(folders, str | bytes | os.PathLike):
        return {paths.to_bytes(folders): None}
    return {paths.to_bytes(folder): None for folder in folders}


def _source_of(
    start: bytes, known: dict[bytes, _Known], ignore: Sequence[str]
) -> tuple[bytes, tuple[str, ...]]:
    """Return the source a folder belongs to, itself if it is or becomes one, and its rules."""
    covering = [root for root in known if is_within(start, root)]
    if covering:
        root = max(covering, key=len)
        given = tuple(ignore) or known[root].given
        if rules_at(root, start, known[root].given) is not None:
            return root, given
    return start, tuple(ignore)
