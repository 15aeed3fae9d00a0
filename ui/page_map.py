"""An index as points of a plane: which passages, where, in which colour.

Values in, values out; `map_component` draws them and `views/map.py` is the page.
"""

import base64
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from indexer.index import Index
from indexer.language_tags import UNDETERMINED
from search.projection import Points, Projection, principal_plane, without_group_means
from ui.language_names import language_name
from ui.page_index import folder_of
from ui.page_process import PageProcess
from ui.safe_text import shown_name, shown_path

Colouring = Literal["language", "folder", "label"]

# More are neither told apart by eye nor sent to a browser in a moment: they are sampled.
MOST_POINTS = 50_000
# Characters of a passage shown on hovering.
HOVER = 80
# Groups with a colour of their own; the rest share a grey. More colours are not told apart.
COLOURS = (
    *("#4477cc", "#d0672f", "#2a9d8f", "#b8527e", "#8a6fc9", "#a88a1c"),
    *("#5a9e3e", "#d05050", "#3a9bbf", "#a0714f", "#c770c0", "#7a8b2a"),
)
GREY = "#8b8f92"
# The same passages and the same order in every run.
_SEED = 7
_VECTORS, _POINTS = "vectors.npy", "points.npy"
_UNTOLD = "The passages could not be laid out by their neighbours; the terminal says why."

_ROWS = """
SELECT p.id, substr(p.text, 1, ?), p.language, d.id, d.title, d.path
FROM json_each(?) AS wanted
CROSS JOIN passages AS p ON p.id = wanted.value
CROSS JOIN documents AS d ON d.id = p.document
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """Passages of an index as points.

    :param ids: the passages, int64 [n], in an order that puts no group on top of the others.
    :param projection: where they are.
    :param texts: how each begins.
    :param languages: a BCP-47 tag each.
    :param documents: the place of each one's document in `titles`.
    :param titles: of the documents.
    :param paths: of the documents.
    :param labels: the clearest label of each document, "" where it has none.
    :param total: how many passages the index has.
    """

    ids: NDArray[np.int64]
    projection: Projection
    texts: tuple[str, ...]
    languages: tuple[str, ...]
    documents: tuple[int, ...]
    titles: tuple[str, ...]
    paths: tuple[Path, ...]
    labels: tuple[str, ...]
    total: int


def picture_of(
    index: Index, *, centred: bool, wanted: Sequence[int] = (), most: int = MOST_POINTS
) -> Picture:
    """Choose passages and project their stored vectors.

    :param centred: take each language's mean off its passages first.
    :param wanted: passages that must be among them.
    :param most: how many to choose at most, the wanted ones not counted.
    """
    ids, total = _chosen(index, wanted, most)
    found = {
        int(row[0]): row
        for row in index.connection.execute(_ROWS, [HOVER, json.dumps(ids.tolist())])
    }
    ids = np.array([id_ for id_ in ids.tolist() if id_ in found], np.int64)
    rows = [found[id_] for id_ in ids.tolist()]
    languages = tuple(row[2] or UNDETERMINED for row in rows)
    vectors = _vectors(index, ids, languages, centred)
    places: dict[int, int] = {}
    documents = tuple(places.setdefault(row[3], len(places)) for row in rows)
    first = {row[3]: row for row in rows}
    paths = tuple(Path(os.fsdecode(first[document][5])) for document in places)
    titles = tuple(
        shown_name((first[document][4] or "").strip()) or shown_path(path.name)
        for document, path in zip(places, paths, strict=True)
    )
    texts = tuple(shown_name(" ".join(row[1].split())) for row in rows)
    given = _first_labels(index)
    labels = tuple(given.get(document, "") for document in places)
    return Picture(
        *(ids, principal_plane(vectors), texts, languages, documents, titles, paths, labels, total)
    )


def vectors_of(index: Index, picture: Picture, *, centred: bool) -> Points:
    """Return the vectors that a picture shows, float32 [n, d]."""
    return _vectors(index, picture.ids, picture.languages, centred)


def _vectors(
    index: Index, ids: NDArray[np.int64], languages: Sequence[str], centred: bool
) -> Points:
    vectors = index.vectors_of(ids)
    return without_group_means(vectors, languages) if centred and len(ids) else vectors


class LayoutRun(PageProcess):
    """Passages being laid out by their neighbours.

    :param vectors: float32 [n, d].
    """

    def __init__(self, vectors: Points) -> None:
        def prepare(place: Path) -> list[str]:
            np.save(place / _VECTORS, vectors)
            return [str(place / _VECTORS), str(place / _POINTS)]

        super().__init__("search.neighbourhoods", prepare, untold=_UNTOLD)

    @property
    def points(self) -> Points:
        """The points, float32 [n, 2], once it is done."""
        found: Points = np.load(self.place / _POINTS)
        return found


def payload(
    picture: Picture, colouring: Colouring, roots: Sequence[Path], hits: Sequence[int]
) -> dict[str, Any]:
    """Return what the browser draws: numbers packed, texts already harmless.

    :param roots: the indexed folders.
    :param hits: passages to mark, best first.
    """
    if colouring == "language":
        keys = picture.languages
        name: Callable[[str], str] = language_name
    elif colouring == "label":
        keys = tuple(picture.labels[document] for document in picture.documents)
        name = _label_name
    else:
        folders = [folder_of(path, roots) for path in picture.paths]
        keys = tuple(folders[document] for document in picture.documents)
        name = str
    counts = Counter(keys).most_common()
    groups = [
        {"name": name(key), "count": count, "colour": colour}
        for (key, count), colour in zip(counts, COLOURS, strict=False)
    ]
    rest = counts[len(COLOURS) :]
    if rest:
        what = f"{colouring}s"
        count = sum(count for _, count in rest)
        groups.append({"name": f"{len(rest)} other {what}", "count": count, "colour": GREY})
    place_of = {key: min(place, len(COLOURS)) for place, (key, _) in enumerate(counts)}
    where = {id_: place for place, id_ in enumerate(picture.ids.tolist())}
    return {
        "points": _packed(_fitted(picture.projection.points).astype("<f4")),
        "group": _packed(np.array([place_of[key] for key in keys], "u1")),
        "document": _packed(np.array(picture.documents, "<u4")),
        "texts": base64.b64encode("\n".join(picture.texts).encode()).decode(),
        "titles": list(picture.titles),
        "names": [language_name(tag) for tag in sorted(set(picture.languages))],
        "language": _packed(_numbered(picture.languages)),
        "ids": picture.ids.tolist(),
        "groups": groups,
        "hits": [where[id_] for id_ in hits if id_ in where],
    }


def _label_name(label: str) -> str:
    return shown_name(label) if label else "No label"


def _first_labels(index: Index) -> dict[int, str]:
    """Return the clearest label of each document that has one."""
    found = index.connection.execute(
        "SELECT document, name, max(excess) FROM document_labels "
        "JOIN labels ON labels.id = label GROUP BY document"
    )
    return {document: name for document, name, _ in found}


def _chosen(index: Index, wanted: Sequence[int], most: int) -> tuple[NDArray[np.int64], int]:
    """Return the passages to show, in random order, and how many there are in all."""
    everything = np.array(
        [row[0] for row in index.connection.execute("SELECT id FROM passages")], np.int64
    )
    order = np.random.default_rng(_SEED).permutation(everything)
    chosen = order[:most]
    missing = [id_ for id_ in wanted if id_ not in set(chosen.tolist())]
    return np.concatenate([chosen, np.array(missing, np.int64)]), len(everything)


def _fitted(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale points into the square from -1 to 1, the same both ways."""
    if not len(points):
        return points
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    scaled: NDArray[np.float32] = (points - (low + high) / 2) * (2 / extent if extent > 0 else 1)
    return scaled


def _numbered(values: Sequence[str]) -> NDArray[np.uint16]:
    places = {value: place for place, value in enumerate(sorted(set(values)))}
    return np.array([places[value] for value in values], "<u2")


def _packed(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
