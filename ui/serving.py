"""Files given out: those inside the indexed folders and no other, whatever they are named by."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from indexer import paths
from indexer.errors import CrosstongueError

# A download is held in memory until it is sent.
LARGEST = 300_000_000


class NotServedError(CrosstongueError):
    """A file that is not given out."""


def checked_file(path: Path, roots: Sequence[Path]) -> Path:
    """Return where a file really is.

    :param path: as the index has it.
    :param roots: the indexed folders.
    :raises NotServedError: if it is gone, too large, or lies outside the folders, as a link may.
    """
    shown = paths.display(path)
    try:
        real = path.resolve(strict=True)
        about = real.stat()
    except (OSError, RuntimeError) as error:
        raise NotServedError(
            f"{shown} is not there any more: update its folder on the Library page."
        ) from error
    if not any(real.is_relative_to(root.resolve()) for root in roots):
        raise NotServedError(f"{shown} leads out of the indexed folders, so it is not given out.")
    if not stat.S_ISREG(about.st_mode):
        raise NotServedError(f"{shown} is no file any more, so it is not given out.")
    if about.st_size > LARGEST:
        raise NotServedError(
            f"{shown} is larger than {LARGEST // 1_000_000:,} MB: open it where it is."
        )
    return real


def read_file(path: Path, roots: Sequence[Path]) -> bytes:
    """Return what is in a file.

    :raises NotServedError: as `checked_file`, or if it became a link meanwhile.
    """
    real = checked_file(path, roots)
    try:
        descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise NotServedError(f"{paths.display(path)} cannot be read ({error.strerror}).") from error
