"""What every encoder of windows does, whatever it runs on: cut, batch, run, put together.

What a batch's vectors are is for a subclass to say: in torch (`transformer`) or in ONNX Runtime
(`onnx_encoder`). Nothing here needs either.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import EncoderSpec, TextKind, Vectors, WordPiece
from indexer.encoders.windows import Cutter, Window, batches

# Tokens in a batch, padding included. A CPU gains nothing from more, and 24 layers of 1,024 in
# float32 take 0.8 GB with it; a GPU is kept busy by more.
BUDGET_CPU = 8_192
BUDGET_GPU = 65_536
# Texts whose tokens are held at a time: many enough to sort by length, few enough for the memory.
_BLOCK = 4_096

Ids = NDArray[np.int64]


class WindowedEncoder(ABC):
    """Texts to vectors by windows.

    :param spec: what decides the vectors.
    :param cutter: how texts become windows.
    :param budget: tokens in a batch, padding included.
    """

    def __init__(self, spec: EncoderSpec, cutter: Cutter, budget: int) -> None:
        self.spec = spec
        self._cutter = cutter
        self._budget = budget

    @property
    def dimension(self) -> int:
        """The width of the vectors."""
        return self.spec.dimension

    @property
    def cutter(self) -> Cutter:
        """What cuts its texts into windows."""
        return self._cutter

    @property
    def budget(self) -> int:
        """Tokens in a batch, padding included."""
        return self._budget

    def pieces(self, texts: Sequence[str]) -> list[list[WordPiece]]:
        """Return the word pieces of each text, without the prompt and special tokens."""
        return self._cutter.pieces(texts)

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> Vectors:
        """Encode texts, in the order given; a long one is the mean of its windows, by length.

        :param texts: any strings.
        :param kind: whether the texts are queries or documents, which may have different prompts.
        :return: float32 [n, dimension], unit rows; zeros for a text without any token. Equal texts
            in different batches give vectors that differ by rounding only.
        """
        return self._encode(texts, kind)[:, 0]

    def _encode(self, texts: Sequence[str], kind: TextKind, several: int = 1) -> Vectors:
        """Encode texts, several vectors of each: float32 [n, several, dimension]."""
        prompt = self.spec.prompt(kind)
        vectors = np.zeros((len(texts), several, self.dimension), np.float32)
        for start in range(0, len(texts), _BLOCK):
            windows = self._cutter.cut(texts[start : start + _BLOCK], prompt)
            for batch in batches(windows, self._budget):
                chosen = [windows[place] for place in batch]
                rows = unit(self.run(chosen, prompt))
                for window, row in zip(chosen, rows, strict=True):
                    vectors[start + window.text] += window.own * row
        return unit(vectors)

    @abstractmethod
    def run(self, windows: Sequence[Window], prompt: str) -> Vectors:
        """Run one batch of windows.

        :return: float32 [n, vectors of a window, width], not of unit length.
        """


def padded(windows: Sequence[Window], cutter: Cutter) -> tuple[Ids, Ids, Ids]:
    """Return a batch's tokens, attention mask, and 1 at the special tokens: each [n, tokens]."""
    longest = max(len(window.ids) for window in windows)
    ids = np.full((len(windows), longest), cutter.tokenizer.pad_token_id or 0, np.int64)
    mask, special = np.zeros_like(ids), np.ones_like(ids)
    first, last = len(cutter.prefix), len(cutter.suffix)
    for place, window in enumerate(windows):
        length = len(window.ids)
        ids[place, :length] = window.ids
        mask[place, :length] = 1
        special[place, first : length - last] = 0
    return ids, mask, special


def unit(vectors: Vectors) -> Vectors:
    """Scale the last axis to unit length; zeros stay zeros."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = (vectors / np.where(norms == 0, 1, norms)).astype(np.float32)
    return scaled
