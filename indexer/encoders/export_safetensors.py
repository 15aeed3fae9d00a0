"""A checkpoint whose weights are pickles, with the same weights as safetensors.

Every tensor is kept under its own name, heads included, so that whatever reads the checkpoint finds
what it found before. The pickles are read by torch's restricted loader, which runs no code.
"""

import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from indexer.encoders.catalog import described, is_exported, is_table, load_encoder
from indexer.encoders.export import compared
from indexer.encoders.transformer import loading
from indexer.errors import EncoderError

_PICKLES = "pytorch_model*.bin"
_KEPT = {".json", ".txt", ".model", ".md", ".jinja"}
_KEPT_NAMES = {"LICENSE", "NOTICE"}


def export_safetensors(name: str, folder: Path) -> tuple[float, float]:
    """Write a checkpoint with safetensors; see `export_encoder`.

    :return: the mean and the lowest cosine to the encoder's own vectors.
    """
    if is_table(name):
        raise EncoderError("The embedded encoder's weights are safetensors already.")
    if is_exported(name):
        raise EncoderError(
            f"{name} is an export, whose weights are in its graph, and no checkpoint."
        )
    entry, checkpoint = described(name)
    if checkpoint.has_safetensors:
        raise EncoderError(f"{entry.name} has safetensors already: there is nothing to convert.")
    source = checkpoint.folder
    for file in sorted(source.rglob("*")):
        inside = file.relative_to(source)
        hidden = any(part.startswith(".") for part in inside.parts)
        kept = file.suffix in _KEPT or file.name in _KEPT_NAMES
        if file.is_file() and kept and not hidden and not file.name.endswith(".bin.index.json"):
            (folder / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / inside)
    for part in sorted({file.parent for file in source.rglob(_PICKLES)}):
        with loading(checkpoint):
            _convert(part, folder / part.relative_to(source))
    return compared(load_encoder(name, device="cpu"), load_encoder(str(folder), device="cpu"))


def _convert(part: Path, out: Path) -> None:
    """Write the weights of one folder, however many files they are in, as one file."""
    tensors: dict[str, torch.Tensor] = {}
    for file in sorted(part.glob(_PICKLES)):
        tensors.update(torch.load(file, map_location="cpu", weights_only=True))
    # safetensors takes no two names for one tensor; a copy reads the same.
    seen: set[int] = set()
    for key, tensor in tensors.items():
        shared = tensor.untyped_storage().data_ptr() in seen
        seen.add(tensor.untyped_storage().data_ptr())
        tensors[key] = tensor.clone().contiguous() if shared else tensor.contiguous()
    out.mkdir(parents=True, exist_ok=True)
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
