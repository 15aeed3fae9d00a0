"""The index on disk: a folder in which SQLite holds the truth and FAISS is a view of it.

Opening, creating and what is asked of an index as a whole. Bringing it up to date is `syncing`,
its tables are `schema`, searching its vectors is `vectors`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer import database, jobs, paths, schema
from indexer.centres import Centres, read_centres
from indexer.encoders.protocol import Encoder, EncoderSpec, Vectors
from indexer.errors import (
    CrosstongueError,
    EncoderMismatchError,
    IndexNotFoundError,
    SourceError,
)
from indexer.paths import AnyPath
from indexer.progress import ProgressCallback
from indexer.status import IndexStatus, Source, sources_of, status_of
from indexer.vectors import VectorView, codes_of
from indexer.viewfile import CODES
from indexer.viewfile import FILE_NAME as VIEW_NAME

if TYPE_CHECKING:
    from sqlite_utils import Database

# SQLite takes at most 32,766 parameters in a statement.
_IDS_AT_ONCE = 10_000


class Index:
    """An open index. Several threads may use one; each gets a connection of its own.

    Make it with `Index.create` or `Index.open`; close it, or use it as a context manager.
    """

    def __init__(self, folder: Path, encoder: Encoder | None) -> None:
        self._folder = folder
        self._connections = database.Connections(folder / database.FILE_NAME)
        self._vectors = VectorView(folder / VIEW_NAME, self._connections.get)
        self._encoder = encoder
        self._centres: Centres | None = None

    @classmethod
    def create(cls, folder: AnyPath, *, encoder: Encoder) -> Index:
        """Make an index in a folder (mode 0700), or open the one that is there.

        :param folder: made if it does not exist.
        :param encoder: what its passages are embedded with.
        :return: the open index.
        :raises EncoderMismatchError: if an index made by another encoder is there.
        :raises CrosstongueError: if the folder cannot be made or written to.
        """
        place = _absolute(folder)
        file = place / database.FILE_NAME
        if not _has_index(file):
            _make_folder(place)
            database.migrate(file)
            _record_encoder(file, encoder)
        return cls.open(place, encoder=encoder)

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
        place = _absolute(folder)
        if not _has_index(place / database.FILE_NAME):
            raise IndexNotFoundError(
                f"There is no index in {paths.display(place)} yet: run `crosstongue index FOLDER` "
                "with a folder of documents to make one."
            )
        index = cls(place, encoder)
        try:
            if encoder is not None:
                _check_same(index.spec, encoder.spec)
        except CrosstongueError:
            index.close()
            raise
        return index

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection; a rebuild of the view under way is waited for."""
        self._vectors.close()
        self._connections.close()

    @property
    def folder(self) -> Path:
        """The index folder."""
        return self._folder

    @property
    def connection(self) -> sqlite3.Connection:
        """The calling thread's connection, for hot paths; rows are plain tuples."""
        return self._connections.get()

    @property
    def db(self) -> Database:
        """The calling thread's connection in sqlite-utils, whose import takes half a second."""
        from sqlite_utils import Database

        return Database(self.connection, execute_plugins=False)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing on the calling thread's connection."""
        with database.transaction(self.connection, self._folder) as connection:
            yield connection

    @property
    def spec(self) -> EncoderSpec:
        """The recorded spec of the encoder that made the vectors."""
        return database.read_spec(self.connection)

    @property
    def encoder(self) -> Encoder:
        """The encoder, loaded from the recorded spec when first used.

        :raises EncoderMismatchError: if what loads under that name is another encoder by now.
        """
        spec = self.spec
        if self._encoder is None or self._encoder.spec.fingerprint != spec.fingerprint:
            from indexer.encoders.catalog import load_recorded

            loaded = load_recorded(spec)
            _check_same(spec, loaded.spec)
            self._encoder = loaded
        return self._encoder

    @property
    def vectors(self) -> VectorView:
        """The view that answers nearest-neighbour searches."""
        return self._vectors

    def vectors_of(self, ids: NDArray[np.int64]) -> Vectors:
        """Return the stored vectors of passages, float32 [n, d]; zeros where an id is gone."""
        wanted = [int(id_) for id_ in ids]
        rows = np.zeros((len(wanted), self.spec.dimension), np.float32)
        places: dict[int, list[int]] = {}
        for place, id_ in enumerate(wanted):
            places.setdefault(id_, []).append(place)
        distinct = list(places)
        for first in range(0, len(distinct), _IDS_AT_ONCE):
            some = distinct[first : first + _IDS_AT_ONCE]
            found = self.connection.execute(
                "SELECT passages.id, vectors.vector FROM passages "
                "JOIN vectors ON vectors.key = passages.vector_key "
                f"WHERE passages.id IN ({','.join('?' * len(some))})",
                some,
            )
            for id_, vector in found:
                rows[places[id_]] = np.frombuffer(vector, "<f2")
        return rows

    def sources(self) -> tuple[Source, ...]:
        """Return the indexed folders, by path."""
        return sources_of(self)

    def status(self) -> IndexStatus:
        """Count the index."""
        return status_of(self)

    def forget(self, folder: AnyPath) -> int:
        """Remove a source and its documents, and nothing on disk outside the index.

        Documents that another source covers too stay, as that source's.

        :param folder: a source, as indexed.
        :return: how many documents were removed, failed ones not counted.
        :raises SourceError: if the folder is not a source.
        :raises IndexBusyError: if another process is writing.
        """
        from indexer.writing import forget_source

        root = paths.to_bytes(folder)
        known = [source.root for source in self.sources()]
        if root not in known:
            raise SourceError(_not_a_source(root, known))
        with jobs.writer_lock(self._folder, f"forgetting {paths.display(root)}"):
            with self.transaction() as connection:
                removed = forget_source(connection, root)
            self._vectors.settle(self._folder)
        return removed

    def set_watched(self, folder: AnyPath, on: bool) -> None:
        """Choose whether the page brings a source up to date when something in it changes.

        :param folder: a source, as indexed.
        :raises SourceError: if the folder is not a source.
        """
        root = paths.to_bytes(folder)
        with self.transaction() as connection:
            found = connection.execute("UPDATE sources SET watched = ? WHERE root = ?", [on, root])
        if not found.rowcount:
            raise SourceError(_not_a_source(root, [source.root for source in self.sources()]))

    def re_embed(self, encoder: Encoder, *, progress: ProgressCallback | None = None) -> bool:
        """Embed every passage again with another encoder, from the stored text.

        The new vectors are staged beside the old ones and swapped in one transaction, so a kill
        leaves the old index whole and the next call goes on where it stopped.

        :param encoder: the encoder the index has from then on.
        :return: whether it was finished; False if somebody asked the job to stop first.
        :raises IndexBusyError: if another process is writing.
        """
        from indexer.re_embedding import re_embed

        finished = re_embed(self, encoder, progress)
        if finished:
            self._encoder = encoder
        return finished

    @property
    def centres(self) -> Centres | None:
        """The centres that passages and queries are compared without, None where there are none."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = 'centres'").fetchone()
        version = int(row[0]) if row else 0
        if version and (self._centres is None or self._centres.version != version):
            self._centres = read_centres(self.connection, version)
        return self._centres if version else None

    def set_centring(self, on: bool) -> None:
        """Choose whether each language's centre is taken off vectors where they are compared.

        Centres are found anew; nothing is embedded again.

        :raises IndexBusyError: if another process is writing.
        """
        from indexer import centring, labelling

        with jobs.writer_lock(self._folder, "centring"):
            with self.transaction() as connection:
                database.write_meta(connection, centring="on" if on else "off")
            centring.refresh(self, anew=True)
            labelling.refresh(self)
            self._vectors.settle(self._folder)

    def set_codes(self, codes: str) -> None:
        """Choose how the view holds vectors: as stored ("float16"), or in "int8" or "binary" codes.

        With codes a search takes less memory and reads the vectors of what it finds from the
        tables. Nothing is embedded again.

        :raises CrosstongueError: if there are no such codes.
        :raises IndexBusyError: if another process is writing.
        """
        if codes not in CODES:
            raise CrosstongueError(
                f"There are no codes {codes!r}: vectors are held as {', '.join(CODES)}."
            )
        with jobs.writer_lock(self._folder, "choosing codes"):
            with self.transaction() as connection:
                if codes != codes_of(database.read_meta(connection)):
                    database.write_meta(connection, codes=codes)
                    database.bump_revision(connection)
            self._vectors.settle(self._folder)


def _absolute(folder: AnyPath) -> Path:
    return Path(os.fsdecode(folder)).expanduser().absolute()


def _has_index(file: Path) -> bool:
    """Whether a file is an index, brought to the current schema if it was older.

    :raises SchemaTooNewError: if it is newer.
    """
    try:
        if not file.is_file() or file.stat().st_size == 0:
            return False
    except PermissionError as error:
        raise _no_access(file.parent, error) from error
    with database.said_plainly(file.parent):
        connection = database.connect(file)
        try:
            version = database.checked_version(connection, file.parent)
            recorded = (
                version
                and connection.execute("SELECT 1 FROM meta WHERE key = 'encoder'").fetchone()
            )
        finally:
            connection.close()
    if recorded and version < schema.SCHEMA_VERSION:
        database.migrate(file)
    return bool(recorded)


def _make_folder(folder: Path) -> None:
    """Make the index folder, readable by its owner alone; one that exists keeps its mode."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / database.FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except FileExistsError as error:
        raise CrosstongueError(
            f"{paths.display(folder)} is a file, so no index can be kept in it: name a folder."
        ) from error
    except OSError as error:
        raise _no_access(folder, error) from error
    os.close(descriptor)


def _no_access(folder: Path, error: OSError) -> CrosstongueError:
    return CrosstongueError(
        f"The index folder {paths.display(folder)} cannot be used ({error.strerror}): check its "
        "permissions, or name another with --index."
    )


def _record_encoder(file: Path, encoder: Encoder) -> None:
    connection = database.connect(file)
    try:
        with database.transaction(connection, file.parent):
            if "encoder" not in database.read_meta(connection):
                database.write_meta(
                    connection, generation=database.new_generation(), revision=0, pruned_at=0
                )
                database.write_encoder(connection, encoder)
    finally:
        connection.close()


def _check_same(recorded: EncoderSpec, other: EncoderSpec) -> None:
    if recorded.fingerprint == other.fingerprint:
        return
    if recorded.name == other.name and recorded.revision == other.revision:
        raise EncoderMismatchError(
            f"This index was made by {recorded.name!r} with another pooling, layer or prompt (it "
            f"has {_choice(recorded)}, not {_choice(other)}): leave them out to search it, or run "
            "`crosstongue index --re-embed` with them to embed its passages again."
        )
    if recorded.name == other.name:
        raise EncoderMismatchError(
            f"The encoder {other.name!r} has changed since this index was made (fingerprint "
            f"{other.fingerprint} now, {recorded.fingerprint} then): run `crosstongue index "
            "--re-embed` to embed its passages again."
        )
    raise EncoderMismatchError(
        f"This index was made by the encoder {recorded.name!r}, not by {other.name!r}: open it "
        "with the encoder that made it, or run `crosstongue index --re-embed --encoder NAME` to "
        "embed it again."
    )


def _choice(spec: EncoderSpec) -> str:
    layer = "" if spec.layer is None else f" of layer {spec.layer}"
    prompts = f", prompts {spec.query_prompt!r} and {spec.document_prompt!r}"
    return f"{spec.pooling}{layer}{prompts if spec.query_prompt or spec.document_prompt else ''}"


def _not_a_source(root: bytes, known: list[bytes]) -> str:
    sentence = f"{paths.display(root)} is not an indexed folder"
    if not known:
        return f"{sentence}: the index has none."
    return f"{sentence}; these are: {', '.join(paths.display(source) for source in known)}."
