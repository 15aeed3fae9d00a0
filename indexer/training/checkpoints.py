"""What a stopped training goes on from."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from indexer.errors import TrainingError
from indexer.paths import display
from indexer.text_files import reading

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def save_checkpoint(path: Path, settings: "DataclassInstance", state: dict[str, Any]) -> None:
    """Keep a training's state; one that is interrupted leaves the state of before.

    :param settings: a dataclass of numbers, which `load_checkpoint` compares.
    :param state: tensors, numbers and containers of these.
    """
    beside = path.with_suffix(".part")
    torch.save({"settings": dataclasses.asdict(settings), **state}, beside)
    beside.replace(path)


def load_checkpoint(
    path: Path, settings: "DataclassInstance", device: torch.device | str = "cpu"
) -> dict[str, Any] | None:
    """Return the state of a training that was stopped, or None where there is none.

    :raises TrainingError: if it is of a training with other settings, or is damaged.
    """
    if not path.exists():
        return None
    state = read_state(path, device)
    now, before = dataclasses.asdict(settings), state.pop("settings", {})
    for name in now:
        if now[name] != before.get(name):
            raise TrainingError(
                f"{display(path)} is of a training with {name} {before.get(name)}, not "
                f"{now[name]}: go on as it began, or give another --work."
            )
    return state


def read_state(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Return the state that a training kept.

    :raises TrainingError: if there is none, or it is damaged.
    """
    with reading(path, TrainingError), path.open("rb") as file:
        try:
            state: dict[str, Any] = torch.load(file, weights_only=True, map_location=device)
        # As various as what may stand in a file.
        except Exception as error:
            raise TrainingError(
                f"{display(path)} is no state of a training: remove it to begin again."
            ) from error
    return state
