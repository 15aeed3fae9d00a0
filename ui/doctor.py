"""Checks of an installation and an index, each with what was found and what to do about it.

Every check runs, whatever the ones before it found; what they examine belongs to `indexer`.
"""

import platform
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.errors import CrosstongueError
from ui.failures import sentence
from ui.output import count
from ui.safe_text import shown_path
from ui.status_text import size

if TYPE_CHECKING:
    from indexer import Index

# Packages whose versions a report of a fault needs.
PACKAGES = ("crosstongue", "faiss-cpu", "numpy", "tokenizers", "streamlit", "sqlite-utils")
# Less free space than this, or than the index takes already, and a large folder may not fit.
LITTLE_SPACE = 500_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing examined.

    :param name: what was examined.
    :param ok: whether it works.
    :param finding: what was found.
    :param remedy: what to do, where it does not work.
    """

    name: str
    ok: bool
    finding: str
    remedy: str | None = None


def examine(folder: Path) -> list[Check]:
    """Examine the installation and the index in `folder`."""
    return [
        _guarded("versions", versions, "Install Crosstongue again."),
        _guarded("encoder", encoder, "Install Crosstongue again; its data is damaged."),
        _guarded("disk space", lambda: space(folder), "Free some space."),
        *index_checks(folder),
    ]


def versions() -> Check:
    """Say which versions run."""
    found = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"]
    found += [f"{package} {_version(package)}" for package in PACKAGES]
    return Check("versions", True, ", ".join(found))


def encoder() -> Check:
    """Load the encoder that ships and encode with it."""
    from indexer import load_encoder

    loaded = load_encoder()
    length = float((loaded.encode(["A word of test."], kind="query") ** 2).sum())
    finding = f"{loaded.spec.name} {loaded.spec.fingerprint}, {loaded.dimension} dimensions"
    if abs(length - 1) > 0.01:
        return Check("encoder", False, finding + ", gives no vector", "Install Crosstongue again.")
    return Check("encoder", True, finding)


def space(folder: Path) -> Check:
    """Compare the free space where the index is with what the index takes."""
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(place).free
    taken = sum(file.stat().st_size for file in folder.glob("*") if file.is_file())
    finding = f"{size(free)} free for {shown_path(folder)}"
    if free < max(LITTLE_SPACE, taken):
        return Check("disk space", False, finding, "Free some space before indexing more.")
    return Check("disk space", True, finding)


def index_checks(folder: Path) -> Iterator[Check]:
    """Examine the index: that it opens, its tables, its encoder, its files and its view."""
    from indexer import Index
    from indexer.errors import IndexNotFoundError

    try:
        opened = Index.open(folder)
    except IndexNotFoundError as error:
        yield Check("index", True, f"none yet in {shown_path(folder)}", str(error))
        return
    except (CrosstongueError, sqlite3.Error, OSError) as error:
        yield Check("index", False, sentence(error), _REMAKE)
        return
    with closing(opened):
        yield _guarded("index", lambda: tables(opened), _REMAKE)
        yield _guarded(
            "index's encoder", lambda: recorded_encoder(opened), "crosstongue index --re-embed"
        )
        yield _guarded("files", lambda: files(opened), _REMAKE)
        yield _guarded("view", lambda: view(opened), _REMAKE)


_REMAKE = "Remove the index folder and index your folders again; they are not touched by that."


def tables(index: "Index") -> Check:
    """Let SQLite check its file."""
    found = [row[0] for row in index.connection.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        return Check("index", False, f"damaged: {'; '.join(found)}", _REMAKE)
    broken = index.connection.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        return Check("index", False, f"{count(len(broken), 'row')} lead nowhere", _REMAKE)
    status = index.status()
    holds = f"{count(status.documents, 'document')}, {count(status.passages, 'passage')}"
    return Check("index", True, f"{holds}, {size(status.size_bytes)} in {shown_path(index.folder)}")


def recorded_encoder(index: "Index") -> Check:
    """Load the encoder the index was made with."""
    return Check("index's encoder", True, f"{index.encoder.spec.name} {index.spec.fingerprint}")


def files(index: "Index") -> Check:
    """Look for indexed folders that are gone and files that could not be read."""
    sources = index.sources()
    gone = [source.display for source in sources if not Path(source.display).is_dir()]
    failed = len(index.status().failed)
    finding = f"{count(len(sources), 'folder')}, {count(failed, 'file')} could not be read"
    if gone:
        shown = ", ".join(map(shown_path, gone))
        return Check(
            "files",
            False,
            f"{finding}; gone: {shown}",
            "Mount or restore the folder, or run `crosstongue forget FOLDER`.",
        )
    return Check("files", True, finding)


def view(index: "Index") -> Check:
    """Ask the view for every passage's nearest neighbour's id: all ids SQLite has, and no other."""
    import numpy as np

    in_tables = {row[0] for row in index.connection.execute("SELECT id FROM passages")}
    if not in_tables:
        return Check("view", True, "empty")
    query = np.zeros((1, index.spec.dimension), dtype=np.float32)
    query[0, 0] = 1
    ids, _ = index.vectors.search(query, len(in_tables) + 1)
    in_view = {int(id) for id in ids[0] if id >= 0}
    missing, extra = len(in_tables - in_view), len(in_view - in_tables)
    if missing or extra:
        return Check(
            "view",
            False,
            f"{missing:,} passages are not in vectors.faiss and {extra:,} are there too many",
            "Remove vectors.faiss from the index folder; it is made again from the tables.",
        )
    return Check("view", True, f"in step with the tables, {count(len(in_tables), 'passage')}")


def _guarded(name: str, examine_one: Callable[[], Check], remedy: str) -> Check:
    """Run a check; one that fails to run is a problem found."""
    try:
        return examine_one()
    except (CrosstongueError, sqlite3.Error, OSError, ValueError, RuntimeError) as error:
        return Check(name, False, sentence(error), remedy)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
