"""A trained table whose texts spread more evenly: `python -m indexer.training.whitening`.

Training leaves the vectors of texts long in a few directions that all of them share and short in
many that tell them apart. Whitening makes all directions alike (Su and others, 2021), which brings
out their noise as well; a power of it between leaves both. It is a linear map, so it is written
into the table. The training of the whole encoder ends with it; the command is for a table that was
trained without.
"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.embedded import EmbeddedEncoder
from indexer.encoders.four_bits import quantise
from indexer.encoders.protocol import Vectors
from indexer.training.background import save_with_background
from indexer.training.card import rewrite_meaning
from indexer.training.command import add_arguments, command_line, corpus_of, say
from indexer.training.corpus import Corpus
from indexer.training.measure import cut_development, development_figures, pooled
from indexer.training.tokens import TokenizedTexts, tokenize

# 0 leaves all as it is, 1 whitens. Chosen on development pairs and tuning halves
# (docs/encoder.md): from 0.25 to 0.4 all are about equally good.
POWER = 0.3
_TEXTS = 60_000


def whitened(
    table: Vectors, corpus: Corpus, texts: TokenizedTexts, use: NDArray[np.bool_], seed: int
) -> Vectors:
    """Return a table whose texts spread more evenly over all directions.

    :param table: float32 [pieces, dimension].
    :param use: bool [pairs], those whose texts may be looked at.
    """
    known = np.unique(np.concatenate([corpus.left[use], corpus.right[use]]))
    count = min(_TEXTS, len(known))
    chosen = np.random.default_rng(seed).choice(known, count, replace=False)
    vectors = pooled(texts, chosen, table)
    lengths, directions = np.linalg.eigh((vectors.T @ vectors / count).astype(np.float64))
    # A direction that no text has stays as it is.
    lengths = np.where(lengths > 1e-9, lengths, 1.0)
    spread = directions * lengths ** (-POWER / 2) @ directions.T
    found: Vectors = table @ spread.astype(np.float32)
    return found


def main() -> None:
    """Whiten the table of an artifact, and write it and what its card says of meaning."""
    parser = argparse.ArgumentParser(
        prog="python -m indexer.training.whitening",
        description="Make the texts of an artifact spread more evenly; its identifier stays to "
        "the bit. A table is to be treated so once.",
    )
    add_arguments(parser, without=[])
    parser.add_argument("--artifact", type=Path, required=True, help="folder of the encoder")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    corpus = corpus_of(arguments)
    encoder = EmbeddedEncoder(arguments.artifact)
    texts = tokenize(encoder.tokenizer, corpus.texts)
    use, sets = cut_development(corpus)
    table = whitened(encoder.model.table.rows(slice(None)), corpus, texts, use, arguments.seed)
    model = dataclasses.replace(encoder.model, table=quantise(table))
    card = (arguments.artifact / "README.md").read_text("utf-8")
    save_with_background(
        arguments.out, model, encoder.tokenizer, corpus, arguments.seed, encoder.spec.name
    )
    figures = development_figures(sets, texts, model.table.rows(slice(None)))
    command = command_line("indexer.training.whitening")
    rewrite_meaning(arguments.out, card, figures, arguments.held_out, command)
    say(f"written to {arguments.out}")


if __name__ == "__main__":
    main()
