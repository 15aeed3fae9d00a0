"""What cosines are between texts that have nothing to do with each other, for small indexes."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from indexer.encoders.embedded import EmbeddedEncoder, EmbeddedModel, save_embedded
from indexer.encoders.protocol import Vectors
from indexer.training.corpus import Corpus
from indexer.training.tokens import text_languages

PASSAGES = 6_000
LINES = 3  # texts of one language a passage


def save_with_background(
    folder: Path,
    model: EmbeddedModel,
    tokenizer: Tokenizer,
    corpus: Corpus,
    seed: int,
    name: str = "embedded",
) -> None:
    """Write an artifact that knows what cosines are between texts with nothing in common.

    It is written twice: what it encodes must be known before that can be measured.
    """
    save_embedded(folder, model, tokenizer, name)
    mean, deviation = measure_background(corpus, EmbeddedEncoder(folder).encode, seed)
    model = dataclasses.replace(model, background=mean, background_deviation=deviation)
    save_embedded(folder, model, tokenizer, name)


def measure_background(
    corpus: Corpus, encode: Callable[[list[str]], Vectors], seed: int
) -> tuple[Vectors, float]:
    """Measure passages joined of random texts, as many of every language as of any other.

    :return: their mean unit vector, float32 [d], and the deviation of cosines between them.
    """
    _, language = text_languages(corpus)
    generator = np.random.default_rng(seed)
    order = generator.permutation(np.flatnonzero(language >= 0))
    order = order[np.argsort(language[order], kind="stable")]
    counts = np.bincount(language[order])
    of_each = max(1, PASSAGES // int((counts >= LINES).sum() or 1))
    passages: list[str] = []
    for rows in np.split(order, np.cumsum(counts)[:-1]):
        whole = min(of_each, len(rows) // LINES)
        for lines in rows[: whole * LINES].reshape(whole, LINES):
            passages.append("\n".join(corpus.texts[i] for i in lines.tolist()))
    vectors = encode([passages[i] for i in generator.permutation(len(passages)).tolist()])
    between = vectors[0::2] @ vectors[1::2].T
    return vectors.mean(axis=0), float(between.std())
