"""Cuts short texts as a Unigram tokenizer would, without loading one.

Building the tokenizer's trie takes longer than everything else in a first search. Its vocabulary
as a dictionary is there in a fifth of that, and a query's few words are soon cut by hand: the best
path over the pieces (Kudo, 2018), step by step what `tokenizers` does, so the tokens are the same.
"""

import json
from itertools import accumulate
from typing import Any

from tokenizers import Encoding, PreTokenizedString, Token, Tokenizer

# What an unknown character costs beyond the least likely piece, as in `tokenizers`.
_UNKNOWN_PENALTY = 10.0
_WORDS_KEPT = 10_000
# Put before every word, so that pieces which open one are told from those inside.
WORD_START = "\u2581"


class UnigramCutter:
    """Text to token ids, of which `unknown` stands for what no piece covers.

    :param stored: a tokenizer.json with a Unigram model.
    :raises ValueError: if its model is another one.
    """

    def __init__(self, stored: bytes) -> None:
        parts: dict[str, Any] = json.loads(stored)
        model = parts["model"]
        if model["type"] != "Unigram" or model.get("byte_fallback"):
            raise ValueError(f"cannot cut with a model of type {model['type']}")
        vocabulary = model["vocab"]
        self._ids: dict[str, int] = {piece: i for i, (piece, _) in enumerate(vocabulary)}
        self._scores: list[float] = [score for _, score in vocabulary]
        self._longest = max(map(len, self._ids))
        self.unknown: int = model["unk_id"]
        self._unknown_score = min(self._scores) - _UNKNOWN_PENALTY
        self._special = [token["content"] for token in parts["added_tokens"]]
        # Everything before the model is cheap to load: the tokenizer itself does it.
        model["vocab"] = [vocabulary[self.unknown]]
        model["unk_id"] = 0
        whole = Tokenizer.from_str(json.dumps(parts))
        self._normalizer, self._pre_tokenizer = whole.normalizer, whole.pre_tokenizer
        self._cut: dict[str, tuple[list[int], list[int]]] = {}

    def can_cut(self, text: str) -> bool:
        """Tell whether a text holds none of the tokens that stand outside the vocabulary."""
        return not any(token in text for token in self._special)

    @property
    def pieces(self) -> list[str]:
        """The vocabulary, by id."""
        return list(self._ids)

    def encode(self, text: str) -> Encoding:
        """Return the tokens of a text with their places in it, in characters.

        :param text: one that `can_cut`.
        :raises UnicodeEncodeError: if it holds half of a surrogate pair.
        """
        whole = PreTokenizedString(text)
        whole.normalize(self._normalizer.normalize)
        self._pre_tokenizer.pre_tokenize(whole)
        whole.tokenize(self._tokens)
        return whole.to_encoding()

    def _tokens(self, word: str) -> list[Token]:
        """Return a word's tokens; unknown ones side by side are one, as in `tokenizers`."""
        tokens: list[tuple[int, int, int]] = []
        start = 0
        for id, end in zip(*self._word(word), strict=True):
            if id == self.unknown and tokens and tokens[-1][0] == id:
                start = tokens.pop()[1]
            tokens.append((id, start, end))
            start = end
        # The library counts in bytes.
        place = [0, *accumulate(len(letter.encode()) for letter in word)]
        return [Token(id, word[begin:end], (place[begin], place[end])) for id, begin, end in tokens]

    def _word(self, word: str) -> tuple[list[int], list[int]]:
        """Return a word's ids, and where each ends."""
        known = self._cut.get(word)
        if known is None:
            known = self._best_path(word)
            if len(self._cut) < _WORDS_KEPT:
                self._cut[word] = known
        return known

    def _best_path(self, word: str) -> tuple[list[int], list[int]]:
        size, ids, scores = len(word), self._ids, self._scores
        best = [-float("inf")] * (size + 1)
        best[0] = 0.0
        came_from: list[tuple[int, int]] = [(0, 0)] * (size + 1)
        for start in range(size):
            here = best[start]
            for end in range(start + 1, min(size, start + self._longest) + 1):
                id = ids.get(word[start:end])
                if id is not None:
                    score = scores[id] + here
                elif end == start + 1:
                    id, score = self.unknown, self._unknown_score + here
                else:
                    continue
                if score > best[end]:
                    best[end], came_from[end] = score, (start, id)
        path: list[int] = []
        ends: list[int] = []
        end = size
        while end:
            ends.append(end)
            end, id = came_from[end]
            path.append(id)
        return path[::-1], ends[::-1]
