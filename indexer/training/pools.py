"""Tokenized texts that the identifier's batches are drawn from, whole or some of their words."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from indexer.training.tokens import TokenizedTexts, gather_runs

# Tokens end to end, lengths and labels of what was drawn.
Drawn = tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]
# A "word" of a script without spaces is cut at this many tokens.
LONGEST_RUN = 16


@dataclass(frozen=True)
class Pool:
    """Tokenized texts and their labels.

    :param label: int64 [texts], ascending.
    :param begins: bool [vocabulary], which pieces stand at the start of a word.
    """

    texts: TokenizedTexts
    label: NDArray[np.int64]
    begins: NDArray[np.bool_]

    def draw(self, label: NDArray[np.int64], generator: np.random.Generator) -> Drawn:
        """Draw a random text of each label; those without tokens are left out."""
        which, label = self._texts_of(label, generator)
        start = self.texts.offsets[which]
        length = self.texts.offsets[which + 1] - start
        return self._runs(start, length, label)

    def draw_words(
        self, label: NDArray[np.int64], fewest: int, most: int, generator: np.random.Generator
    ) -> Drawn:
        """Draw some words in a row from a random text of each label.

        A word is cut by itself, so its tokens in a text are those of the word alone.

        :param fewest: words, where a text has as many.
        """
        which, label = self._texts_of(label, generator)
        words, first = self._words
        there = first[which + 1] - first[which]
        some = there > 0
        which, label, there = which[some], label[some], there[some]
        count = np.minimum(generator.integers(fewest, most + 1, len(which)), there)
        word = first[which] + (generator.random(len(which)) * (there - count + 1)).astype(np.int64)
        start = words[word]
        return self._runs(start, np.minimum(words[word + count] - start, LONGEST_RUN), label)

    @cached_property
    def _words(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where words begin, and the number of each text's first word; both end with the end."""
        begins = self.begins[self.texts.tokens]
        offsets = self.texts.offsets
        begins[offsets[:-1][np.diff(offsets) > 0]] = True
        words = np.append(np.flatnonzero(begins), len(begins))
        return words, np.searchsorted(words, offsets)

    def _texts_of(
        self, label: NDArray[np.int64], generator: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Choose a text of each label that has some."""
        first = np.searchsorted(self.label, label)
        size = np.searchsorted(self.label, label, side="right") - first
        which = first + (generator.random(len(label)) * size).astype(np.int64)
        return which[size > 0], label[size > 0]

    def _runs(
        self, start: NDArray[np.int64], length: NDArray[np.int64], label: NDArray[np.int64]
    ) -> Drawn:
        some = length > 0
        tokens, _ = gather_runs(self.texts.tokens, start[some], length[some])
        return tokens, length[some], label[some]
