"""What a parsing library raises on a damaged file, as one short reason.

Each library fails in its own ways on content that is not what it expects (a key that is missing, a
number that is not one), so a reader wraps its use of the library here instead of listing them.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from indexer.errors import UnreadableFileError
from indexer.readers.base import Limits, check_zip

# Libraries raise OSError without a number for content they refuse, and a damaged offset makes the
# system refuse a seek.
_FAULTS_OF_CONTENT = (None, errno.EINVAL)


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
        if error.errno not in _FAULTS_OF_CONTENT:
            raise
        raise UnreadableFileError(f"the {name} is damaged") from error
    except Exception as error:
        raise UnreadableFileError(f"the {name} is damaged") from error


@contextmanager
def reading_archive(name: str, path: Path, limits: Limits) -> Iterator[BinaryIO]:
    """Open a zip-based document for a parsing library, after the archive has been checked.

    The library gets an open file and not the path, so that it is closed whatever the library does.

    :param name: the format as a person calls it.
    :param path: the file.
    :param limits: how much it may cost.
    :raises UnreadableFileError: if the archive or its content cannot be read.
    """
    with reading(name):
        check_zip(path, limits)
        with path.open("rb") as file:
            yield file
