"""The open index and what the page knows of it, kept between reruns.

A Streamlit script runs again at every key press that matters; opening an index, loading its
encoder and counting its rows happen once. Nothing here draws.
"""

import logging
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import streamlit as st

from indexer.database import FILE_NAME
from indexer.errors import IndexNotFoundError
from indexer.index import Index
from indexer.status import IndexStatus
from search import Searcher
from ui.locations import index_folder
from ui.safe_text import shown_path

# An index made again in the same folder is another index; the one before it stays open a while for
# the windows that still ask it.
KEPT_OPEN = 2
# The name of the threads that load what a first search needs.
WARMING = "warm-up"

_LOG = logging.getLogger(__name__)

Stamp = tuple[int, ...]

_TYPES = """
SELECT media_type, count(*) FROM documents
WHERE state = 'indexed' AND media_type IS NOT NULL GROUP BY media_type ORDER BY 2 DESC, 1
"""
_PATHS = "SELECT path FROM documents WHERE state = 'indexed'"
# The first folder below a source, straight from the paths' bytes; files that lie in the source
# itself give an empty name.
_SUBFOLDERS = """
SELECT DISTINCT substr(path, :start, instr(substr(path, :start), x'2f') - 1) FROM documents
WHERE state = 'indexed' AND path > :first AND path < :last
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page shows of an index as a whole.

    :param status: the index, counted.
    :param types: media types by falling number of documents.
    :param folders: every source that holds documents and the folders directly below it.
    """

    status: IndexStatus
    types: tuple[tuple[str, int], ...]
    folders: tuple[Path, ...]

    @property
    def roots(self) -> tuple[Path, ...]:
        """The indexed folders."""
        return tuple(Path(os.fsdecode(source.root)) for source in self.status.sources)


def index_here() -> Index | None:
    """Return the page's index, or None as long as nothing has been indexed.

    :raises CrosstongueError: if it cannot be opened.
    """
    database = index_folder() / FILE_NAME
    try:
        made = database.stat()
    except FileNotFoundError:
        return None
    try:
        return _opened(str(database.parent), (made.st_dev, made.st_ino))
    except IndexNotFoundError:  # a job is making it at this moment
        return None


def has_documents(index: Index) -> bool:
    """Whether there is anything to find."""
    found = index.connection.execute("SELECT 1 FROM documents WHERE state = 'indexed' LIMIT 1")
    return found.fetchone() is not None


def searcher_of(index: Index) -> Searcher:
    """Return the index's searcher, ready to answer."""
    searcher, ready = _searcher(index, id(index))
    ready.wait()
    return searcher


def prepare_to_search(index: Index) -> None:
    """Begin to load what a search needs while the person still types."""
    _searcher(index, id(index))


def meet_words(index: Index) -> None:
    """Begin to meet the index's words, so that later searches find them cut.

    For a page that is drawn: a search would wait a second for the tokenizer that this loads.
    """
    _meeting(index, id(index))


def facts_of(index: Index) -> Facts:
    """Return the counts of an index; they are counted again only after something was written."""
    return _facts(index, id(index), written(index.folder))


def folder_counts(index: Index, facts: Facts) -> tuple[tuple[str, int], ...]:
    """Return how many documents each folder holds, as `folder_of` names it."""
    return _folder_counts(index, id(index), written(index.folder), facts.roots)


def folder_of(path: Path, roots: Sequence[Path]) -> str:
    """Return the folder below its source that a file is in, or the source."""
    inside = [root for root in roots if root in path.parents]
    if not inside:
        return shown_path(path.parent)
    root = max(inside, key=lambda root: len(root.parts))
    parts = path.relative_to(root).parts[:-1]
    return shown_path("/".join((root.name, *parts[:1])))


# Not closed when the cache lets go of it: another thread may be in the middle of a search, and
# closing a connection under it ends the process. It closes with the last thread that holds it.
@st.cache_resource(show_spinner=False, max_entries=KEPT_OPEN)
def _opened(folder: str, _made: Stamp) -> Index:
    return Index.open(folder)


@st.cache_resource(show_spinner=False, max_entries=KEPT_OPEN)
def _searcher(_index: Index, identity: int) -> tuple[Searcher, Event]:
    searcher, ready = Searcher(_index), Event()

    def warm() -> None:
        try:
            searcher.search("warm up", limit=1, explain=True)
        finally:
            ready.set()

    _beside(warm)
    return searcher, ready


@st.cache_resource(show_spinner=False, max_entries=KEPT_OPEN)
def _meeting(_index: Index, identity: int) -> None:
    searcher, ready = _searcher(_index, identity)

    def meet() -> None:
        ready.wait()
        searcher.meet_words()

    _beside(meet)


def _beside(load: Callable[[], None]) -> None:
    """Load something that a search would otherwise wait for, on a thread of its own."""

    def run() -> None:
        try:
            load()
        except Exception:
            # The search a person asks for meets the same fault, and the page puts it into words.
            _LOG.info("The index could not be warmed up", exc_info=True)

    Thread(target=run, name=WARMING, daemon=True).start()


@st.cache_resource(show_spinner=False, max_entries=KEPT_OPEN)
def _facts(_index: Index, identity: int, written: Stamp) -> Facts:
    status = _index.status()
    types = tuple((str(name), int(count)) for name, count in _index.connection.execute(_TYPES))
    folders = tuple(folder for source in status.sources for folder in _folders(_index, source.root))
    return Facts(status, types, folders)


@st.cache_resource(show_spinner=False, max_entries=KEPT_OPEN)
def _folder_counts(
    _index: Index, identity: int, written: Stamp, roots: tuple[Path, ...]
) -> tuple[tuple[str, int], ...]:
    # Files are many and folders few.
    inside = Counter(os.path.split(row[0])[0] for row in _index.connection.execute(_PATHS))
    counts: Counter[str] = Counter()
    for folder, documents in inside.items():
        counts[folder_of(Path(os.fsdecode(folder)) / "file", roots)] += documents
    return tuple(counts.items())


def _folders(index: Index, root: bytes) -> list[Path]:
    inside = root.rstrip(b"/") + b"/"
    values = {"start": len(inside) + 1, "first": inside, "last": inside[:-1] + b"0"}
    names = sorted(bytes(name) for (name,) in index.connection.execute(_SUBFOLDERS, values) if name)
    return [Path(os.fsdecode(root)), *(Path(os.fsdecode(inside + name)) for name in names)]


def written(folder: Path) -> Stamp:
    """Return what changes with every write: the sizes and times of the database and its log."""
    stamp: list[int] = []
    for name in (FILE_NAME, f"{FILE_NAME}-wal"):
        try:
            found = (folder / name).stat()
        except FileNotFoundError:
            continue
        stamp += (found.st_size, found.st_mtime_ns)
    return tuple(stamp)
