"""Retrieval figures for encoders, poolings and layers on parallel text.

Two questions: between two languages, is the nearest text the translation? And in a pool of all
languages mixed, how far up does it stand, and is what stands above it in the query's own language?
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.centres import Centres
from indexer.centring import estimate
from indexer.encoders import load_encoder
from indexer.encoders.protocol import EncoderSpec, Vectors
from indexer.encoders.variants import EncoderVariants
from indexer.parallel_text import XTREME_LANGUAGES, ParallelTexts, accuracy
from indexer.progress import ProgressCallback, SyncProgress
from search.evaluation_vectors import VectorStore, embed, kinds_of, opened, row_name, text_key
from search.mixed_pool import LanguageFigures, MixedPool


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Accuracy between two languages, in percent.

    :param languages: the first and the second language.
    :param pairs: how many texts there were to choose from.
    :param forth: texts of the first whose nearest in the second is their translation.
    :param back: texts of the second whose nearest in the first is.
    """

    languages: tuple[str, str]
    pairs: int
    forth: float
    back: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of one encoder under one pooling of one layer, in percent.

    :param spec: the encoder's.
    :param pairs: between two languages.
    :param languages: in the mixed pool.
    :param centred: whether each language's centre was taken off first, as an index can do.
    """

    spec: EncoderSpec
    pairs: tuple[PairFigures, ...]
    languages: tuple[LanguageFigures, ...]
    centred: bool = False

    @property
    def forth(self) -> float:
        """Accuracy from the first language to the second, the mean over language pairs."""
        return float(np.mean([one.forth for one in self.pairs]))

    @property
    def back(self) -> float:
        """Accuracy from the second language to the first, the mean over language pairs."""
        return float(np.mean([one.back for one in self.pairs]))

    @property
    def xtreme(self) -> tuple[float, float] | None:
        """`forth` and `back` over XTREME's 36 languages with English, None if not all are there."""
        pairs = {one.languages[0]: one for one in self.pairs if one.languages[1] == "eng"}
        if not set(XTREME_LANGUAGES) <= set(pairs):
            return None
        chosen = [pairs[code] for code in XTREME_LANGUAGES]
        return (
            float(np.mean([one.forth for one in chosen])),
            float(np.mean([one.back for one in chosen])),
        )

    @property
    def reciprocal_rank(self) -> float:
        """The mean reciprocal rank in the mixed pool, the mean over languages."""
        return float(np.mean([one.reciprocal_rank for one in self.languages]))

    @property
    def own_share(self) -> float | None:
        """The share of the query's own language above a translation, the mean over languages."""
        shares = [one.own_share for one in self.languages if one.own_share is not None]
        return float(np.mean(shares)) if shares else None

    @property
    def pool_share(self) -> float:
        """A language's share of the pool, the mean over languages."""
        return float(np.mean([one.pool_share for one in self.languages]))


def evaluate(
    sets: Sequence[ParallelTexts],
    encoders: Sequence[EncoderVariants],
    work: Path,
    *,
    centring: bool = False,
    progress: ProgressCallback | None = None,
) -> list[Evaluation]:
    """Measure encoders; texts are embedded once for all poolings and layers of one.

    :param sets: parallel texts.
    :param encoders: what to measure.
    :param work: a folder that exists, where vectors are kept, so that a killed run goes on.
    :param centring: measure each also with the centres of its languages taken off, found in these
        same texts.
    :param progress: called while texts are embedded and figures are made.
    :return: one a variant, in the order given; with centring two, the centred one second. Figures
        are of vectors in half precision, as an index keeps them.
    """
    pool = MixedPool(sets)
    texts = list(dict.fromkeys(text for one in sets for text in (*one.first, *one.second)))
    found: list[Evaluation] = []
    with opened(work) as store:
        for variants in encoders:
            embed(variants, texts, store, progress)
        specs = [spec for variants in encoders for spec in variants.specs]
        for spec in specs:
            if progress is not None:
                progress(SyncProgress("measuring", len(found), len(specs), current=spec.name))
            found.append(_measured(spec, sets, texts, pool, store))
            if centring:
                found.append(_measured(spec, sets, texts, pool, store, centring=True))
    return found


def _measured(
    spec: EncoderSpec,
    sets: Sequence[ParallelTexts],
    texts: list[str],
    pool: MixedPool,
    store: VectorStore,
    *,
    centring: bool = False,
) -> Evaluation:
    keys = [text_key(text) for text in texts]
    rows = {text: row for row, text in enumerate(texts)}
    loaded = [store.load(row_name(spec, kind), keys, spec.dimension) for kind in kinds_of(spec)]
    documents, queries = loaded[0], loaded[-1]
    pooled = [rows[text] for text in pool.texts]
    centres: Centres | None = None
    if centring:
        subjects = load_encoder().encode(pool.texts)
        centres = estimate(1, documents[pooled], subjects, pool.languages)

    def side(vectors: Vectors, chosen: Sequence[int], languages: Sequence[str]) -> Vectors:
        found = vectors[chosen]
        return found if centres is None else centres.documents(found, languages)

    pairs = []
    for one in sets:
        first, second = (
            ([rows[text] for text in texts], [language] * len(texts))
            for language, texts in zip(one.languages, (one.first, one.second), strict=True)
        )
        forth = accuracy(side(queries, *first), side(documents, *second))
        back = accuracy(side(queries, *second), side(documents, *first))
        pairs.append(PairFigures(one.languages, len(one.first), forth, back))
    asked = documents = side(documents, pooled, pool.languages)
    if len(loaded) > 1:
        asked = side(queries, pooled, pool.languages)
    return Evaluation(spec, tuple(pairs), pool.figures(asked, documents), centring)
