"""What a parsing library raises on a damaged file, as one short reason.

Each library fails in its own ways on content that is not what it expects (a key that is missing, a
number that is not one), so a reader wraps its use of the library here instead of listing them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from indexer.errors import UnreadableFileError


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn whatever a parsing library raises into an `UnreadableFileError`.

    Errors of the machine (a missing file, no memory) pass through: the file is not at fault.

    :param name: the format as a person calls it, such as "Word document".
    :raises UnreadableFileError: if the content could not be parsed.
    """
    try:
        yield
    except (UnreadableFileError, MemoryError):
        raise
    except RecursionError as error:
        raise UnreadableFileError(f"the {name} is nested too deeply") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise UnreadableFileError(f"the {name} is damaged") from error
    except Exception as error:
        raise UnreadableFileError(f"the {name} is damaged ({type(error).__name__})") from error
