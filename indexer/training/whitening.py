"""Vectors that spread more evenly: `python -m indexer.training.whitening` treats an export.

Training leaves the vectors of texts long in a few directions that all of them share and short in
many that tell them apart. Whitening makes all directions alike (Su and others, 2021), which brings
out their noise as well; a power of it between leaves both. It is a linear map, so it is written
into the table, or after the mean of a graph for ONNX Runtime. The trainings of both encoders end
with it; the command is for a student that was trained without.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.catalog import EXPORT_DESCRIPTION
from indexer.encoders.onnx_encoder import MODEL_FILE, OUTPUT, OnnxEncoder, checksum
from indexer.encoders.protocol import Vectors
from indexer.errors import EncoderError
from indexer.training.command import add_arguments, corpus_of, in_a_sentence, say, say_figures
from indexer.training.corpus import Corpus
from indexer.training.measure import cut_development, figures_of, pooled
from indexer.training.tokens import TokenizedTexts

if TYPE_CHECKING:
    import onnx

# 0 leaves all as it is, 1 whitens. Chosen on development pairs and tuning halves
# (docs/encoder.md): from 0.25 to 0.4 all are about equally good.
POWER = 0.3
_TEXTS = 60_000
_MATRIX = "whitening"  # its name in a graph


def whitened(
    table: Vectors,
    corpus: Corpus,
    texts: TokenizedTexts,
    use: NDArray[np.bool_],
    seed: int,
    width: int | None = None,
) -> Vectors:
    """Return a table whose texts spread more evenly over all directions.

    :param table: float32 [pieces, dimension].
    :param use: bool [pairs], those whose texts may be looked at.
    :param width: as in `spreading`.
    :return: float32 [pieces, width].
    """
    spread = spreading(pooled(texts, texts_to_spread(corpus, use, seed), table), width)
    found: Vectors = table @ spread
    return found


def whiten_graph(folder: Path, spread: Vectors) -> None:
    """Multiply the vectors of an exported encoder by a matrix, in its graph.

    :param folder: as `export_onnx` wrote it; its checksum is renewed.
    :param spread: float32 [dimension, dimension].
    :raises EncoderError: as `unwhitened`.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = unwhitened(folder)
    graph = model.graph
    [mean] = [node for node in graph.node if OUTPUT in node.output]
    mean.output[:] = ["mean"]
    # Not rounded to int8 as the layers are: it is a thousandth of the work, and the last step.
    graph.initializer.append(numpy_helper.from_array(spread, _MATRIX))
    graph.node.append(helper.make_node("MatMul", ["mean", _MATRIX], [OUTPUT]))
    onnx.save(model, str(folder / MODEL_FILE))
    said = json.loads((folder / EXPORT_DESCRIPTION).read_text("utf-8"))
    said["checksum"] = checksum(folder)
    (folder / EXPORT_DESCRIPTION).write_text(json.dumps(said, indent=1) + "\n", "utf-8")


def unwhitened(folder: Path) -> "onnx.ModelProto":
    """Return the model of an exported encoder that was not whitened before.

    :raises EncoderError: if the folder holds none.
    """
    import onnx

    if not (folder / EXPORT_DESCRIPTION).exists():
        raise EncoderError(
            f"{folder} holds no exported encoder: give the folder of one. A table needs nothing, "
            "its training ended with this."
        )
    model = onnx.load(str(folder / MODEL_FILE))
    if any(one.name == _MATRIX for one in model.graph.initializer):
        raise EncoderError(f"The encoder in {folder} is whitened already: take it as it is.")
    return model


def spreading(vectors: Vectors, width: int | None = None) -> Vectors:
    """Return the matrix that spreads texts more evenly: float32 [dimension, width].

    :param vectors: float32 [n, dimension], unit rows.
    :param width: how many directions are left, those in which texts differ most, turned at random
        because what is to be rounded should have numbers of one size; None keeps all as they are.
    """
    moments = (vectors.T @ vectors / len(vectors)).astype(np.float64)
    lengths, directions = np.linalg.eigh(moments)
    # A direction that no text has stays as it is.
    lengths = np.where(lengths > 1e-9, lengths, 1.0)
    stretched = directions * lengths ** (-POWER / 2)
    if width is None:
        spread: Vectors = (stretched @ directions.T).astype(np.float32)
    else:
        random = np.random.default_rng(1).standard_normal((width, width))
        spread = (stretched[:, -width:] @ np.linalg.qr(random)[0]).astype(np.float32)
    return spread


def texts_to_spread(corpus: Corpus, use: NDArray[np.bool_], seed: int) -> NDArray[np.integer]:
    """Draw the texts whose vectors say what is to be spread: their indices.

    :param use: as in `whitened`.
    """
    known = np.unique(np.concatenate([corpus.left[use], corpus.right[use]]))
    count = min(_TEXTS, len(known))
    drawn: NDArray[np.integer] = np.random.default_rng(seed).choice(known, count, replace=False)
    return drawn


@in_a_sentence
def main() -> None:
    """Whiten an exported encoder and say its figures on development pairs."""
    parser = argparse.ArgumentParser(
        prog="python -m indexer.training.whitening",
        description="Make the texts of an exported encoder spread more evenly.",
    )
    add_arguments(parser, without=[])
    parser.add_argument("--artifact", type=Path, required=True, help="folder of the encoder")
    arguments = parser.parse_args()
    unwhitened(arguments.artifact)  # before the corpus is read, which takes minutes
    corpus = corpus_of(arguments)
    use, sets = cut_development(corpus)

    def encode(which: NDArray[np.integer]) -> Vectors:
        return encoder.encode([corpus.texts[text] for text in which.tolist()])

    encoder = OnnxEncoder(arguments.artifact)
    spread = spreading(encode(texts_to_spread(corpus, use, arguments.seed)))
    shutil.copytree(arguments.artifact, arguments.out, dirs_exist_ok=True)
    whiten_graph(arguments.out, spread)
    encoder = OnnxEncoder(arguments.out)
    say_figures(figures_of(sets, encode))
    say(f"written to {arguments.out}")


if __name__ == "__main__":
    main()
