"""A small index over real files, made by a tiny encoder that works like the one that ships."""

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer import Index, sync
from indexer.encoders import EncoderSpec

# One word tells each language of the tests apart.
LANGUAGE_WORDS = {
    "the": "en",
    "der": "de",
    "ikke": "nb",
    "ikkje": "nn",
    "这": "zh-Hans",
    "這": "zh-Hant",
    "嘅": "yue",
    "yang": "id",
    "tidak": "ms",
}
DIMENSION = 256


def word_vector(word: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:8], "little")
    return np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)


class WordEncoder:
    """The mean of random word vectors: texts that share words are near, others are not."""

    def __init__(self) -> None:
        self.spec = EncoderSpec(name="words", revision="1", dimension=DIMENSION)
        self.encoded: list[list[str]] = []

    @property
    def dimension(self) -> int:
        return self.spec.dimension

    def encode(self, texts: Sequence[str], *, kind: str = "document") -> np.ndarray:
        self.encoded.append(list(texts))
        rows = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            text.encode("utf-8")  # as strict as a tokenizer that takes no halves of characters
            for word in re.findall(r"\w+", text.lower()):
                row += word_vector(word)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(lengths > 0, lengths, 1)

    def encode_with_languages(
        self, texts: Sequence[str], *, kind: str = "document"
    ) -> tuple[np.ndarray, list[tuple[str, float]]]:
        return self.encode(texts, kind=kind), [self._language(text) for text in texts]

    def _language(self, text: str) -> tuple[str, float]:
        for word, language in LANGUAGE_WORDS.items():
            if word in (text.split() if word.isascii() else text):
                return language, 0.9
        return "und", 0.0


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


MakeIndex = Callable[[dict[str, str]], Index]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where `make_index` puts its files."""
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


@pytest.fixture
def make_index(tmp_path: Path, folder: Path, encoder: WordEncoder) -> Iterator[MakeIndex]:
    """Write files, given as name to text, and index them."""
    opened: list[Index] = []

    def make(files: dict[str, str]) -> Index:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        if not opened:
            opened.append(Index.create(tmp_path / "index", encoder=encoder))
        sync(opened[0], folder)
        return opened[0]

    yield make
    for index in opened:
        index.close()


@pytest.fixture
def set_mtime(folder: Path) -> Callable[[str, float], None]:
    """Set when a file was last changed, in seconds since the epoch."""

    def change(name: str, seconds: float) -> None:
        os.utime(folder / name, (seconds, seconds))

    return change
