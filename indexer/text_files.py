"""Files of text that a person names: what goes wrong in reading one is said in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from indexer.errors import CrosstongueError
from indexer.paths import AnyPath, display


class PackedError(Exception):
    """A packed file cannot be unpacked; the message is what its name is the subject of."""


@contextmanager
def reading(path: AnyPath, fault: type[CrosstongueError]) -> Iterator[None]:
    """Name a file that cannot be read, and say why.

    :param fault: what is raised instead of what its bytes or the system complain of.
    """
    try:
        yield
    except UnicodeDecodeError as error:
        raise fault(f"{display(path)} is not UTF-8; save it as UTF-8 text.") from error
    except OSError as error:
        raise fault(f"{display(path)} cannot be read ({error.strerror}).") from error
    except PackedError as error:
        raise fault(f"{display(path)} {error}") from error
