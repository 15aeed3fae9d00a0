"""Where the data that ships with the project is: one function, in a checkout and installed."""

from pathlib import Path


def data_folder() -> Path:
    """Return the folder that holds `embedded/` and `samples/`.

    In an installation the build puts it inside this package; in a checkout it is the top-level
    `data/`.

    :raises FileNotFoundError: if neither exists, which means a damaged installation.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "data", package.parent / "data"):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"The data that ships with Crosstongue is missing beside {package}.")
