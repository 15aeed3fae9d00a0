"""Pairs of neighbouring tokens that have a row of their own, beside those of the two.

The mean of token vectors does not know what stands beside what. The commonest pairs are phrases
("good night"), syllables of one word where a script parts them ("học sinh") and rare words in two
pieces: each gets a vector that is added to the sum wherever its tokens meet.
"""

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.int32]
Places = NDArray[np.int64]

# Slots a pair: where there are so many, a look finds a pair, or an empty slot, nearly always.
_ROOM = 8
# Spreads keys over the slots (Fibonacci hashing: Knuth, The Art of Computer Programming, 6.4).
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_EMPTY = np.int64(-1)


def keys_of(first: Tokens, second: Tokens, vocabulary: int) -> NDArray[np.int64]:
    """Return a number for each pair of tokens, in the order of pairs."""
    keys = first.astype(np.int64)
    keys *= vocabulary
    keys += second
    return keys


def pairs_of(keys: NDArray[np.int64], vocabulary: int) -> NDArray[np.int32]:
    """Return the pairs of tokens that some numbers stand for: int32 [n, 2]."""
    return np.stack([keys // vocabulary, keys % vocabulary], axis=1).astype(np.int32)


class Bigrams:
    """Finds the pairs of tokens that have rows.

    :param pairs: int32 [n, 2], distinct, ascending by the first token and then the second.
    :param vocabulary: how many tokens there are; the row of pair i is numbered `vocabulary` + i.
    """

    def __init__(self, pairs: NDArray[np.int32], vocabulary: int) -> None:
        self._vocabulary = vocabulary
        keys = keys_of(pairs[:, 0], pairs[:, 1], vocabulary)
        bits = max(1, int(_ROOM * len(keys)).bit_length())
        self._shift = np.uint64(64 - bits)
        # One slot more for each pair, so that none is looked for beyond the last.
        self._keys = np.full((1 << bits) + len(keys) + 1, _EMPTY)
        self._rows = np.zeros(len(self._keys), np.int32)
        slots, left = self._slots(keys), np.arange(len(keys))
        while len(left):  # a pair whose slot is taken moves on to the next
            free = left[self._keys[slots[left]] == _EMPTY]
            _, first = np.unique(slots[free], return_index=True)
            placed = free[first]
            self._keys[slots[placed]] = keys[placed]
            self._rows[slots[placed]] = placed + vocabulary
            left = np.setdiff1d(left, placed, assume_unique=True)
            slots[left] += 1
        self._taken = self._keys != _EMPTY

    def found(self, tokens: Tokens, first: Places) -> tuple[Places, Tokens]:
        """Find the pairs in some texts.

        :param tokens: the tokens of the texts end to end.
        :param first: where each text begins, ascending; an empty one begins where the next does.
        :return: the places of the second tokens of pairs, ascending, and the pairs' rows.
        """
        if len(tokens) < 2:
            return np.empty(0, np.int64), np.empty(0, np.int32)
        keys = keys_of(tokens[:-1], tokens[1:], self._vocabulary)
        slots = self._slots(keys)
        likely = self._taken[slots]
        likely[first[(first > 0) & (first < len(tokens))] - 1] = False
        places = np.flatnonzero(likely)
        slots, keys = slots[places], keys[places]
        open_ = np.flatnonzero(self._keys[slots] != keys)
        while len(open_):
            slots[open_] += 1
            there = self._keys[slots[open_]]
            open_ = open_[(there != keys[open_]) & (there != _EMPTY)]
        right = self._taken[slots]
        return places[right] + 1, self._rows[slots[right]]

    def woven(self, tokens: Tokens, edges: Places) -> tuple[Tokens, Places, Places]:
        """Put the row of each pair after its tokens, as a token of its own.

        :param tokens: the tokens of the texts end to end.
        :param edges: [texts + 1], where each text begins and the last ends.
        :return: tokens and edges with the pairs, and the places that the second tokens had before.
        """
        second, rows = self.found(tokens, edges[:-1])
        return (
            np.insert(tokens, second + 1, rows),
            edges + np.searchsorted(second, edges),
            second,
        )

    def _slots(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where keys are looked for first."""
        slots: NDArray[np.int64] = ((keys.view(np.uint64) * _MULTIPLIER) >> self._shift).view(
            np.int64
        )
        return slots
