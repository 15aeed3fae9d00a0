"""What every run of a trainer shares: its settings, progress, and where a stopped one goes on.

Loaded only when an encoder is taught; what is taught is `contrastive_run` and `head_run`.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import EarlyStoppingCallback, TrainerCallback

from indexer.adapting import LOOKS, PATIENCE, Training
from indexer.encoders.checkpoint import Checkpoint
from indexer.errors import EncoderError

Progress = Callable[[int, int], None] | None


class _Told(TrainerCallback):
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:  # noqa: ANN401
        if self._progress is not None:
            self._progress(state.global_step, state.max_steps)


def callbacks(progress: Progress) -> list[TrainerCallback]:
    """Return what ends a run early and tells of its steps."""
    return [EarlyStoppingCallback(PATIENCE), _Told(progress)]


def arguments(work: Path, training: Training, examples: int, metric: str) -> dict[str, Any]:
    """Return the trainer's arguments, which those of every library's trainer have.

    :param work: where states are kept.
    :param examples: how many are taught.
    :param metric: the name of what is measured, the higher the better.
    """
    steps = max(1, round(training.epochs * examples / (training.batch * training.accumulate)))
    looks = max(1, steps // LOOKS)
    return {
        "output_dir": str(work / "checkpoints"),
        "max_steps": steps,
        "per_device_train_batch_size": training.batch,
        "gradient_accumulation_steps": training.accumulate,
        "learning_rate": training.rate,
        "warmup_steps": steps // 10,
        "seed": training.seed,
        "data_seed": training.seed,
        "bf16": torch.cuda.is_available() and torch.cuda.is_bf16_supported(),
        "use_cpu": not torch.cuda.is_available(),
        "eval_strategy": "steps",
        "eval_steps": looks,
        "save_strategy": "steps",
        "save_steps": looks,
        "save_total_limit": 2,
        "load_best_model_at_end": True,
        "metric_for_best_model": f"eval_{metric}",
        "greater_is_better": True,
        "logging_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }


def begin(training: Training) -> None:
    """Settle what is drawn by chance, and keep libraries from printing."""
    transformers.set_seed(training.seed)
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    transformers.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]


def train(trainer: Any, *, going_on: bool) -> int:  # noqa: ANN401 - a library without types
    """Run a trainer; return how many steps it took."""
    # The trainer's own printing would stand between a person and the one line that matters.
    trainer.remove_callback(transformers.PrinterCallback)
    trainer.train(resume_from_checkpoint=going_on)
    return int(trainer.state.global_step)


def goes_on(work: Path, training: Training, checkpoint: Checkpoint, examples: int) -> bool:
    """Whether an earlier run with the same settings left a state; one with others is forgotten.

    :param work: kept where a run is stopped, so that the next one goes on from there.
    """
    same = {"training": repr(training), "checkpoint": checkpoint.revision, "examples": examples}
    wanted = json.dumps(same, sort_keys=True)
    settings = work / "settings.json"
    if settings.is_file() and settings.read_text("utf-8") == wanted:
        return any((work / "checkpoints").glob("checkpoint-*/trainer_state.json"))
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    settings.write_text(wanted, "utf-8")
    return False


def freeze(inner: Any, layers: int | None) -> None:  # noqa: ANN401 - a library without types
    """Leave the embeddings and the first layers of a transformer as they are.

    :raises EncoderError: if it has no such layers, or all would stay.
    """
    if layers is None:
        return
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
