"""The index on disk: a folder in which SQLite holds the truth and FAISS is a view of it.

Opening, creating and what is asked of an index as a whole. Bringing it up to date is `syncing`,
its tables are `schema`, searching its vectors is `vectors`.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Encoder, EncoderSpec, Vectors
from indexer.paths import AnyPath
from indexer.progress import ProgressCallback
from indexer.status import IndexStatus, Source

if TYPE_CHECKING:
    from sqlite_utils import Database

    from indexer.vectors import VectorView


class Index:
    """An open index. Several threads may use one; each gets a connection of its own.

    Make it with `Index.create` or `Index.open`; close it, or use it as a context manager.
    """

    @classmethod
    def create(cls, folder: AnyPath, *, encoder: Encoder) -> Index:
        """Make an index in a folder (mode 0700), or open the one that is there.

        :param folder: made if it does not exist.
        :param encoder: what its passages are embedded with.
        :return: the open index.
        :raises EncoderMismatchError: if an index made by another encoder is there.
        """
        raise NotImplementedError

    @classmethod
    def open(cls, folder: AnyPath, *, encoder: Encoder | None = None) -> Index:
        """Open the index in a folder.

        :param folder: the index folder.
        :param encoder: an encoder already loaded; without it the recorded one loads when used.
        :return: the open index.
        :raises IndexNotFoundError: if there is none.
        :raises SchemaTooNewError: if a newer Crosstongue wrote it.
        :raises EncoderMismatchError: if `encoder` is not the one that made it.
        """
        raise NotImplementedError

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; a rebuild of the view under way is waited for."""
        raise NotImplementedError

    @property
    def folder(self) -> Path:
        """The index folder."""
        raise NotImplementedError

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, for hot paths; rows are plain tuples."""
        raise NotImplementedError

    @property
    def db(self) -> Database:
        """This thread's connection as sqlite-utils has it (importing that takes half a second)."""
        raise NotImplementedError

    @property
    def spec(self) -> EncoderSpec:
        """The recorded spec of the encoder that made the vectors."""
        raise NotImplementedError

    @property
    def encoder(self) -> Encoder:
        """The encoder, loaded from the recorded spec when first used.

        :raises EncoderMismatchError: if what loads under that name is another encoder by now.
        """
        raise NotImplementedError

    @property
    def vectors(self) -> VectorView:
        """The view that answers nearest-neighbour searches."""
        raise NotImplementedError

    def vectors_of(self, ids: NDArray[np.int64]) -> Vectors:
        """Return the stored vectors of passages, float32 [n, d]; zeros where an id is gone."""
        raise NotImplementedError

    def sources(self) -> tuple[Source, ...]:
        """Return the indexed folders, by path."""
        raise NotImplementedError

    def status(self) -> IndexStatus:
        """Count the index."""
        raise NotImplementedError

    def forget(self, folder: AnyPath) -> int:
        """Remove a source and its documents, and nothing on disk outside the index.

        :param folder: a source, as indexed.
        :return: how many documents were removed.
        :raises SourceError: if the folder is not a source.
        :raises IndexBusyError: if another process is writing.
        """
        raise NotImplementedError

    def re_embed(self, encoder: Encoder, *, progress: ProgressCallback | None = None) -> None:
        """Embed every passage again with another encoder, from the stored text.

        The new vectors are staged beside the old ones and swapped in one transaction, so a kill
        leaves the old index whole and the next call goes on where it stopped.

        :param encoder: the encoder the index has from then on.
        :raises IndexBusyError: if another process is writing.
        """
        raise NotImplementedError
