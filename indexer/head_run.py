"""The run of `adapting_heads`: transformers' trainer over texts with labels, or with entities.

Loaded only when a head is taught; what a person may ask for and what is written where stands in
`adapting_heads`. What is measured is the head as it is used, on whole texts.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    DataCollatorForTokenClassification,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
)

from indexer.adapting import MODEL, Training
from indexer.adapting_heads import Example, Labelled
from indexer.encoders.checkpoint import Checkpoint
from indexer.encoders.heads import Head, Task, load_model, tokenizer_of
from indexer.encoders.transformer import check_whole, choose_device, loading
from indexer.entities import OUTSIDE, Tagged, f1, tags_of
from indexer.training_run import (
    Progress,
    arguments,
    begin,
    callbacks,
    freeze,
    goes_on,
    train,
)

_SCORE = "score"
# What the loss passes over: special tokens have no tag.
_NO_TAG = -100


class _Trainer(Trainer):
    """A trainer that measures the head as it is used."""

    measure: Callable[[], float]

    def evaluate(self, *args: Any, **more: Any) -> dict[str, float]:  # noqa: ANN401
        """Measure what was held out."""
        found = {f"eval_{_SCORE}": self.measure()}
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, found)
        return found


def run(
    checkpoint: Checkpoint,
    task: Task,
    taught: Sequence[Example],
    kept: Sequence[Example],
    work: Path,
    training: Training,
    progress: Progress,
) -> tuple[float, float, int]:
    """Teach a head, and the layers below it; the best state is left in `work`/model.

    :param work: kept where a run is stopped, so that the next one goes on from there.
    :return: what is measured of the texts held out, in percent before and after, and the steps.
    """
    begin(training)
    labels = _labels(task, [*taught, *kept])
    with loading(checkpoint):
        model, missing = load_model(
            checkpoint,
            task,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: place for place, label in enumerate(labels)},
            ignore_mismatched_sizes=True,
        )
        _check_body(checkpoint, model, missing)
        tokenizer = tokenizer_of(checkpoint)
    freeze(getattr(model, model.base_model_prefix), training.freeze)
    head = Head(task, model, tokenizer, choose_device(None))
    before = _measured(head, kept)
    going_on = goes_on(work, training, checkpoint, len(taught))
    collate = DataCollatorWithPadding if task == "labels" else DataCollatorForTokenClassification
    examples = _examples(head, taught)
    trainer = _Trainer(
        model=model,
        args=TrainingArguments(**arguments(work, training, len(examples), _SCORE)),
        train_dataset=examples,
        eval_dataset=examples[:1],  # the trainer asks for one; `evaluate` has its own
        data_collator=collate(tokenizer),
        callbacks=callbacks(progress),
    )
    trainer.measure = lambda: _measured(head, kept)
    steps = train(trainer, going_on=going_on)
    after = _measured(head, kept)
    model.save_pretrained(str(work / MODEL))
    tokenizer.save_pretrained(str(work / MODEL))
    return 100 * before, 100 * after, steps


def _labels(task: Task, examples: Sequence[Example]) -> list[str]:
    if task == "labels":
        return sorted({one.label for one in examples if isinstance(one, Labelled)})
    kinds = {e.kind for one in examples if isinstance(one, Tagged) for e in one.entities}
    return [OUTSIDE, *(f"{part}-{kind}" for kind in sorted(kinds) for part in "BI")]


def _check_body(checkpoint: Checkpoint, model: Any, missing: Sequence[str]) -> None:  # noqa: ANN401
    """Make sure that only what is taught here starts at random."""
    body = f"{model.base_model_prefix}."
    lacking = [one for one in missing if one.startswith(body) and ".pooler." not in one]
    check_whole(checkpoint.folder, lacking)


def _examples(head: Head, taught: Sequence[Example]) -> list[dict[str, Any]]:
    """Cut texts into windows, each with the label of its text or a tag for each of its tokens."""
    texts = [one.text for one in taught]
    number = {label: place for place, label in enumerate(head.labels)}
    places = head.cutter.places(texts) if head.task == "tokens" else []
    tags = [
        tags_of(one.entities, found.tolist())
        for one, found in zip(taught, places, strict=False)
        if isinstance(one, Tagged)
    ]
    before, after = len(head.cutter.prefix), len(head.cutter.suffix)
    examples = []
    used = [0] * len(texts)
    for window in head.cutter.cut(texts):
        one = taught[window.text]
        learned: int | list[int]
        if isinstance(one, Labelled):
            learned = number[one.label]
        else:
            first = used[window.text]
            own = tags[window.text][first : first + window.own]
            used[window.text] += window.own
            learned = [_NO_TAG] * before + [number[tag] for tag in own] + [_NO_TAG] * after
        mask = [1] * len(window.ids)
        examples.append({"input_ids": window.ids, "attention_mask": mask, "labels": learned})
    return examples


def _measured(head: Head, kept: Sequence[Example]) -> float:
    """Return the share of labels that are right, or the F1 of entities: 0 to 1."""
    taught = head.model.training
    head.model.eval()
    texts = [one.text for one in kept]
    with torch.inference_mode():
        if head.task == "tokens":
            right = [one.entities for one in kept if isinstance(one, Tagged)]
            found = f1(head.entities(texts), right)
        else:
            chosen = head.probabilities(texts).argmax(axis=1).tolist()
            labels = [one.label for one in kept if isinstance(one, Labelled)]
            hits = [head.labels[at] == label for at, label in zip(chosen, labels, strict=True)]
            found = sum(hits) / len(hits)
    head.model.train(taught)
    return found
