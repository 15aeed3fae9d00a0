"""An encoder as a folder for another runtime: the one entry, and what all exports share.

Each target has a module of its own, loaded when it is asked for. A folder is written beside its
place and renamed into it once it is whole and was compared with the encoder it came from.
"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from indexer.encoders.protocol import Encoder, TextKind
from indexer.errors import EncoderError

Target = Literal["onnx", "safetensors", "static"]
TARGETS: tuple[str, ...] = get_args(Target)
_BELOW_FLOAT32 = 1e-4  # what rounding takes off a cosine in float32, with room to spare
# What the copy is compared on: several scripts, one token, and more than one window.
SENTENCES = (
    "a",
    "The tap in the kitchen has been leaking since last night.",
    "Wie lange darf eine Reparatur dauern?",
    "Quels sont les premiers signes d'un infarctus ?",
    "Можно ли вернуть товар без чека?",
    "猫はマットに座って雨を見ていた。",
    "كيف أحضّر الخبز في البيت؟",
    "रात की ट्रेन में सीट कैसे आरक्षित करें?",
)
_TEXTS = (
    *SENTENCES,
    "Photosynthesis turns light, water and air into sugar. " * 60,
)


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written.

    :param folder: where.
    :param megabytes: how much.
    :param cosine: the mean cosine of the copy's vectors to the encoder's, over sample texts.
    :param lowest_cosine: the lowest.
    """

    folder: Path
    megabytes: float
    cosine: float
    lowest_cosine: float


def export_encoder(
    name: str,
    target: str,
    out: Path,
    *,
    quantize: str | None = None,
    pooling: str | None = None,
    layer: int | tuple[int, ...] | None = None,
) -> ExportReport:
    """Write an encoder as a folder that `load_encoder` loads.

    :param name: as `load_encoder` takes it.
    :param target: onnx (for ONNX Runtime, with this pooling and layer), safetensors (a checkpoint
        that has only a .bin), or static (the embedded encoder for sentence-transformers).
    :param out: a folder that is not there yet, or is empty.
    :param quantize: "int8" for weights of eight bits; only with onnx.
    :param pooling: as `load_encoder` takes it; only with onnx.
    :param layer: likewise.
    :raises EncoderError: if there is no such encoder or target, the two do not go together, the
        folder is in use, a package is not installed, or the copy's vectors are not the encoder's.
    """
    if target not in TARGETS:
        raise EncoderError(f"There is no target {target!r}; choose one of: {', '.join(TARGETS)}.")
    if target != "onnx" and (quantize, pooling, layer) != (None, None, None):
        raise EncoderError("A pooling, a layer and int8 can be chosen for the target onnx only.")
    with _fresh_folder(out) as folder:
        if target == "onnx":
            from indexer.encoders.export_onnx import export_onnx

            found = export_onnx(name, folder, quantize=quantize, pooling=pooling, layer=layer)
        elif target == "safetensors":
            from indexer.encoders.export_safetensors import export_safetensors

            found = export_safetensors(name, folder)
        else:
            from indexer.encoders.export_static import export_static

            found = export_static(name, folder)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return ExportReport(out, size / 1e6, *found)


def compared(
    source: Encoder,
    copy: Encoder,
    least: float = 1 - _BELOW_FLOAT32,
    texts: Sequence[str] = _TEXTS,
    kinds: Sequence[TextKind] = ("query", "document"),
) -> tuple[float, float]:
    """Return the mean and the lowest cosine of a copy's vectors to its source's.

    :param least: what the mean must reach.
    :param texts: what is encoded, as each of `kinds`.
    :raises EncoderError: if it does not.
    """
    cosines = [
        np.einsum("ij,ij->i", source.encode(texts, kind=kind), copy.encode(texts, kind=kind))
        for kind in kinds
    ]
    mean, lowest = float(np.mean(cosines)), float(np.min(cosines))
    if not mean >= least:  # also where it is not a number
        raise EncoderError(
            f"The export of {source.spec.name} was given up: its vectors reach a mean cosine of "
            f"{mean:.4f} to the encoder's own, and {least:.4f} is the least that will do."
        )
    return mean, lowest


@contextmanager
def _fresh_folder(out: Path) -> Iterator[Path]:
    """Give a folder to write into, and put it in its place when all went well."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise EncoderError(f"{out} is there already and not empty: name a new folder.")
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield beside
        beside.chmod(0o755)
        beside.replace(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
