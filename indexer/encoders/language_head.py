"""Pooled vectors to languages: a linear classifier whose probabilities mean what they say.

The classifier of the embedded encoder's language dimensions and one trained on any other encoder's
vectors (`indexer.languages`) are both one of these.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import Vectors
from indexer.language_tags import UNDETERMINED

# Below this the likeliest language is seldom right: names, "ok", half a word.
LEAST_PROBABILITY = 0.1
# Texts scored at a time: 300 floats each stay in a core's cache.
_BLOCK = 1_024


@dataclass(frozen=True)
class LanguageHead:
    """A linear classifier of languages.

    With n tokens pooled, scores are ``sharpness[n] * (gain[n] * pooled @ weight.T + bias)``; n
    counts up to the last entry. The mean of few tokens says less than that of many: `gain` tells
    the classifier so while it is trained, `sharpness`, an inverse temperature (Guo and others,
    2017), is fitted afterwards to texts of each length.

    :param weight: float32 [languages, dimension].
    :param bias: float32 [languages].
    :param gain: float32 [lengths].
    :param sharpness: float32 [lengths].
    :param languages: BCP-47 tags, one a row; "und" where no language is one of the classes.
    """

    weight: Vectors
    bias: NDArray[np.float32]
    gain: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    languages: tuple[str, ...]

    def probabilities(self, pooled: Vectors, lengths: NDArray[np.int64]) -> Vectors:
        """Return the probability of each language: float32 [n, languages].

        :param pooled: float32 [n, dimension], mean vectors.
        :param lengths: int64 [n], of how many tokens.
        """
        scores = self.scores(pooled, lengths)
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        return scores

    def scores(self, pooled: Vectors, lengths: NDArray[np.int64]) -> Vectors:
        """Return the logarithms of the probabilities, up to a constant a text."""
        place = np.minimum(lengths, len(self.gain) - 1)
        scores: Vectors = pooled @ self.weight.T
        scores *= self.gain[place, None]
        scores += self.bias
        scores *= self.sharpness[place, None]
        return scores

    def likeliest(
        self, pooled: Vectors, lengths: NDArray[np.int64], limit: int = 1
    ) -> list[list[tuple[str, float]]]:
        """Return the most probable languages of each text with their probabilities, best first.

        A text without tokens, or without a likely language, has [("und", 0.0)].
        """
        found: list[list[tuple[str, float]]] = []
        for start in range(0, len(pooled), _BLOCK):
            block = slice(start, start + _BLOCK)
            found += self._likeliest(pooled[block], lengths[block], limit)
        return found

    def _likeliest(
        self, pooled: Vectors, lengths: NDArray[np.int64], limit: int
    ) -> list[list[tuple[str, float]]]:
        names = self.languages
        probability = self.probabilities(pooled, lengths)
        if limit == 1:
            best = probability.argmax(axis=1)[:, None]
        else:
            best = np.argsort(-probability, axis=1, kind="stable")[:, :limit]
        chance = np.take_along_axis(probability, best, axis=1)
        return [
            [(names[place], value) for place, value in zip(places, values, strict=True)]
            if length and values[0] >= LEAST_PROBABILITY
            else [(UNDETERMINED, 0.0)]
            for places, values, length in zip(
                best.tolist(), chance.tolist(), lengths.tolist(), strict=True
            )
        ]
