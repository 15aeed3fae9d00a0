"""What a finished table is trained further on: sentences and passages, and what a teacher says."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexer.encoders.protocol import Vectors
from indexer.training.corpus import Corpus, english_side, held_out_sentences, load_corpus
from indexer.training.material import (
    PASSAGE_WEIGHTS,
    SENTENCE_WEIGHTS,
    Material,
    passages,
    thinned,
    with_glosses,
)
from indexer.training.measure import DevelopmentSet, cut_development, pooled
from indexer.training.sampling import PairSampler
from indexer.training.teacher import choose_texts, teacher_vectors
from indexer.training.tokens import TokenizedTexts, tokenize

_FIT = 22_000  # texts that the teacher's space is turned by


@dataclass(frozen=True)
class Materials:
    """What is trained on.

    :param sentences: pairs of sentences and words.
    :param longer: pairs of passages.
    :param sets: development pairs, kept out of both; indices of the texts of `sentences`.
    """

    sentences: Material
    longer: Material
    sets: Sequence[DevelopmentSet]


@dataclass(frozen=True)
class Taught:
    """A material and the teacher's vector of each pair's English text.

    :param material: the pairs.
    :param vectors: float16 [n, width], unit rows in the space of the table.
    :param place: int64 [pairs], into `vectors`; -1 for a pair without one.
    """

    material: Material
    vectors: NDArray[np.float16]
    place: NDArray[np.int64]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is trained on."""
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of <source>.tsv or <source>.tsv.zst")
    add("--out", type=Path, required=True, help="folder the artifact is written to")
    add("--teacher", required=True, help="folder of a sentence-transformers model, or a module")
    add("--work", type=Path, default=Path("work"), help="folder for what a resumed run needs")
    add("--table", type=Path, help="folder of an embedded encoder; without it, our own")
    add("--glosses", type=Path, help="folder with data.noun and so on of WordNet 3")
    add("--held-out", type=Path, help="folder of sentences that must not be trained on")
    add("--without", action="append", default=["cldr"], metavar="SOURCE", help="leave a source out")


def read_materials(arguments: argparse.Namespace, tokenizer_file: Path) -> Materials:
    """Read what `add_arguments` names."""
    held_out = held_out_sentences(arguments.held_out)
    here = {file.name.split(".")[0] for file in arguments.data.iterdir()}
    corpus = load_corpus(
        arguments.data,
        held_out=held_out,
        without=[name for name in arguments.without if name != "cldr" or name in here],
        seed=arguments.seed,
    )
    use, sets = cut_development(corpus)
    if arguments.glosses:
        corpus = with_glosses(corpus, arguments.glosses, held_out)
        use = np.concatenate([use, np.ones(len(corpus.left) - len(use), np.bool_)])
    use = thinned(corpus, use)
    texts = tokenize(Tokenizer.from_file(str(tokenizer_file)), corpus.texts)
    filled = np.diff(texts.offsets) > 0
    use &= filled[corpus.left] & filled[corpus.right]
    longer, longer_texts = passages(corpus, texts, use, arguments.seed)
    say(f"{use.sum():,} pairs of sentences, {len(longer.left):,} of passages")
    every = np.ones(len(longer.left), np.bool_)
    return Materials(
        Material(corpus, texts, PairSampler(corpus, use, 0.55, 0.7, SENTENCE_WEIGHTS)),
        Material(longer, longer_texts, PairSampler(longer, every, 0.5, 0.75, PASSAGE_WEIGHTS)),
        sets,
    )


def cropped_runs(
    texts: TokenizedTexts, sides: NDArray[np.int32], generator: np.random.Generator, whole: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Where each text's tokens are; some texts on the first side are cropped to a run.

    A part of a passage stands for a question: it must find the whole, in the other language.
    """
    which = sides.reshape(-1)
    start = texts.offsets[which].copy()
    length = texts.offsets[which + 1] - start
    count = sides.shape[1]
    chance, least, most = (0.6, 0.08, 0.5) if whole else (0.2, 0.3, 1.0)
    chosen = np.flatnonzero((generator.random(count) < chance) & (length[:count] >= 8))
    share = generator.uniform(least, most, len(chosen))
    short = np.minimum(length[chosen], np.maximum(4, (length[chosen] * share).astype(np.int64)))
    space = length[chosen] - short + 1
    start[chosen] += (generator.random(len(chosen)) * space).astype(np.int64)
    length[chosen] = short
    cropped = np.zeros(count, np.bool_)
    cropped[chosen] = True
    return start, length, cropped


def teach(
    read: Materials, table: Vectors, teacher: str, work: Path, seed: int, few: int | None = None
) -> tuple[Taught, Taught]:
    """Encode the English texts of materials with a teacher, in the space of the table.

    The teacher's vectors are turned by the rotation that brings them nearest to the table's
    (orthogonal Procrustes, Schönemann, 1966), which leaves their cosines as they are.

    :param teacher: as `teacher_vectors` takes it; its vectors stay in a file in `work`.
    :param few: of how many passages, and then of those sentences that `choose_texts` chooses; None
        takes all of both.
    :return: the sentences and the passages.
    """
    found: list[tuple[NDArray[np.float16], NDArray[np.int64], NDArray[np.int64]]] = []
    for name, material in (("sentences", read.sentences), ("passages", read.longer)):
        english = english_side(material.corpus).astype(np.int64)
        english[material.texts.offsets[english + 1] == material.texts.offsets[english]] = -1
        chosen = np.unique(english[english >= 0])
        if few is not None and material is read.longer:
            chosen = _drawn(material.corpus, english, few, seed)
        elif few is not None:
            chosen = choose_texts(material.corpus, english >= 0, seed)
        cached = work / f"teacher-{name}.npy"
        vectors = np.load(cached) if cached.exists() else np.zeros((0, 0), np.float16)
        if len(vectors) != len(chosen):
            vectors = teacher_vectors(
                teacher,
                [material.corpus.texts[text] for text in chosen.tolist()],
                lambda done, total: say(f"teacher: {done:,} of {total:,} texts"),
            )
            np.save(cached, vectors)
        place = np.full(len(material.corpus.texts) + 1, -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        found.append((vectors, chosen, place[english]))
    vectors, chosen, _ = found[0]
    sample = np.random.default_rng(seed).permutation(len(chosen))[:_FIT]
    near = pooled(read.sentences.texts, chosen[sample], table)
    left, _, right = np.linalg.svd(vectors[sample].astype(np.float32).T @ near, full_matrices=False)
    turn = left @ right
    sentences, longer = (
        Taught(material, _turned(vectors, turn), place)
        for material, (vectors, _, place) in zip((read.sentences, read.longer), found, strict=True)
    )
    return sentences, longer


def _drawn(corpus: Corpus, english: NDArray[np.int64], few: int, seed: int) -> NDArray[np.int64]:
    """Draw some English passages, more from sources that count more: sorted indices of texts."""
    there = np.flatnonzero(english >= 0)
    weights = np.array([PASSAGE_WEIGHTS.get(name, 1.0) for name in corpus.sources])
    weight = weights[corpus.source[there]]
    generator = np.random.default_rng(seed)
    drawn = generator.choice(there, min(few, len(there)), replace=False, p=weight / weight.sum())
    return np.unique(english[drawn])


def _turned(vectors: NDArray[np.float16], turn: Vectors) -> NDArray[np.float16]:
    turned = np.empty((len(vectors), turn.shape[1]), np.float16)
    for first in range(0, len(vectors), 50_000):
        part = vectors[first : first + 50_000].astype(np.float32) @ turn
        size = np.linalg.norm(part, axis=1, keepdims=True)
        turned[first : first + 50_000] = part / np.maximum(size, 1e-9)
    return turned


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
