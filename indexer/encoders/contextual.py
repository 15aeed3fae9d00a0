"""Token vectors of a transformer: what each token of a text adds to the text's vector.

Only mean pooling is a sum over tokens; under any other nothing here is asked. What special tokens
and a prompt add belongs to no word: it is spread evenly over the text's own tokens, so that shares
still sum to the cosine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import EncoderSpec, TextKind, TokenVectors, Vectors
from indexer.encoders.windows import Cutter, Window, batches


class Hidden(Protocol):
    """What gives the hidden states that a mean pooling averages."""

    spec: EncoderSpec

    @property
    def cutter(self) -> Cutter:
        """What cuts its texts into windows."""
        ...

    @property
    def budget(self) -> int:
        """Tokens in a batch, padding included."""
        ...

    def hidden(self, windows: Sequence[Window], prompt: str) -> tuple[Vectors, NDArray[np.bool_]]:
        """Return [n, tokens, dimension], and which tokens are averaged: [n, tokens]."""
        ...


def token_vectors(encoder: Hidden, texts: Sequence[str], kind: TextKind) -> list[TokenVectors]:
    """Return the token vectors of each text, whose sum has the direction of its vector."""
    prompt = encoder.spec.prompt(kind)
    cutter = encoder.cutter
    places = cutter.places(texts, prompt)
    windows = cutter.cut(texts, prompt)
    vectors = [np.zeros((len(own), encoder.spec.dimension), np.float32) for own in places]
    # A text's windows come in its order.
    begins, filled = [], [0] * len(texts)
    for window in windows:
        begins.append(filled[window.text])
        filled[window.text] += window.own
    for batch in batches(windows, encoder.budget):
        states, kept = encoder.hidden([windows[place] for place in batch], prompt)
        for place, rows, counted in zip(batch, states, kept, strict=True):
            window = windows[place]
            begin = begins[place]
            vectors[window.text][begin : begin + window.own] = _own(
                rows, counted, window, len(cutter.suffix)
            )
    return [
        TokenVectors(own[:, 0], own[:, 1], rows) for own, rows in zip(places, vectors, strict=True)
    ]


def _own(rows: Vectors, counted: NDArray[np.bool_], window: Window, suffix: int) -> Vectors:
    """Return what a window's own tokens add to its text's vector: [own, dimension]."""
    added = np.where(counted[:, None], rows, 0)
    whole = added.sum(axis=0)
    length = float(np.linalg.norm(whole))
    end = len(window.ids) - suffix
    mine = added[end - window.own : end]
    rest = (whole - mine.sum(axis=0)) / window.own
    scaled: Vectors = (mine + rest) * (window.own / length if length > 0 else 0.0)
    return scaled
