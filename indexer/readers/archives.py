"""Zip archives are checked here before any library opens them.

DOCX, PPTX, XLSX, ODT and EPUB are zip archives, and their libraries unpack whatever they are given.
A member's declared size can lie, and a library that believes it may still unpack gigabytes into
memory, so every member is unpacked once here, in small pieces that are thrown away.
"""

import struct
import zipfile
import zlib
from io import SEEK_CUR
from pathlib import Path
from typing import BinaryIO

from indexer.errors import UnreadableFileError
from indexer.readers.limits import DEFAULT_LIMITS, Limits, megabytes

# Large enough to be fast, small enough that a bomb's thousandfold expansion of one piece is
# counted before it matters.
_PIECE = 64 * 1024
_ENCRYPTED_FLAG = 0x1
_LOCAL_HEADER_SIZE = 30
_NAME_LENGTH_OFFSET = 26


def check_zip(path: Path, limits: Limits = DEFAULT_LIMITS) -> None:
    """Refuse an archive that is damaged, encrypted or unpacks to more than the limits.

    :param path: a file that should be a zip archive.
    :param limits: the bounds on members, on expansion and on its ratio.
    :raises UnreadableFileError: with the reason.
    """
    packed = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error) as error:
        raise UnreadableFileError("the archive is damaged") from error
    if len(members) > limits.max_archive_members:
        raise UnreadableFileError(
            f"the archive holds more than {limits.max_archive_members:,} files"
        )
    if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        raise UnreadableFileError("the archive is encrypted")
    if sum(member.compress_size for member in members) > packed:
        raise UnreadableFileError("the archive's members overlap, as in a zip bomb")
    check_expansion(sum(member.file_size for member in members), packed, limits)
    expanded = 0
    with path.open("rb") as file:
        for member in members:
            expanded = _expand(file, member, expanded, packed, limits)


def check_expansion(expanded: int, packed: int, limits: Limits = DEFAULT_LIMITS) -> None:
    """Refuse what unpacks to too much.

    :param expanded: bytes unpacked so far, or declared.
    :param packed: bytes of the whole archive.
    :param limits: the bounds.
    :raises UnreadableFileError: if either bound is passed.
    """
    if expanded > limits.max_expansion_bytes:
        raise UnreadableFileError(
            f"the archive expands to more than {megabytes(limits.max_expansion_bytes)}"
        )
    if expanded > max(limits.min_expansion_bytes, packed * limits.max_expansion_ratio):
        raise UnreadableFileError(
            f"the archive expands to more than {limits.max_expansion_ratio} times its size,"
            " as a zip bomb does"
        )


def _expand(
    file: BinaryIO, member: zipfile.ZipInfo, expanded: int, packed: int, limits: Limits
) -> int:
    """Unpack one member into nothing; return the bytes unpacked so far."""
    if member.compress_type == zipfile.ZIP_STORED:
        return expanded + member.compress_size
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise UnreadableFileError("the archive uses a compression that documents do not use")
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER_SIZE)
    if len(header) < _LOCAL_HEADER_SIZE:
        raise UnreadableFileError("the archive is damaged")
    file.seek(sum(struct.unpack_from("<HH", header, _NAME_LENGTH_OFFSET)), SEEK_CUR)
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    left = member.compress_size
    while not decompressor.eof:
        data = decompressor.unconsumed_tail or file.read(min(_PIECE, left))
        if not data:
            break
        left -= len(data) - len(decompressor.unconsumed_tail)
        try:
            expanded += len(decompressor.decompress(data, 16 * _PIECE))
        except zlib.error:
            # A damaged picture must not cost the document its text: the format's own library
            # fails where the damage matters.
            break
        check_expansion(expanded, packed, limits)
    return expanded
