"""The run of `adapting`: sentence-transformers' trainer, told what to hold out and when to stop.

Loaded only when an encoder is taught; what a person may ask for and what is written where stands in
`adapting`.
"""

from collections.abc import Sequence
from pathlib import Path

import datasets
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.evaluation import SentenceEvaluator
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.training_args import BatchSamplers

from indexer.adapting import MODEL, Pair, Training
from indexer.encoders.checkpoint import Checkpoint
from indexer.encoders.transformer import choose_device, load_safely
from indexer.encoders.windowed import unit
from indexer.parallel_text import accuracy
from indexer.training_run import (
    Progress,
    arguments,
    begin,
    callbacks,
    freeze,
    goes_on,
    train,
)

_ACCURACY = "accuracy"


class _HeldOut(SentenceEvaluator):
    """The share of held-out texts, both ways, whose partner is nearest, from 0 to 1."""

    def __init__(self, pairs: Sequence[Pair], prompts: tuple[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.primary_metric = _ACCURACY
        self._sides = [[pair[side] for pair in pairs] for side in (0, 1)]
        self._prompts = prompts

    def __call__(  # type: ignore[override]
        self,
        model: SentenceTransformer,
        output_path: str | None = None,
        epoch: int = -1,
        steps: int = -1,
    ) -> dict[str, float]:
        """Measure a model."""
        one, other = (
            unit(model.encode(texts, prompt=prompt or None, show_progress_bar=False))
            for texts, prompt in zip(self._sides, self._prompts, strict=True)
        )
        return {_ACCURACY: (accuracy(one, other) + accuracy(other, one)) / 200}


def run(
    checkpoint: Checkpoint,
    taught: Sequence[Pair],
    kept: Sequence[Pair],
    work: Path,
    training: Training,
    progress: Progress,
) -> tuple[float, float, int]:
    """Teach a checkpoint; the best state is left in `work`/model.

    :param work: kept where a run is stopped, so that the next one goes on from there.
    :return: the accuracy on the held-out pairs in percent before and after, and the steps.
    """
    begin(training)
    datasets.disable_progress_bars()
    model = load_safely(SentenceTransformer, checkpoint, choose_device(None))
    freeze(getattr(model[0], "auto_model", None), training.freeze)
    prompts = checkpoint.prompts
    measure = _HeldOut(kept, prompts)
    before = measure(model)[_ACCURACY]
    going_on = goes_on(work, training, checkpoint, len(taught))
    trainer = SentenceTransformerTrainer(
        model=model,
        args=SentenceTransformerTrainingArguments(
            **arguments(work, training, len(taught), _ACCURACY),
            batch_sampler=BatchSamplers.NO_DUPLICATES,
            prompts=dict(zip(("anchor", "positive"), prompts, strict=True))
            if any(prompts)
            else None,
        ),
        train_dataset=datasets.Dataset.from_dict(
            {"anchor": [one for one, _ in taught], "positive": [other for _, other in taught]}
        ),
        loss=MultipleNegativesRankingLoss(model),
        evaluator=measure,
        callbacks=callbacks(progress),
    )
    steps = train(trainer, going_on=going_on)
    after = measure(model)[_ACCURACY]
    model.save_pretrained(str(work / MODEL), create_model_card=False, safe_serialization=True)
    return 100 * before, 100 * after, steps
