"""What went wrong, in one sentence and an exit status.

The one place where an exception becomes what a person reads. A sentence says what was wrong and
what to do; a traceback is shown to whoever asks for one and to nobody else.
"""

import errno
import os
import sqlite3

from indexer.errors import CrosstongueError
from indexer.paths import display
from ui.output import safe

DONE, USER_ERROR = 0, 1
# As a shell reports a program ended by Ctrl-C.
INTERRUPTED = 130
# Set to anything, an unexpected error shows its traceback.
DEBUG_VARIABLE = "CROSSTONGUE_DEBUG"

_FULL_DISK = "The disk is full; free some space and run the same command again."
_FULL_DISK_NUMBERS = (errno.ENOSPC, errno.EDQUOT)


def sentence(error: BaseException) -> str:
    """Say in one line what went wrong and what to do."""
    if isinstance(error, CrosstongueError):
        return safe(str(error))
    if isinstance(error, sqlite3.Error):
        return safe(_database(error))
    if isinstance(error, MemoryError):
        return "There is not enough memory; close other programs and run the same command again."
    if isinstance(error, OSError):
        return safe(_system(error))
    return safe(
        f"Something unexpected went wrong ({type(error).__name__}: {error}); "
        f"with {DEBUG_VARIABLE}=1 the same command shows where."
    )


def _database(error: sqlite3.Error) -> str:
    message = str(error)
    if "disk is full" in message:
        return _FULL_DISK
    if "readonly" in message or "unable to open" in message:
        return f"The index cannot be written ({message}); check who owns its folder."
    if "locked" in message:
        return "Another process is writing to the index; try again when it has ended."
    return f"The index is damaged ({message}); `crosstongue doctor` tells how to mend it."


def _system(error: OSError) -> str:
    if error.errno in _FULL_DISK_NUMBERS:
        return _FULL_DISK
    reason = error.strerror or str(error) or type(error).__name__
    if error.filename is None:
        return f"The system refused: {reason}."
    name = error.filename if isinstance(error.filename, str | bytes) else os.fspath(error.filename)
    return f"{display(name)}: {reason}."
