"""A second, slower opinion on the first passages: a cross-encoder reads query and passage together.

Optional, and within a budget of seconds: what it has not read in time keeps its place behind what
it has. Any cross-encoder of sentence-transformers serves, from a folder or the hub.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from indexer.encoders.checkpoint import find_checkpoint, may_be_one, require_packages
from indexer.encoders.protocol import sayable
from indexer.errors import EncoderError

# Passages read, and the seconds it may take. A reranker of six layers reads some 40 passages of 450
# characters a second on two cores.
DEPTH = 30
SECONDS = 2.0
# Pairs read at a time: between two of them the clock is looked at.
_BATCH = 4


class Reranker:
    """A cross-encoder, loaded when it is made.

    :param name: a folder or a hub id.
    :param depth: how many passages it reads at most.
    :param seconds: after how long it stops reading; the batch under way is finished.
    :raises EncoderError: if it cannot be loaded, or gives no single score.
    """

    def __init__(self, name: str, *, depth: int = DEPTH, seconds: float = SECONDS) -> None:
        if depth < 1 or not seconds > 0:
            raise EncoderError(
                f"A reranker that reads {depth} passages in {seconds:g} seconds reads none: "
                "give at least 1, and more than 0."
            )
        self.name = name
        self.depth = depth
        self.seconds = seconds
        self._model = _loaded(name)

    def scores(self, query: str, texts: Sequence[str]) -> list[float | None]:
        """Return how well each passage answers, in its own unit; None for one not read in time.

        :param texts: best first; the first `depth` are read in this order.
        """
        ends = time.monotonic() + self.seconds
        found: list[float | None] = [None] * len(texts)
        asked = [(sayable(query), sayable(text)) for text in texts[: self.depth]]
        for start in range(0, len(asked), _BATCH):
            some = asked[start : start + _BATCH]
            scores = np.nan_to_num(
                np.asarray(self._model.predict(some, show_progress_bar=False), np.float64)
            )
            found[start : start + len(some)] = scores.tolist()
            if time.monotonic() >= ends:
                break
        return found


@lru_cache(maxsize=2)
def _loaded(name: str) -> Any:  # noqa: ANN401 - a library without types
    if not may_be_one(name):
        raise EncoderError(
            f"There is no reranker called {name!r}: give a hub id (owner/name) or a folder."
        )
    require_packages(name)
    checkpoint = find_checkpoint(name)
    from sentence_transformers import CrossEncoder

    from indexer.encoders.transformer import choose_device, load_safely

    heads = checkpoint.json("config.json").get("architectures") or []
    if not any(str(head).endswith("ForSequenceClassification") for head in heads):
        raise EncoderError(
            f"{name} is no reranker: its head is {', '.join(map(str, heads)) or 'missing'}, "
            "not one that scores a query and a passage together."
        )
    model = load_safely(CrossEncoder, checkpoint, choose_device(None))
    labels = int(model.config.num_labels)
    if labels != 1:
        raise EncoderError(f"{name} gives {labels} scores a passage; a reranker gives one.")
    return model
