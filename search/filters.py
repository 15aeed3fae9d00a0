"""Which passages a search may return: by language, script, folder, type, date, label and entity.

What is asked of documents is plain SQL; which passages are theirs, and in what language, stands in
the `columns` in memory. It ends as the array of passage ids that the search is confined to. A
filter that matches nothing is no error; one that means nothing is.
"""

import json
import os
import sqlite3
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer import paths
from indexer.errors import QueryError
from indexer.labelling import fold
from indexer.language_tags import UNDETERMINED
from indexer.neighbours import among
from search import dates
from search.columns import Columns, Ids, numbers

_INT64 = np.iinfo(np.int64)
_LISTED = 20  # labels named where one is not known


@dataclass(frozen=True, slots=True)
class Filters:
    """What a person asked for, checked; an empty field lets everything through.

    :param languages: BCP-47 codes, any of which may match.
    :param scripts: ISO 15924 codes, in any of which the language may be written.
    :param folders: absolute folders or files, as the index spells them, any of which may match.
    :param parts: names in a path that follow one another, such as `reports/2024` and, with a `/` at
        its end, of folders alone; any of them may match, in the spellings of Unicode.
    :param types: extensions, media types or their second halves, in lower case.
    :param after: the file changed at this time or later, in nanoseconds since the epoch.
    :param before: the file changed before this time.
    :param labels: labels of the index, any of which the document may have.
    :param entities: names that a head found, any of which the document may hold.
    """

    languages: tuple[str, ...] = ()
    folders: tuple[bytes, ...] = ()
    types: tuple[str, ...] = ()
    after: int | None = None
    before: int | None = None
    scripts: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()

    @classmethod
    def asked(
        cls,
        languages: Iterable[str] | str | None = None,
        folders: Iterable[str | Path] | str | Path | None = None,
        types: Iterable[str] | str | None = None,
        after: str | date | None = None,
        before: str | date | None = None,
        scripts: Iterable[str] | str | None = None,
        parts: Iterable[str] = (),
        labels: Iterable[str] | str | None = None,
        entities: Iterable[str] | str | None = None,
    ) -> "Filters":
        """Check filters as people write them.

        :raises QueryError: if a language, a script, a folder or a date cannot be one.
        """
        folders = [folders] if isinstance(folders, str | Path) else folders
        return cls(
            languages=_codes(languages),
            folders=tuple(map(path_bytes, folders or ())),
            types=tuple(name.lower().lstrip("*") for name in _words(types)),
            after=None if after is None else dates.nanoseconds(after, "after"),
            before=None if before is None else dates.nanoseconds(before, "before"),
            scripts=_scripts(scripts),
            parts=tuple(parts),
            labels=_names(labels),
            entities=_names(entities),
        )

    @property
    def confines_documents(self) -> bool:
        """Whether anything but the language and its script is asked for."""
        named = self.folders or self.types or self.parts or self.labels or self.entities
        return bool(named) or (self.after, self.before) != (None, None)


def check_names(connection: sqlite3.Connection, filters: Filters) -> None:
    """See that an index has the labels and the entities that are asked for.

    :raises QueryError: if it has none of a name.
    """
    _named(connection, "labels", filters.labels)
    _named(connection, "entities", filters.entities)


def allowed_ids(
    connection: sqlite3.Connection,
    columns: Columns,
    wanted: Iterable[Filters],
    unwanted: Iterable[Filters] = (),
) -> Ids | None:
    """Return the ids of the passages that pass, ascending; None where all do.

    :param columns: of the passages there are.
    :param wanted: every one of them must let a passage through.
    :param unwanted: none of them may.
    """
    passing = [_passing(connection, columns, filters) for filters in wanted]
    failing = [_passing(connection, columns, filters) for filters in unwanted]
    masks = [mask for mask in passing if mask is not None]
    masks += [~mask for mask in failing if mask is not None]
    return columns.ids[np.logical_and.reduce(masks)] if masks else None


def _passing(
    connection: sqlite3.Connection, columns: Columns, filters: Filters
) -> NDArray[np.bool_] | None:
    """Return which passages pass: bool [passages]; None where nothing is asked."""
    masks = []
    if filters.languages or filters.scripts:
        passes = _covered_by(filters)
        codes = [passes(code or UNDETERMINED) for code in columns.codes]
        masks.append(np.array(codes, np.bool_)[columns.counts_as])
    if filters.confines_documents:
        labels = _named(connection, "labels", filters.labels)
        entities = _named(connection, "entities", filters.entities)
        where, values = _documents_where(filters, labels, entities)
        documents = _ids(connection, f"SELECT id FROM documents WHERE {where}", values)
        masks.append(columns.among_documents(documents))
    return np.logical_and.reduce(masks) if masks else None


def all_but(columns: Columns, unwanted: Ids, allowed: Ids | None) -> Ids | None:
    """Return the allowed ids without the unwanted ones, ascending; None where all pass."""
    if not len(unwanted):
        return allowed
    if allowed is None:
        allowed = columns.ids
    return allowed[~among(allowed, unwanted)]


def path_bytes(path: str | Path) -> bytes:
    """Return a folder or a file as the index spells it.

    :raises QueryError: if no file can have that name.
    """
    try:
        return paths.to_bytes(path)
    except ValueError:  # a zero character, or text no file name can hold
        raise QueryError(f"No file can be called “{_shown(path)}”.") from None


def _shown(path: str | Path) -> str:
    return str(path).encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _words(given: Iterable[str] | str | None) -> list[str]:
    """Split `de,ja` and ["de", "ja"] alike; blanks fall away."""
    given = [given] if isinstance(given, str) else given or ()
    return [word.strip() for item in given for word in item.split(",") if word.strip()]


def _codes(given: Iterable[str] | str | None) -> tuple[str, ...]:
    words = _words(given)
    if not words:
        return ()
    from search.languages import checked  # the language tables load only for this filter

    return tuple(map(checked, words))


def _scripts(given: Iterable[str] | str | None) -> tuple[str, ...]:
    words = _words(given)
    if not words:
        return ()
    from search.languages import checked_script

    return tuple(map(checked_script, words))


def _covered_by(filters: Filters) -> Callable[[str], bool]:
    """Return what tells whether a language passes."""
    from search.languages import covers, written_in

    def passes(language: str) -> bool:
        return (
            not filters.languages or any(covers(asked, language) for asked in filters.languages)
        ) and (
            not filters.scripts or any(written_in(script, language) for script in filters.scripts)
        )

    return passes


def _names(given: Iterable[str] | str | None) -> tuple[str, ...]:
    return tuple(name for name in ([given] if isinstance(given, str) else given or ()) if name)


def _named(connection: sqlite3.Connection, table: str, named: Iterable[str]) -> list[int]:
    """Return the labels or entities that a filter names, each whole or several between commas.

    :param table: "labels" or "entities", in which several kinds may have one name.
    :raises QueryError: if the index has none of that name.
    """

    def of(name: str) -> list[int]:
        rows = connection.execute(f"SELECT id FROM {table} WHERE folded = ?", [fold(name)])
        return [row[0] for row in rows]

    found = []
    for name in named:
        if whole := of(name):
            found += whole
            continue
        for one in _words(name):
            ids = of(one)
            if not ids:
                raise QueryError(_unknown(connection, table, one))
            found += ids
    return found


def _unknown(connection: sqlite3.Connection, table: str, name: str) -> str:
    shown = _shown(name)
    if table == "entities":
        if connection.execute("SELECT 1 FROM heads WHERE task = 'tokens'").fetchone():
            return f"The name “{shown}” was found in no document."
        return (
            f"No document is known to name “{shown}”, because no names were looked for yet: "
            "`crosstongue label --head FOLDER` lets a head for tokens find them."
        )
    names = [row[0] for row in connection.execute("SELECT name FROM labels ORDER BY folded")]
    if not names:
        return (
            f"No document has the label “{shown}”, because this index has no labels yet: "
            "`crosstongue label --labels FILE` gives it some."
        )
    listed = ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
    return f"There is no label “{shown}”; this index has {listed}."


def _documents_where(
    filters: Filters, labels: list[int], entities: list[int]
) -> tuple[str, list[object]]:
    """Return the SQL condition on `documents` and its values.

    :param labels: those that `filters.labels` names.
    :param entities: those that `filters.entities` names.
    """
    clauses: list[str] = []
    values: list[object] = []
    if filters.folders:
        parts = []
        for folder in filters.folders:
            parts.append("path = ? OR (path >= ? AND path < ?)")
            values += [folder, *paths.below(folder)]
        clauses.append(" OR ".join(parts))
    if filters.parts:
        sql, bound = _parts_where(filters.parts)
        clauses.append(sql)
        values += bound
    if filters.types:
        found = [_type_where(name) for name in filters.types]
        clauses.append(" OR ".join(sql for sql, _ in found))
        values += [value for _, bound in found for value in bound]
    if filters.labels:
        clauses.append(
            "id IN (SELECT document FROM document_labels "
            "WHERE label IN (SELECT value FROM json_each(?)))"
        )
        values.append(json.dumps(labels))
    if filters.entities:
        clauses.append(
            "id IN (SELECT document FROM passage_entities JOIN passages ON passages.id = passage "
            "WHERE entity IN (SELECT value FROM json_each(?)))"
        )
        values.append(json.dumps(entities))
    for operator, moment in ((">=", filters.after), ("<", filters.before)):
        if moment is not None:
            clauses.append(f"mtime {operator} ?")
            values.append(min(max(moment, int(_INT64.min)), int(_INT64.max)))
    return " AND ".join(f"({clause})" for clause in clauses), values


def _parts_where(names: Iterable[str]) -> tuple[str, list[object]]:
    """`instr` and `substr` of blobs go by bytes."""
    parts, values = [], list[object]()
    for spelling in _spellings(names):
        middle = b"/" + spelling.rstrip(b"/") + b"/"
        parts.append("instr(path, ?) > 0")
        values.append(middle)
        if not spelling.endswith(b"/"):
            parts.append("substr(path, ?) = ?")
            values += [1 - len(middle), middle[:-1]]
    return " OR ".join(parts), values


def _spellings(parts: Iterable[str]) -> set[bytes]:
    """Return names as file systems may spell them: some take é apart."""
    return {
        os.fsencode(spelling)
        for part in parts
        for spelling in (
            part,
            unicodedata.normalize("NFC", part),
            unicodedata.normalize("NFD", part),
        )
    }


def _type_where(name: str) -> tuple[str, list[object]]:
    """`text/html` is a media type, `text/*` a family; `pdf` an extension or a media type's end."""
    if "/" in name:
        kind, _, subtype = name.partition("/")
        if subtype in ("", "*"):
            return "substr(media_type, 1, ?) = ?", [len(kind) + 1, kind + "/"]
        return "media_type = ?", [name]
    bare = name.lstrip(".")
    clauses, values = [], list[object]()
    if not name.startswith("."):
        clauses.append("substr(media_type, instr(media_type, '/') + 1) IN (?, ?)")
        values += [bare, "x-" + bare]
    for suffix in (f".{bare}", f".{bare}.gz"):  # what a compressed file holds is its type
        encoded = os.fsencode(suffix)
        clauses.append("lower(CAST(substr(path, ?) AS TEXT)) = ?")
        values += [-len(encoded), suffix]
    return " OR ".join(clauses), values


def _ids(connection: sqlite3.Connection, sql: str, values: list[object]) -> Ids:
    return numbers(
        connection.execute(f"SELECT group_concat(id) FROM ({sql})", values).fetchone()[0]
    )
