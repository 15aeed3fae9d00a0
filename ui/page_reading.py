"""A passage in its document: what stands before it and after it, as HTML.

Read from the index, not from the file: the passage and its neighbours are as they were found.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import QueryError
from indexer.index import Index
from indexer.language_tags import UNDETERMINED
from ui.language_names import language_name, tag_attribute
from ui.safe_text import attribute, name_html, path_html, text_html

# Passages before and after the one that is read.
NEIGHBOURS = 2

_PASSAGE = """
SELECT p.document, p.ordinal, d.path, d.title, d.language, d.language_given FROM passages AS p
JOIN documents AS d ON d.id = p.document WHERE p.id = ?
"""
_AROUND = """
SELECT ordinal, text, page, heading, language FROM passages
WHERE document = ? AND ordinal BETWEEN ? AND ? ORDER BY ordinal
"""
_LAST = "SELECT max(ordinal) FROM passages WHERE document = ?"


@dataclass(frozen=True, slots=True)
class Part:
    """A passage of a document.

    :param ordinal: its place in the document, from 0.
    :param text: all of it.
    :param page: where it begins, if the document has pages.
    :param heading: above it.
    :param language: a BCP-47 tag.
    """

    ordinal: int
    text: str
    page: int | None
    heading: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage with its neighbours.

    :param path: of the document.
    :param title: of the document, or its file's name.
    :param language: of the document.
    :param language_given: whether a person said so.
    :param ordinal: the passage that was asked for.
    :param last: the document's last passage.
    :param parts: in the document's order.
    """

    path: Path
    title: str
    language: str
    language_given: bool
    ordinal: int
    last: int
    parts: tuple[Part, ...]


def reading_of(index: Index, passage: int, neighbours: int = NEIGHBOURS) -> Reading:
    """Read a passage and those around it.

    :param passage: its id.
    :param neighbours: how many before it, and after it.
    :raises QueryError: if it has left the index.
    """
    found = index.connection.execute(_PASSAGE, [passage]).fetchone()
    if found is None:
        raise QueryError("That passage has left the index: search again.")
    document, ordinal, path, title, language, given = found
    rows = index.connection.execute(_AROUND, [document, ordinal - neighbours, ordinal + neighbours])
    parts = tuple(Part(*row[:4], row[4] or UNDETERMINED) for row in rows)
    [last] = index.connection.execute(_LAST, [document]).fetchone()
    place = Path(os.fsdecode(path))
    name = (title or "").strip() or place.name
    return Reading(place, name, language or UNDETERMINED, bool(given), ordinal, last, parts)


def reading_html(reading: Reading, roots: Sequence[Path] = ()) -> str:
    """Return the passage between its neighbours.

    :param roots: the indexed folders; a path below one is shown from that folder on.
    """
    inside = [root for root in roots if root in reading.path.parents]
    shown: Path = reading.path
    if inside:
        root = max(inside, key=lambda root: len(root.parts))
        shown = Path(root.name) / reading.path.relative_to(root)
    parts = "".join(_part(part, reading) for part in reading.parts)
    return (
        f'<article class="ct-card ct-reading"><header><h3 dir="auto" '
        f'lang="{tag_attribute(reading.language)}">{name_html(reading.title)}</h3>'
        f'<span class="ct-badge">{text_html(language_name(reading.language))}</span></header>'
        f'<p class="ct-where"><span title="{attribute(str(reading.path))}">{path_html(shown)}'
        "</span>"
        f'<span class="ct-place">passage {reading.ordinal + 1:,} of {reading.last + 1:,}</span></p>'
        f"{parts}</article>"
    )


def _part(part: Part, reading: Reading) -> str:
    place = f'<span class="ct-place">page {part.page}</span>' if part.page is not None else ""
    if part.heading:
        place += f'<span class="ct-place"><bdi dir="auto">{name_html(part.heading)}</bdi></span>'
    where = f'<p class="ct-where">{place}</p>' if place else ""
    kind = "ct-passage ct-here" if part.ordinal == reading.ordinal else "ct-passage"
    return (
        f'{where}<div class="{kind}" dir="auto" lang="{tag_attribute(part.language)}">'
        f"{text_html(part.text)}</div>"
    )
