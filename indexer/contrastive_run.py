"""The run of `adapting`: sentence-transformers' trainer, told what to hold out and when to stop.

Loaded only when an encoder is taught; what a person may ask for and what is written where stands in
`adapting`.
"""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import datasets
import torch
import transformers
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.evaluation import SentenceEvaluator
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.training_args import BatchSamplers
from transformers import EarlyStoppingCallback, TrainerCallback

from indexer.adapting import LOOKS, PATIENCE, Pair, Training
from indexer.encoders.checkpoint import Checkpoint
from indexer.encoders.transformer import choose_device, load_safely
from indexer.encoders.windowed import unit
from indexer.errors import EncoderError
from indexer.parallel_text import accuracy

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


class _Told(TrainerCallback):
    def __init__(self, progress: Callable[[int, int], None] | None) -> None:
        self._progress = progress

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ANN401
        if self._progress is not None:
            self._progress(state.global_step, state.max_steps)


def run(
    checkpoint: Checkpoint,
    taught: Sequence[Pair],
    kept: Sequence[Pair],
    work: Path,
    training: Training,
    progress: Callable[[int, int], None] | None,
) -> tuple[float, float, int]:
    """Teach a checkpoint; the best state is left in `work`/model.

    :param work: kept where a run is stopped, so that the next one goes on from there.
    :return: the accuracy on the held-out pairs in percent before and after, and the steps.
    """
    transformers.set_seed(training.seed)
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    datasets.disable_progress_bars()
    model = load_safely(SentenceTransformer, checkpoint, choose_device(None))
    _freeze(model, training.freeze)
    prompts = checkpoint.prompts
    measure = _HeldOut(kept, prompts)
    before = measure(model)[_ACCURACY]
    steps = max(1, round(training.epochs * len(taught) / (training.batch * training.accumulate)))
    same = {"training": repr(training), "checkpoint": checkpoint.revision, "pairs": len(taught)}
    going_on = _going_on(work, json.dumps(same, sort_keys=True))
    looks = max(1, steps // LOOKS)
    trainer = SentenceTransformerTrainer(
        model=model,
        args=SentenceTransformerTrainingArguments(
            output_dir=str(work / "checkpoints"),
            max_steps=steps,
            per_device_train_batch_size=training.batch,
            gradient_accumulation_steps=training.accumulate,
            learning_rate=training.rate,
            warmup_steps=steps // 10,
            seed=training.seed,
            data_seed=training.seed,
            bf16=torch.cuda.is_available() and torch.cuda.is_bf16_supported(),
            use_cpu=not torch.cuda.is_available(),
            batch_sampler=BatchSamplers.NO_DUPLICATES,
            prompts=dict(zip(("anchor", "positive"), prompts, strict=True))
            if any(prompts)
            else None,
            eval_strategy="steps",
            eval_steps=looks,
            save_strategy="steps",
            save_steps=looks,
            save_total_limit=2,
            load_best_model_at_end=True,
            metric_for_best_model=f"eval_{_ACCURACY}",
            greater_is_better=True,
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=datasets.Dataset.from_dict(
            {"anchor": [one for one, _ in taught], "positive": [other for _, other in taught]}
        ),
        loss=MultipleNegativesRankingLoss(model),
        evaluator=measure,
        callbacks=[EarlyStoppingCallback(PATIENCE), _Told(progress)],
    )
    # The trainer's own printing would stand between a person and the one line that matters.
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train(resume_from_checkpoint=going_on)
    after = measure(model)[_ACCURACY]
    model.save_pretrained(str(work / "model"), create_model_card=False, safe_serialization=True)
    return 100 * before, 100 * after, int(trainer.state.global_step)


def _going_on(work: Path, same: str) -> bool:
    """Whether an earlier run with the same settings left a state; one with others is forgotten."""
    settings = work / "settings.json"
    if settings.is_file() and settings.read_text("utf-8") == same:
        return any((work / "checkpoints").glob("checkpoint-*/trainer_state.json"))
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    settings.write_text(same, "utf-8")
    return False


def _freeze(model: SentenceTransformer, layers: int | None) -> None:
    if layers is None:
        return
    inner: Any = getattr(model[0], "auto_model", None)
    stack = getattr(getattr(inner, "encoder", None), "layer", None)
    if stack is None or not hasattr(inner, "embeddings"):
        raise EncoderError("This encoder's layers cannot be told apart, so none can be frozen.")
    if not 0 <= layers < len(stack):
        raise EncoderError(
            f"{layers} layers cannot be frozen: this encoder has {len(stack)}, and the last must "
            "learn."
        )
    for part in (inner.embeddings, *stack[:layers]):
        part.requires_grad_(False)
