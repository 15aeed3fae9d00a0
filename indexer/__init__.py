"""Documents to passages to vectors to an index on disk.

The public names load when they are first used, so that importing this package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.encoders import Encoder, EncoderSpec, load_encoder
    from indexer.errors import CrosstongueError
    from indexer.index import Index
    from indexer.labelling import Label, set_labels
    from indexer.syncing import SyncReport, sync

_HOMES = {
    "CrosstongueError": "indexer.errors",
    "Encoder": "indexer.encoders",
    "EncoderSpec": "indexer.encoders",
    "Index": "indexer.index",
    "Label": "indexer.labelling",
    "SyncReport": "indexer.syncing",
    "load_encoder": "indexer.encoders",
    "set_labels": "indexer.labelling",
    "sync": "indexer.syncing",
}

__all__ = [
    "CrosstongueError",
    "Encoder",
    "EncoderSpec",
    "Index",
    "Label",
    "SyncReport",
    "load_encoder",
    "set_labels",
    "sync",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
