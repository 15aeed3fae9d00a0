"""Where the indexes live when nobody says otherwise.

The command line and the page must agree on this, so both ask here. Only standard folders and one
environment variable are known; what is inside an index folder is `indexer`'s business.
"""

import os
from pathlib import Path

APPLICATION = "crosstongue"
# Read by every verb through `--index`, and by the page, which has no command line of its own.
INDEX_VARIABLE = "CROSSTONGUE_INDEX"
# What those who reach the page from elsewhere are asked for.
PASSWORD_VARIABLE = "CROSSTONGUE_PASSWORD"
# Indexed text is as private as the documents it came from.
PRIVATE = 0o700


def user_data_folder() -> Path:
    """Return the platform's folder for this user's data; it need not exist."""
    from platformdirs import user_data_path

    return user_data_path(APPLICATION, appauthor=False)


def index_folder(named: Path | None = None) -> Path:
    """Return the index folder to use, absolute.

    :param named: the folder a person named (`--index`), which wins over the environment, which
        wins over the default one.
    """
    if named is None and os.environ.get(INDEX_VARIABLE):
        named = Path(os.environ[INDEX_VARIABLE])
    chosen = named if named is not None else user_data_folder() / "index"
    return Path(os.path.abspath(chosen.expanduser()))  # noqa: PTH100 (keeps symlinks, unlike resolve)


def demo_index_folder() -> Path:
    """Return the folder of the index that `crosstongue demo` keeps of the samples."""
    return user_data_folder() / "demo"


def evaluation_folder() -> Path:
    """Return the folder in this user's cache where evaluations keep vectors."""
    from platformdirs import user_cache_path

    return user_cache_path(APPLICATION, appauthor=False) / "evaluation"


def make_private(folder: Path) -> None:
    """Create `folder` and the missing folders above it; new ones are open to their owner alone.

    :raises OSError: if a folder cannot be created.
    """
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir(mode=PRIVATE, exist_ok=True)
