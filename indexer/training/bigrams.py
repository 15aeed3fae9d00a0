"""Which pairs of neighbouring tokens get a row of their own."""

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.bigrams import Bigrams, keys_of, pairs_of
from indexer.encoders.few_bits import FewBits, quantise
from indexer.encoders.protocol import Vectors
from indexer.training.corpus import Corpus
from indexer.training.sampling import PairSampler
from indexer.training.tokens import TokenizedTexts

# Of a value of their rows: two cost nothing measurable, where a token's four do (docs/encoder.md).
BITS = 2
# A pair that is seen in fewer texts learns nothing that others use.
LEAST_SEEN = 20
# How much likelier than by chance two tokens must meet, as a natural logarithm.
LEAST_INFORMATION = 0.5


def choose_bigrams(
    corpus: Corpus, texts: TokenizedTexts, use: NDArray[np.bool_], vocabulary: int, count: int
) -> tuple[NDArray[np.int32], NDArray[np.float16]]:
    """Choose the pairs that tell most beyond their tokens where training meets them most.

    Ordered by how often a pair is drawn in training times its pointwise mutual information, its
    share in what the tokens of a text tell of each other (Church and Hanks, 1990).

    :param use: bool [pairs], the pairs of texts that may be looked at.
    :param vocabulary: how many tokens there are.
    :param count: how many pairs of tokens are wanted; there may be fewer.
    :return: int32 [n, 2], ascending; float16 [n, 2], in what share of the places of either token
        the pair is.
    """
    drawn = _drawn(corpus, use)
    lengths = np.diff(texts.offsets)
    weight = np.repeat(drawn, lengths)
    meets = weight[1:] > 0
    meets[texts.offsets[:-1][lengths > 0][1:] - 1] = False
    keys = keys_of(texts.tokens[:-1], texts.tokens[1:], vocabulary)[meets]
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    often = np.add.reduceat(weight[1:][meets][order], first) if len(first) else np.zeros(0)
    seen = np.diff(first, append=len(keys)) >= LEAST_SEEN
    keys, often = keys[first][seen], often[seen]
    alone = np.bincount(texts.tokens, weight, minlength=vocabulary)
    pairs = pairs_of(keys, vocabulary)
    information = np.log(often * alone.sum() / alone[pairs].prod(axis=1))
    telling = np.flatnonzero(information > LEAST_INFORMATION)
    best = telling[np.argsort(-(often * information)[telling], kind="stable")][:count]
    best.sort()
    return pairs[best], (often[best, None] / alone[pairs[best]]).astype(np.float16)


def with_bigrams(
    texts: TokenizedTexts, bigrams: NDArray[np.int32], vocabulary: int
) -> TokenizedTexts:
    """Return texts in which the row of a pair stands after its tokens, as a token of its own."""
    tokens, offsets, _ = Bigrams(bigrams, vocabulary).woven(texts.tokens, texts.offsets)
    return TokenizedTexts(tokens, offsets)


def rounded(rows: Vectors, vocabulary: int) -> tuple[FewBits, FewBits]:
    """Round the rows of tokens, and those of pairs after them, to what is stored of either."""
    return quantise(rows[:vocabulary]), quantise(rows[vocabulary:], BITS)


def _drawn(corpus: Corpus, use: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how often each text is drawn in training, relative to others: float64 [texts]."""
    pairs = PairSampler(corpus, use).probabilities()
    drawn = np.zeros(len(corpus.texts))
    for side in (corpus.left, corpus.right):
        drawn += np.bincount(side, pairs, minlength=len(drawn))
    return drawn
