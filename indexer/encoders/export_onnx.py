"""A transformer with its pooling as one graph for ONNX Runtime, in float32 or int8.

The graph takes a batch of any size and length and gives the vectors `load_encoder` would, before
they are scaled to unit length. The weights of int8 are rounded once, a scale a row; activations are
rounded as they come (dynamic quantisation).
"""

import importlib.util
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from indexer.encoders.catalog import EXPORT_DESCRIPTION, load_encoder
from indexer.encoders.export import compared
from indexer.encoders.onnx_encoder import (
    FORMAT,
    INPUTS,
    INSTALL,
    MODEL_FILE,
    OUTPUT,
    TOKENIZER_FILE,
    OnnxEncoder,
)
from indexer.encoders.transformer import TorchEncoder
from indexer.errors import EncoderError

# What a .onnx can hold is below 2 GiB; past this the weights lie in a file beside it.
_LARGE = 1_800_000_000
# Below it, int8 has broken the encoder rather than rounded it; the real MiniLM reaches 0.99.
_LEAST_INT8 = 0.9


class _Graph(torch.nn.Module):
    """What is exported: an encoder's own way from a batch to its vectors."""

    def __init__(self, encoder: TorchEncoder) -> None:
        super().__init__()
        self.model = encoder.module
        self._encoder = encoder

    def forward(self, ids: Tensor, mask: Tensor, special: Tensor) -> Tensor:
        return self._encoder.vectors_of(ids, mask, special)


def export_onnx(
    name: str,
    folder: Path,
    *,
    quantize: str | None,
    pooling: str | None,
    layer: int | tuple[int, ...] | None,
) -> tuple[float, float]:
    """Write an encoder for ONNX Runtime; see `export_encoder`.

    :return: the mean and the lowest cosine to the encoder's own vectors.
    """
    if quantize not in (None, "int8"):
        raise EncoderError(f"Weights cannot be rounded to {quantize!r}: int8 is what there is.")
    needed = ("onnx", "onnxruntime", "onnxscript")
    missing = [package for package in needed if importlib.util.find_spec(package) is None]
    if missing:
        raise EncoderError(
            f"An export to ONNX needs {', '.join(missing)}, which is not installed: run "
            f"`{INSTALL}`."
        )
    encoder = load_encoder(name, pooling=pooling, layer=layer, device="cpu")
    reason = encoder.no_graph if isinstance(encoder, TorchEncoder) else "it does not run in torch"
    if reason or not isinstance(encoder, TorchEncoder):
        raise EncoderError(f"{name} cannot be exported to ONNX: {reason}.")
    tokenizer = getattr(encoder.cutter.tokenizer, "backend_tokenizer", None)
    if tokenizer is None:
        raise EncoderError(f"{name} has a tokenizer that cannot be written as a tokenizer.json.")
    tokenizer.save(str(folder / TOKENIZER_FILE))
    graph = _Graph(encoder).eval()
    # Two texts, the second padded: sizes of 1 would be taken for constants.
    ids = torch.tensor([encoder.cutter.cut(["a"])[0].ids + [0] * 4] * 2)
    mask = torch.ones_like(ids)
    mask[1, -4:] = 0
    write_graph(graph, folder, ids, mask, quantize)
    spec = encoder.spec
    said = {
        "format": FORMAT,
        "source": {"name": spec.name, "revision": spec.revision},
        "pooling": spec.pooling,
        "layer": spec.layer,
        "dimension": spec.dimension,
        "query_prompt": spec.query_prompt,
        "document_prompt": spec.document_prompt,
        "limit": encoder.cutter.limit,
        "padding": encoder.cutter.tokenizer.pad_token_id or 0,
        "raw": getattr(encoder, "raw", False),
        "weights": quantize or "float32",
    }
    text = json.dumps(said, ensure_ascii=False, indent=1) + "\n"
    (folder / EXPORT_DESCRIPTION).write_text(text, "utf-8")
    copy = OnnxEncoder(folder, device="cpu")
    return compared(encoder, copy, _LEAST_INT8) if quantize else compared(encoder, copy)


def write_graph(
    graph: torch.nn.Module,
    folder: Path,
    ids: Tensor,
    mask: Tensor,
    quantize: str | None,
    kinds: list[str] | None = None,
) -> None:
    """Write a graph for ONNX Runtime that takes ids, mask and special tokens of any size.

    :param graph: gives the vectors of a batch.
    :param ids: int64 [n, tokens], an example of a batch with more than one text.
    :param mask: int64 [n, tokens], of the same.
    :param quantize: None or "int8".
    :param kinds: the kinds of operation whose weights are rounded; None rounds all that can be.
    """
    large = sum(weight.numel() * 4 for weight in graph.parameters()) > _LARGE
    whole = folder / ("float32.onnx" if quantize else MODEL_FILE)
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    with _quietly():
        program = torch.onnx.export(
            graph,
            (ids, mask, torch.zeros_like(ids)),
            input_names=INPUTS,
            output_names=[OUTPUT],
            dynamic_shapes=(free, free, free),
            dynamo=True,
            verbose=False,
        )
        assert program is not None  # as it is for every export of this kind
        for node in program.model.graph.all_nodes():
            # It names the files of whoever exports.
            node.metadata_props.pop("pkg.torch.onnx.stack_trace", None)
        program.save(str(whole), external_data=large)
        if quantize:
            from onnxruntime.quantization import QuantType, quantize_dynamic

            # A scale a row, and one bit to spare, because processors without VNNI add pairs of
            # products in 16 bits. On the real MiniLM: a mean cosine of 0.992; without the rows
            # 0.861, without the spare bit 0.994.
            quantize_dynamic(
                whole,
                folder / MODEL_FILE,
                per_channel=True,
                reduce_range=True,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=kinds,
                use_external_data_format=large,
            )
            for file in folder.glob(f"{whole.name}*"):
                file.unlink()


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep back what the exporters tell their own developers."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
