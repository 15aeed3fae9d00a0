"""Languages that a person says documents are in, where the identifier guessed wrong.

A rule names a document, a folder or a `.gitignore` pattern, and the language of what it matches.
It is remembered with the index and holds for documents that are indexed later. Where several
match, a document's own decides, and else the last one given.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indexer import jobs, paths
from indexer.database import bump_revision, new_generation, write_meta
from indexer.errors import CrosstongueError
from indexer.paths import AnyPath, is_within, prefix

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from indexer.index import Index

_GLOB = re.compile(rb"[*?\[]")
# Passages whose language is guessed anew at a time.
_AT_ONCE = 2_048

_DOCUMENTS = """
SELECT documents.id, path, root, documents.language, language_given FROM documents
JOIN sources ON sources.id = source WHERE state = 'indexed'
"""


@dataclass(frozen=True, slots=True)
class LanguageRule:
    """What a person said.

    :param what: a document's or a folder's path, or a pattern, relative to indexed folders.
    :param language: a BCP-47 tag.
    :param documents: how many documents it decides about.
    """

    what: bytes
    language: str
    documents: int


class Rules:
    """The rules of an index at one moment.

    :param rows: (path or pattern, language), in the order they were given.
    """

    def __init__(self, rows: Sequence[tuple[bytes, str]]) -> None:
        self._rows = [(what, language, _spec(what)) for what, language in rows]
        self._own = {what: language for what, language, spec in self._rows if spec is None}

    @classmethod
    def of(cls, connection: sqlite3.Connection) -> Rules:
        """Return the rules of an index."""
        return cls(
            connection.execute("SELECT what, language FROM language_rules ORDER BY id").fetchall()
        )

    def __bool__(self) -> bool:
        return bool(self._rows)

    def deciding(self, path: bytes, root: bytes) -> tuple[bytes, str] | None:
        """Return the rule that decides on a document, and its language; None if none does.

        :param path: the document's.
        :param root: of the source that it belongs to.
        """
        own = self._own.get(path)
        if own is not None:
            return path, own
        name = os.fsdecode(path.removeprefix(prefix(root)))
        for what, language, spec in reversed(self._rows):
            if is_within(path, what) if spec is None else spec.match_file(name):
                return what, language
        return None


def set_language(index: Index, what: AnyPath, language: str) -> int:
    """Say which language documents are in.

    :param what: a document or a folder of the index, or a pattern such as `*.nn.md` or `nn/**`.
    :param language: a BCP-47 code.
    :return: how many documents the rule decides about.
    :raises CrosstongueError: if that is no language, or nothing of that name is in the index.
    :raises IndexBusyError: if another process is writing.
    """
    tag = _checked(language)
    target = _target(index, what)
    with jobs.writer_lock(index.folder, "setting languages"):
        with index.transaction() as connection:
            connection.execute("DELETE FROM language_rules WHERE what = ?", [target])
            connection.execute(
                "INSERT INTO language_rules(what, language) VALUES (?, ?)", [target, tag]
            )
        _settle(index)
    return next(rule.documents for rule in rules_of(index) if rule.what == target)


def guess_again(index: Index, what: AnyPath) -> None:
    """Take back what was said, so that other rules and the identifier decide.

    :param what: as it was given.
    :raises CrosstongueError: if nothing was said of it.
    :raises IndexBusyError: if another process is writing.
    """
    known = {rule.what for rule in rules_of(index)}
    given = [os.fsencode(what), paths.to_bytes(what)]
    target = next((one for one in given if one in known), None)
    if target is None:
        raise CrosstongueError(
            f"No language was set for {paths.display(what)}; `crosstongue set-language` lists what "
            "was."
        )
    with jobs.writer_lock(index.folder, "setting languages"):
        with index.transaction() as connection:
            connection.execute("DELETE FROM language_rules WHERE what = ?", [target])
        _settle(index)


def rules_of(index: Index) -> tuple[LanguageRule, ...]:
    """Return the rules of an index, in the order they were given."""
    connection = index.connection
    rows = connection.execute("SELECT what, language FROM language_rules ORDER BY id").fetchall()
    if not rows:
        return ()
    rules, counts = Rules(rows), dict.fromkeys((what for what, _ in rows), 0)
    for _, path, root, _, _ in connection.execute(_DOCUMENTS):
        found = rules.deciding(path, root)
        if found is not None:
            counts[found[0]] += 1
    return tuple(LanguageRule(what, language, counts[what]) for what, language in rows)


def follow(connection: sqlite3.Connection, old: bytes, new: bytes) -> None:
    """Let what was said of a document go with it to its new path."""
    connection.execute("DELETE FROM language_rules WHERE what = ?", [new])
    connection.execute("UPDATE language_rules SET what = ? WHERE what = ?", [new, old])


def refresh(index: Index) -> int:
    """Bring the languages of all documents to what the rules say.

    Whoever calls holds the writer's lock, and settles the view afterwards.

    :return: how many documents changed.
    """
    connection = index.connection
    rules = Rules.of(connection)
    told: list[tuple[str, int]] = []
    guessed: list[int] = []
    if not rules:
        guessed = [
            row[0] for row in connection.execute("SELECT id FROM documents WHERE language_given")
        ]
    else:
        for document, path, root, language, given in connection.execute(_DOCUMENTS):
            found = rules.deciding(path, root)
            if found is None:
                guessed += [document] if given else []
            elif not given or language != found[1]:
                told.append((found[1], document))
    if not told and not guessed:
        return 0
    guesses = [(document, _guess(index, document)) for document in guessed]
    with index.transaction() as connection:
        for table, where in (("documents", "id"), ("passages", "document")):
            connection.executemany(
                f"UPDATE {table} SET language = ?, language_probability = 1 WHERE {where} = ?", told
            )
        connection.executemany(
            "UPDATE documents SET language_given = 1 WHERE id = ?", [(one,) for _, one in told]
        )
        for document, (whole, passages) in guesses:
            connection.execute(
                "UPDATE documents SET language = ?, language_probability = ?, language_given = 0 "
                "WHERE id = ?",
                [*whole, document],
            )
            connection.executemany(
                "UPDATE passages SET language = ?, language_probability = ? WHERE id = ?", passages
            )
        bump_revision(connection)
        # Where centres are taken off, a passage of another language is another vector.
        write_meta(connection, generation=new_generation())
    return len(told) + len(guessed)


Guess = tuple[tuple[str | None, float | None], list[tuple[str, float, int]]]


def _guess(index: Index, document: int) -> Guess:
    """Guess the language of a document and of its passages, as when it was indexed."""
    from indexer.documents import Passage
    from indexer.languages import LanguageIdentifier
    from indexer.passages import embedded_text
    from indexer.writing import language_of

    rows = index.connection.execute(
        "SELECT passages.id, text, heading, title FROM passages "
        "JOIN documents ON documents.id = document WHERE document = ? ORDER BY ordinal",
        [document],
    ).fetchall()
    identify = LanguageIdentifier.load().identify
    found: list[tuple[str, float]] = []
    for first in range(0, len(rows), _AT_ONCE):
        some = rows[first : first + _AT_ONCE]
        found += identify(
            [
                embedded_text(Passage(0, 0, len(text), text, heading=heading), title)
                for _, text, heading, title in some
            ]
        )
    passages = [(*guess, row[0]) for guess, row in zip(found, rows, strict=True)]
    return language_of([row[1] for row in rows], found), passages


def _settle(index: Index) -> None:
    """Bring everything that follows from languages up to date."""
    from indexer import centring, labelling

    if refresh(index):
        centring.refresh(index)
        labelling.refresh(index)
    index.vectors.settle(index.folder)


def _target(index: Index, what: AnyPath) -> bytes:
    """Return the path or the pattern that is meant."""
    given = os.fsencode(what)
    path = paths.to_bytes(what)
    first, last = paths.below(path)
    known = index.connection.execute(
        "SELECT 1 FROM documents WHERE path = ? OR (path >= ? AND path < ?) LIMIT 1",
        [path, first, last],
    ).fetchone()
    if known:
        return path
    if _GLOB.search(given):
        from indexer.ignoring import compile_patterns

        if given.startswith(b"/"):
            raise CrosstongueError(
                f"Nothing in the index is {paths.display(what)}: write a pattern as it reads from "
                "an indexed folder on, such as 'nn/**'."
            )
        if compile_patterns([os.fsdecode(given)]) is None:
            raise CrosstongueError(
                f"{paths.display(what)} is not a pattern: patterns are written as in a .gitignore "
                "file."
            )
        return given
    raise CrosstongueError(
        f"{paths.display(what)} is not in the index: name a document or a folder that is, or a "
        "pattern such as 'nn/**'."
    )


def _spec(what: bytes) -> GitIgnoreSpec | None:
    """Compile a pattern; None for a path, which is absolute."""
    if what.startswith(b"/"):
        return None
    from indexer.ignoring import compile_patterns  # its library loads where there are patterns

    return compile_patterns([os.fsdecode(what)])


def _checked(language: str) -> str:
    from langcodes import standardize_tag

    from indexer.language_tags import is_tag

    code = language.strip()
    if not is_tag(code):
        raise CrosstongueError(
            f"“{paths.display(code)}” is not a language code; use codes such as de, ja or zh-Hans."
        )
    return str(standardize_tag(code))
