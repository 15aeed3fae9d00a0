"""Parallel text on disk, and how well vectors match it.

What training, measuring and evaluating have in common: they read the same two layouts and mean the
same by accuracy. Nothing here knows an encoder.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import numpy as np

from indexer.encoders.protocol import Vectors
from indexer.text_files import PackedError

XTREME_LANGUAGES = tuple(
    "afr ara bul ben deu ell spa est eus pes fin fra heb hin hun ind ita jpn jav kat kaz kor mal "
    "mar nld por rus swh tam tel tha tgl tur urd vie cmn".split()
)
ENGLISH = "eng"
# Queries compared at a time: 4,096 against 100,000 targets are 1.6 GB of cosines, and a set as
# large as the usual ones goes in one piece.
_QUERIES = 4_096
# The longest head of a zstd frame, which says how much is in it.
_FRAME_HEAD = 18


@dataclass(frozen=True, slots=True)
class ParallelTexts:
    """Texts of two languages, line by line each other's translation.

    :param languages: the codes of `first` and `second`, as the files have them.
    :param first: texts in the first language.
    :param second: as many in the second.
    """

    languages: tuple[str, str]
    first: tuple[str, ...]
    second: tuple[str, ...]


def read_pairs(path: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield (language_a, language_b, text_a, text_b) for every well-formed line of a TSV file.

    :param path: plain, or packed by zstd and named `.zst`.
    :raises PackedError: if it cannot be unpacked.
    """
    with (
        path.open("rb") as raw,
        _unpacked(path, raw) as stream,
        io.TextIOWrapper(stream, encoding="utf-8", newline="\n") as lines,
    ):
        for line in lines:
            columns = line.rstrip("\n").split("\t")
            if len(columns) == 4 and columns[2] and columns[3]:
                yield columns[0], columns[1], columns[2], columns[3]


@contextmanager
def _unpacked(path: Path, raw: IO[bytes]) -> Iterator[IO[bytes]]:
    if path.suffix != ".zst":
        yield raw
        return
    try:
        import zstandard
    except ModuleNotFoundError as error:
        raise PackedError(
            f"is packed by zstd: unpack it, or run `pip install {error.name}`."
        ) from error
    try:
        size = zstandard.frame_content_size(raw.read(_FRAME_HEAD))  # -1 where it is not said
        raw.seek(0)
        reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
        yield cast("IO[bytes]", reader)
        # A stream that ends too soon is an end like any other to the reader.
        if reader.tell() < size:
            raise PackedError("is cut short: fetch it again.")
    except zstandard.ZstdError as error:
        raise PackedError(f"is damaged ({error}).") from error


def read_tatoeba(folder: Path) -> Iterator[ParallelTexts]:
    """Yield the sets of a folder of `tatoeba.<iso3>-eng.<iso3|eng>` files, by language."""
    for path in sorted(folder.glob("tatoeba.*-eng.eng")):
        code = path.name.split(".")[1].split("-")[0]
        foreign, english = (
            tuple(file.read_text("utf-8").splitlines())
            for file in (path.with_suffix(f".{code}"), path)
        )
        yield ParallelTexts((code, ENGLISH), foreign, english)


def accuracy(queries: Vectors, targets: Vectors) -> float:
    """Return the percentage of queries whose nearest target is the one in their own row.

    :param queries: float32 [n, d], unit rows.
    :param targets: float32 [n, d], unit rows.
    """
    right = 0
    for start in range(0, len(queries), _QUERIES):
        nearest = (queries[start : start + _QUERIES] @ targets.T).argmax(axis=1)
        right += int((nearest == np.arange(start, start + len(nearest))).sum())
    return 100 * right / len(queries)
