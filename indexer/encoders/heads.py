"""Heads over a transformer: what a text is about, and the names in it.

A head is a checkpoint in hub layout whose model is one for sequence classification or for token
classification, as `adapt` writes them and hubs hold them. Long texts are read window by window, as
encoders read them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from indexer.encoders.checkpoint import Checkpoint, find_checkpoint, require_packages
from indexer.encoders.protocol import Vectors, sayable
from indexer.encoders.transformer import (
    choose_device,
    load_weights,
    loading,
    token_limit,
    warn_of_bin,
)
from indexer.encoders.windowed import BUDGET_CPU, BUDGET_GPU, padded
from indexer.encoders.windows import Cutter, Window, batches
from indexer.entities import Entity, entities_of, read_tag
from indexer.errors import EncoderError

Task = Literal["labels", "tokens"]
KINDS: dict[Task, str] = {
    "labels": "ForSequenceClassification",
    "tokens": "ForTokenClassification",
}


class Head:
    """A model with a head, and its tokenizer.

    :param task: what its head says: a text's labels, or its tokens'.
    :param model: of transformers, with `config.id2label`.
    :param tokenizer: of transformers.
    :param device: where it runs.
    """

    def __init__(self, task: Task, model: Any, tokenizer: Any, device: torch.device) -> None:  # noqa: ANN401
        self.task = task
        self.model = model.to(device)
        config = model.config
        self.labels = tuple(str(config.id2label[one]) for one in range(config.num_labels))
        self.cutter = Cutter.of(tokenizer, token_limit(config, tokenizer))
        self._device = device
        self._budget = BUDGET_CPU if device.type == "cpu" else BUDGET_GPU

    def probabilities(self, texts: Sequence[str]) -> Vectors:
        """Return how probable each label is, float32 [n, labels]; zeros for a text without tokens.

        A long text's are the mean of its windows', by length.
        """
        sums = np.zeros((len(texts), len(self.labels)), np.float32)
        windows = self.cutter.cut(texts)
        for place, logits in self._rows(windows):
            sums[windows[place].text] += windows[place].own * _softmax(logits)
        found: Vectors = sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-12)
        return found

    def entities(self, texts: Sequence[str]) -> list[list[Entity]]:
        """Return the entities of each text, in their order."""
        before, after = len(self.cutter.prefix), len(self.cutter.suffix)
        tags: list[list[str]] = [[] for _ in texts]
        pieces: dict[int, list[str]] = {}
        windows = self.cutter.cut(texts)
        for place, logits in self._rows(windows):
            own = logits[before : len(windows[place].ids) - after].argmax(axis=1)
            pieces[place] = [self.labels[one] for one in own.tolist()]
        for place, window in enumerate(windows):
            tags[window.text] += pieces[place]
        clean = [sayable(text) for text in texts]
        places = [list(map(tuple, one.tolist())) for one in self.cutter.places(texts)]
        return [entities_of(*one) for one in zip(clean, places, tags, strict=True)]

    def _rows(self, windows: Sequence[Window]) -> Iterator[tuple[int, Vectors]]:
        """Yield each window's place and what the head says of it."""
        for batch in batches(windows, self._budget):
            ids, mask, _ = padded([windows[place] for place in batch], self.cutter)
            with torch.inference_mode():
                out = self.model(
                    input_ids=torch.from_numpy(ids).to(self._device),
                    attention_mask=torch.from_numpy(mask).to(self._device),
                )
            yield from zip(batch, out.logits.float().cpu().numpy(), strict=True)


def load_head(folder: str | Path, *, device: str | None = None) -> tuple[Head, str]:
    """Load a head, safetensors first and never any code.

    :param folder: a folder in hub layout, or a hub id.
    :param device: of torch, such as "cuda:1"; None takes the fastest there is.
    :return: the head and the revision of its files.
    :raises EncoderError: if there is none, it lacks weights, or it is no head of a known kind.
    """
    name = str(folder)
    require_packages(name)
    checkpoint = find_checkpoint(name)
    place = choose_device(device)
    task = task_of(checkpoint)
    with loading(checkpoint):
        model, missing = load_model(checkpoint, task)
        if missing:
            raise EncoderError(
                f"The head in {name} lacks {len(missing)} of its weights, such as {missing[0]}: "
                "teach it with `crosstongue adapt`, or fetch it again."
            )
        head = Head(task, model.eval(), tokenizer_of(checkpoint), place)
    if task == "tokens":
        _check_tags(name, head.labels)
    return head, checkpoint.revision


def task_of(checkpoint: Checkpoint) -> Task:
    """Return what the head of a checkpoint says.

    :raises EncoderError: if it has none.
    """
    kinds = checkpoint.json("config.json").get("architectures") or []
    for task, ending in KINDS.items():
        if any(str(kind).endswith(ending) for kind in kinds):
            return task
    raise EncoderError(
        f"{checkpoint.name} has no head for labels or tokens: `crosstongue adapt ENCODER --task "
        "labels` or `--task tokens` teaches one."
    )


def load_model(checkpoint: Checkpoint, task: Task, **settings: Any) -> tuple[Any, list[str]]:  # noqa: ANN401
    """Load a checkpoint with a head on it; return the weights it lacks beside.

    :param settings: of the configuration, for a head that is yet to be taught.
    """
    import transformers

    warn_of_bin(checkpoint)
    kind = getattr(transformers, f"AutoModel{KINDS[task]}")
    model, report = load_weights(kind, checkpoint, **settings)
    return model, sorted(report["missing_keys"])


def tokenizer_of(checkpoint: Checkpoint) -> Any:  # noqa: ANN401 - a library without types
    """Load the tokenizer of a checkpoint.

    :raises EncoderError: if it does not tell where in a text its tokens stand.
    """
    from transformers import AutoTokenizer

    found: Any = AutoTokenizer.from_pretrained(
        str(checkpoint.transformer_folder), trust_remote_code=False, local_files_only=True
    )
    if not found.is_fast:
        raise EncoderError(
            f"The tokenizer of {checkpoint.name} does not tell where its tokens stand: choose an "
            "encoder that has a tokenizer.json."
        )
    return found


def _check_tags(name: str, labels: Sequence[str]) -> None:
    for label in labels:
        try:
            read_tag(label)
        except ValueError:
            raise EncoderError(
                f"The head in {name} gives tokens the label {label!r}, which is no tag such as "
                "B-PER, I-PER or O."
            ) from None


def _softmax(logits: Vectors) -> Vectors:
    powers = np.exp(logits - logits.max())
    scaled: Vectors = powers / powers.sum()
    return scaled
