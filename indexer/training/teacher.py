"""A teacher of meaning: an English sentence encoder whose vectors the table learns to give.

Translations teach that "tap" and "grifo" are one thing, but not that a dripping tap has to do with
a washer. A teacher's vector of the English side is the target of both sides of a pair (Reimers and
Gurevych, 2020), so every language learns what the teacher knows of English.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Vectors
from indexer.errors import EncoderError
from indexer.training.corpus import Corpus, english_side

# English texts a source lends to the teacher: encoding them is the slowest step of all, words
# teach as much as sentences, and texts with many translations teach most.
TEXTS_A_SOURCE = 5_000
TEXTS_OF = {
    "cldr": 4_000,
    "djdocs": 9_000,
    "ebible": 9_000,
    "ftl": 7_000,
    "indian_parallel": 20_000,
    "json_i18n": 6_000,
    "mlqe": 12_000,
    "nusa_jv_id": 0,
    "nusax": 500,
    "osm_web": 1_500,
    "po_docs_ui": 9_000,
    "pydocs": 16_000,
    "refugee": 600,
    "storybooks": 2_500,
    "stsb_mt": 14_000,
    "tatoeba": 60_000,
    "tatoeba_manythings": 25_000,
    "tico19": 4_000,
    "wikidict": 12_000,
    "wikipedia_app": 1_500,
    "wordnet": 30_000,
}
_BLOCK = 8_192


@dataclass(frozen=True)
class Targets:
    """Where the texts of a pair should lie.

    :param vectors: float32 [targets, dimension], unit rows.
    :param pair: int32 [pairs], the target of a pair, or -1.
    """

    vectors: Vectors
    pair: NDArray[np.int32]


def choose_texts(corpus: Corpus, use: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    """Choose English texts for the teacher: of each source those in most pairs, with some chance.

    :param use: bool [pairs], the pairs that may be trained on.
    :return: int64, sorted indices of texts.
    """
    english = english_side(corpus)
    generator = np.random.default_rng(seed)
    chosen: list[NDArray[np.int64]] = []
    for number, name in enumerate(corpus.sources):
        within = (corpus.source == number) & (english >= 0) & use
        texts, times = np.unique(english[within], return_counts=True)
        order = np.argsort(-times * np.sqrt(generator.random(len(times))))
        chosen.append(texts[order[: TEXTS_OF.get(name, TEXTS_A_SOURCE)]].astype(np.int64))
    return np.unique(np.concatenate(chosen))


def teacher_folder(name: str) -> Path:
    """Return the folder of a teacher.

    :param name: as in `teacher_vectors`.
    :raises EncoderError: if there is none.
    """
    folder = Path(name)
    try:
        if not folder.is_dir():
            folder = Path(importlib.import_module(name).get_model_path())
    except (ImportError, AttributeError, TypeError, ValueError):
        folder = Path()
    if not (folder / "config.json").exists() and not (folder / "modules.json").exists():
        raise EncoderError(
            f"There is no teacher {name!r}: name the folder of a sentence-transformers model, or "
            "an installed module that carries one."
        )
    return folder


def teacher_vectors(
    name: str, texts: list[str], report: Callable[[int, int], None]
) -> NDArray[np.float16]:
    """Encode texts with a sentence-transformers model.

    :param name: a folder, or an installed module that carries a model and has `get_model_path()`.
    :param report: called with the texts encoded and the texts in all.
    :return: float16 [n, the teacher's width].
    :raises EncoderError: if there is no such model.
    """
    import torch
    from sentence_transformers import SentenceTransformer

    folder = teacher_folder(name)
    # bfloat16 is three times as fast on a CPU that has it; cosines to float32 are above 0.9999.
    try:
        model = SentenceTransformer(str(folder), local_files_only=True).to(torch.bfloat16)
    except (OSError, ValueError) as error:
        raise EncoderError(
            f"The teacher in {folder} cannot be loaded ({str(error).splitlines()[0]})."
        ) from error
    order = np.argsort([len(text) for text in texts])
    width = int(model.get_embedding_dimension() or 0)
    vectors = np.zeros((len(texts), width), np.float16)
    for start in range(0, len(order), _BLOCK):
        block = order[start : start + _BLOCK]
        encoded = model.encode([texts[i] for i in block], batch_size=64, show_progress_bar=False)
        vectors[block] = np.asarray(encoded, np.float32)
        report(min(start + _BLOCK, len(order)), len(order))
    return vectors


def make_targets(
    corpus: Corpus, texts: NDArray[np.int64], vectors: NDArray[np.float16], dimension: int
) -> Targets:
    """Reduce a teacher's vectors to the table's width and assign them to pairs.

    The reduction keeps the directions that carry most of the vectors' length (a singular value
    decomposition without centring), so cosines stay as near as can be.

    :param texts: int64 [n], the texts the vectors are of.
    :param vectors: float16 [n, the teacher's width].
    """
    full = vectors.astype(np.float32)
    _, directions = np.linalg.eigh(full.T @ full)
    reduced = full @ directions[:, ::-1][:, :dimension]
    reduced /= np.maximum(np.linalg.norm(reduced, axis=1, keepdims=True), 1e-9)
    if reduced.shape[1] < dimension:
        reduced = np.pad(reduced, ((0, 0), (0, dimension - reduced.shape[1])))
    place = np.full(len(corpus.texts) + 1, -1, np.int32)  # the last stands for "no English side"
    place[texts] = np.arange(len(texts))
    return Targets(np.ascontiguousarray(reduced), place[english_side(corpus)])
