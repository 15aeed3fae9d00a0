"""The view's base on disk: a FAISS index, its ids and a stamp in one file, whole or not at all.

The file begins with what `faiss.write_index` writes, so `faiss.read_index` opens it; ids, stamp and
checksum follow. When to build one and how to search it is `vectors`.
"""

from __future__ import annotations

import json
import os
import struct
import threading
import time
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

FILE_NAME = "vectors.faiss"

# How a base holds its rows: as they are stored, in a byte a number, or in a bit and some bytes a
# row for its length and scale (RaBitQ, Gao and Long, 2024).
EXACT, INT8, BINARY = CODES = ("float16", "int8", "binary")
# Bits that a query's numbers are cut to where rows have one; with 8 recall is the same.
_QUERY_BITS = 4

_MAGIC = b"XTVIEW01"
# Lengths of the ids and of the stamp, CRC-32 of everything before it, magic.
_TRAILER = struct.Struct("<QQI8s")

_CACHE_LINE = 64

# A rebuild takes seconds; a temporary file this old was left by a kill.
_ABANDONED_SECONDS = 3600.0


class DamagedViewError(Exception):
    """The file is not a whole base; the message says why. It is rebuilt from SQLite."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """From which state of the index a base was built.

    :param generation: the index's generation; another one means other vectors.
    :param fingerprint: the encoder's.
    :param revision: the index's revision whose passages it holds, all of them.
    :param max_id: the greatest passage id up to which it holds them.
    :param rows: how many.
    :param centres: the version of the centres taken off them, 0 for none.
    :param codes: how it holds them, one of `CODES`.
    """

    generation: str
    fingerprint: str
    revision: int
    max_id: int
    rows: int
    centres: int = 0
    codes: str = EXACT


@dataclass(frozen=True, slots=True)
class Base:
    """A FAISS index over passages; row `i` is passage `ids[i]`, and the ids ascend.

    :param read: what the index lies in where it was read from a file.
    """

    stamp: Stamp
    ids: NDArray[np.int64]
    faiss_index: Any
    read: NDArray[np.uint8] | None = None

    @property
    def exact(self) -> bool:
        """Whether it holds the rows themselves."""
        return self.stamp.codes == EXACT

    @property
    def rows(self) -> NDArray[np.float16]:
        """The rows, float16 [n, d], of an exact base: FAISS's own memory, which lives with it."""
        import faiss

        size = self.faiss_index.ntotal * self.faiss_index.code_size
        held = faiss.rev_swig_ptr(self.faiss_index.codes.data(), size)
        rows: NDArray[np.float16] = held.view(np.float16).reshape(-1, self.faiss_index.d)
        return rows


def build_base(stamp: Stamp, ids: NDArray[np.int64], rows: NDArray[np.float16]) -> Base:
    """Make a base of rows, held as the stamp says.

    :param ids: int64 [n], ascending.
    :param rows: float16 [n, d].
    """
    rows = np.ascontiguousarray(rows)
    if stamp.codes == EXACT or not len(rows):
        index = scalars(rows.shape[1], "QT_fp16")
        # Half precision needs no training and its code is the row's own bytes.
        index.is_trained = True
        if len(rows):
            index.add_sa_codes(rows.view(np.uint8))
        return Base(stamp, ids, index)
    index = scalars(rows.shape[1], "QT_8bit") if stamp.codes == INT8 else _bits(rows.shape[1])
    wide = rows.astype(np.float32)
    index.train(wide)
    index.add(wide)
    return Base(stamp, ids, index)


def save_base(path: Path, base: Base) -> None:
    """Write a base beside its place and rename it there, unless a newer one is there by now.

    :raises OSError: if it cannot be written; the old file stays.
    """
    import faiss

    payload = faiss.serialize_index(base.faiss_index).tobytes()
    ids = base.ids.astype("<i8").tobytes()
    stamp = json.dumps(asdict(base.stamp)).encode()
    checksum = zlib.crc32(stamp, zlib.crc32(ids, zlib.crc32(payload)))
    trailer = _TRAILER.pack(len(ids), len(stamp), checksum, _MAGIC)
    beside = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_native_id()}.tmp")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for part in (payload, ids, stamp, trailer):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        there = read_stamp(path)
        if there and there.generation == base.stamp.generation:
            if there.revision > base.stamp.revision:
                return
        beside.replace(path)
        _sync_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def load_base(path: Path) -> Base:
    """Read a base in one go and check every byte of it.

    :raises FileNotFoundError: if there is none.
    :raises DamagedViewError: if it is not whole.
    """
    import faiss

    with path.open("rb") as file:
        body, ids_length, stamp_length, checksum = _trailer(file)
        data = _room(body + ids_length + stamp_length, body)
        file.seek(0)
        if file.readinto(data.data) != len(data):
            raise DamagedViewError("it is cut short")
    if zlib.crc32(data.data) != checksum:
        raise DamagedViewError("its checksum does not match")
    stamp = _stamp(data[body + ids_length :].tobytes())
    ids = data[body : body + ids_length].view("<i8").astype(np.int64)
    try:
        # FAISS searches the rows where they were read; a copy takes longer than ten searches.
        reader = faiss.ZeroCopyIOReader(faiss.swig_ptr(data), body)  # type: ignore[attr-defined]
        index = faiss.read_index(reader)
    except RuntimeError as error:
        raise DamagedViewError(f"FAISS cannot read it ({error})") from error
    if not index.ntotal == len(ids) == stamp.rows:
        raise DamagedViewError("its rows and its ids differ in number")
    return Base(stamp, ids, index, data)


def read_stamp(path: Path) -> Stamp | None:
    """Return the stamp of the base at `path`, or None where there is none that can be read."""
    try:
        with path.open("rb") as file:
            body, ids_length, stamp_length, _ = _trailer(file)
            file.seek(body + ids_length)
            return _stamp(file.read(stamp_length))
    except (OSError, DamagedViewError):
        return None


def remove_abandoned(path: Path) -> None:
    """Remove what a killed rebuild left beside the base."""
    for left in path.parent.glob(f"{path.name}.*.tmp"):
        try:
            if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
                left.unlink()
        except FileNotFoundError:
            continue  # its writer finished in this instant


def _room(size: int, body: int) -> NDArray[np.uint8]:
    """Return room for so much of a file that its rows, which end with its body, end a cache line.

    Of numpy's: it asks for large pages, which a scan goes through a tenth faster.
    """
    room = np.empty(size + _CACHE_LINE, np.uint8)
    first = -(room.ctypes.data + body) % _CACHE_LINE
    return room[first : first + size]


def _trailer(file: BinaryIO) -> tuple[int, int, int, int]:
    """Return the lengths of the body, of the ids and of the stamp, and their checksum."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TRAILER.size))
    trailer = file.read()
    if len(trailer) != _TRAILER.size:
        raise DamagedViewError("it is cut short")
    ids_length, stamp_length, checksum, magic = _TRAILER.unpack(trailer)
    body = size - _TRAILER.size - ids_length - stamp_length
    if magic != _MAGIC or body < 0:
        raise DamagedViewError("it does not end as a view does, so it is cut short or damaged")
    return body, ids_length, stamp_length, checksum


def _stamp(text: bytes) -> Stamp:
    try:
        return Stamp(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise DamagedViewError(f"its stamp cannot be read ({error})") from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def scalars(width: int, quantizer: str) -> Any:  # noqa: ANN401 - of a library without types
    """Return an empty index that holds numbers one by one, as FAISS's quantizer of that name."""
    import faiss

    kind = getattr(faiss.ScalarQuantizer, quantizer)
    return faiss.IndexScalarQuantizer(width, kind, faiss.METRIC_INNER_PRODUCT)


def rotation(width: int) -> Any:  # noqa: ANN401 - of a library without types
    """Return a rotation, each time the same, that makes all numbers of rows alike."""
    import faiss

    turn = faiss.RandomRotationMatrix(width, width)
    turn.init(1)
    return turn


def _bits(width: int) -> Any:  # noqa: ANN401 - of a library without types
    """Return an index of one bit a number."""
    import faiss

    bits = faiss.IndexRaBitQ(width, faiss.METRIC_INNER_PRODUCT)
    bits.qb = _QUERY_BITS
    return faiss.IndexPreTransform(rotation(width), bits)
