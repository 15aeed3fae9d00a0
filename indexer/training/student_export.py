"""A trained student to the folder that `load_encoder` runs in ONNX Runtime."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch

from indexer.encoders.catalog import EXPORT_DESCRIPTION, PLUS_ENCODER
from indexer.encoders.export_onnx import write_graph
from indexer.encoders.few_bits import FewBits
from indexer.encoders.onnx_encoder import (
    FORMAT,
    TOKENIZER_FILE,
    checksum,
)
from indexer.training.student_model import Block, StudentGraph
from indexer.training.tokens import UNKNOWN

LIMIT = 160  # tokens of a window: passages of the training hold 150


def export_student(
    folder: Path, table: FewBits, blocks: Sequence[Block], tokenizer_file: Path
) -> None:
    """Write the graph with layers in int8, the tokenizer and the description with its checksum.

    :param folder: is made, or written over.
    :param table: as `Student.round_table` returned it.
    :param tokenizer_file: the tokenizer.json that the tokens are of.
    """
    from tokenizers import Tokenizer

    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(tokenizer_file, folder / TOKENIZER_FILE)
    unknown = Tokenizer.from_file(str(tokenizer_file)).token_to_id(UNKNOWN) or 0
    graph = StudentGraph(table, blocks, unknown).eval()
    # Two texts, the second padded: sizes of 1 would be taken for constants.
    tokens = torch.tensor([[5, 6, 7, 8, 9, 10], [5, 6, 7, 8, 0, 0]])
    mask = torch.ones_like(tokens)
    mask[1, -2:] = 0
    write_graph(graph, folder, tokens, mask, "int8", ["MatMul", "Gemm"])
    said = {
        "format": FORMAT,
        "checksum": checksum(folder),
        "source": {"name": PLUS_ENCODER, "revision": "1"},
        "pooling": "mean",
        "layer": None,
        "dimension": table.width,
        "query_prompt": "",
        "document_prompt": "",
        "limit": LIMIT,
        "padding": 0,
        "raw": False,
        "weights": "int8",
    }
    (folder / EXPORT_DESCRIPTION).write_text(json.dumps(said, indent=1) + "\n", "utf-8")
