"""Which pairs stand in a batch: by language pair and source, half of the batches from one pair."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.training.corpus import Corpus
from indexer.training.sources import weight_of

# A language pair is drawn in proportion to its weighted size to this power: more favours languages
# with much text, less those with little (docs/encoder.md).
PAIR_EXPONENT = 0.5
# The share of draws that have English on one side: queries and documents meet through it, and its
# pairs are the most varied.
ENGLISH_SHARE = 0.85


@dataclass(frozen=True)
class _Buckets:
    start: NDArray[np.int64]
    size: NDArray[np.int64]
    probability: NDArray[np.float64]


def either_way(
    corpus: Corpus, pairs: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int32]:
    """Return the texts of pairs, int32 [2, n], half of them with their sides exchanged."""
    sides = np.stack([corpus.left[pairs], corpus.right[pairs]])
    swap = generator.random(len(pairs)) < 0.5
    sides[:, swap] = sides[::-1, swap]
    return sides


class PairSampler:
    """Draws batches of pair indices.

    :param corpus: the pairs.
    :param use: bool [pairs], the pairs that may be drawn.
    :param exponent: a language pair is drawn in proportion to its weighted size to this power.
    :param english_share: the share of draws that have English on one side.
    :param weights: how much a pair of each source counts; None takes what the source says.
    """

    def __init__(
        self,
        corpus: Corpus,
        use: NDArray[np.bool_],
        exponent: float = PAIR_EXPONENT,
        english_share: float = ENGLISH_SHARE,
        weights: Mapping[str, float] | None = None,
    ) -> None:
        self._pairs = len(use)
        chosen = np.flatnonzero(use)
        by_bucket = np.lexsort((corpus.source[chosen], corpus.language_pair[chosen]))
        self._order: NDArray[np.int64] = chosen[by_bucket]
        pair, source = corpus.language_pair[self._order], corpus.source[self._order]
        edge = np.flatnonzero(
            np.diff(pair, prepend=-1).astype(bool) | (np.diff(source, prepend=-1) != 0)
        )
        size = np.diff(edge, append=len(pair))
        weight = np.array(
            [
                weight_of(name) if weights is None else weights.get(name, 1.0)
                for name in corpus.sources
            ]
        )
        mass = weight[source[edge]] * size
        bucket_pair = pair[edge]
        pair_mass = np.bincount(bucket_pair, mass, minlength=len(corpus.language_pairs))
        wanted = pair_mass**exponent
        english = np.array(["eng" in languages for languages in corpus.language_pairs])
        for group, share in ((english, english_share), (~english, 1 - english_share)):
            total = wanted[group].sum()
            if total:
                wanted[group] *= share / total
        wanted /= wanted.sum()
        probability = wanted[bucket_pair] * mass / pair_mass[bucket_pair]
        self._all = _Buckets(edge, size, probability / probability.sum())
        self._pair_probability = wanted
        self._first_bucket = np.searchsorted(bucket_pair, np.arange(len(wanted) + 1))

    def probabilities(self) -> NDArray[np.float64]:
        """Return how likely each pair is to be drawn next: float64 [pairs of the corpus]."""
        found = np.zeros(self._pairs)
        found[self._order] = np.repeat(self._all.probability / self._all.size, self._all.size)
        return found

    def mixed(self, size: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Draw a batch from all language pairs."""
        return self._draw(self._all, size, generator)

    def single(self, size: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Draw a batch from one language pair: its other sentences are the hard negatives."""
        pair = generator.choice(len(self._pair_probability), p=self._pair_probability)
        within = slice(self._first_bucket[pair], self._first_bucket[pair + 1])
        probability = self._all.probability[within]
        buckets = _Buckets(
            self._all.start[within], self._all.size[within], probability / probability.sum()
        )
        return self._draw(buckets, min(size, int(buckets.size.sum())), generator)

    def _draw(
        self, buckets: _Buckets, size: int, generator: np.random.Generator
    ) -> NDArray[np.int64]:
        counts = generator.multinomial(size, buckets.probability)
        which = np.repeat(np.arange(len(counts)), counts)
        place = (generator.random(size) * buckets.size[which]).astype(np.int64)
        drawn: NDArray[np.int64] = self._order[buckets.start[which] + place]
        return drawn
