"""The encoder that ships: a tokenizer, a table of token vectors, their mean, unit length.

A static encoder needs neither torch nor transformers. The table also holds, beside the semantic
dimensions, the language dimensions, so a text's language comes from the same pass. How it is
trained stands in `indexer.training`.
"""

import hashlib
import json
import os
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors
from tokenizers import Encoding, Tokenizer

from indexer.encoders.bigrams import Bigrams, keys_of, pairs_of
from indexer.encoders.few_bits import FewBits, KeptRows, quantise
from indexer.encoders.language_head import LanguageHead
from indexer.encoders.pooling import mean_rows
from indexer.encoders.protocol import (
    EncoderSpec,
    TextKind,
    TokenVectors,
    Vectors,
    WordPiece,
    sayable,
)
from indexer.encoders.unigram import WORD_START, UnigramCutter
from indexer.encoders.word_tokens import (
    MOST_WORDS,
    Counts,
    Ids,
    Rows,
    WordTokens,
    split,
    split_in_place,
)
from indexer.errors import EncoderError

MODEL_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"
CONFIG_FILE = "config.json"
_TABLES = ("table", "language_table", "bigram_table")
_HEAD_TENSORS = ("weight", "bias", "gain", "sharpness")
_WEIGHT_TENSOR, _BACKGROUND_TENSOR = "token_weight", "background"
_BIGRAMS_TENSOR, _BIGRAM_SHARE_TENSOR = "bigrams", "bigram_share"
# A sentence needs its every word to be told from others like it; in a question, or a page of text,
# function words drown the subject. Between these numbers of tokens a text passes from the one to
# the other.
_SENTENCE, _PASSAGE = 48, 80
# Texts cut at a time: enough to keep every core busy, few enough that each thread has some.
_BLOCK = 4_096
_CORES = os.cpu_count() or 1
# While the words of one block are cut, others are pooled.
_THREADS = max(2, _CORES)
# The most words that are given to the tokenizer as one text.
_TOGETHER = 128
# Up to so many characters are cut sooner by one core than another is woken.
_FOR_ONE_CORE = 1_000
# Up to this many characters in all are cut without loading the tokenizer.
_FEW_CHARACTERS = 60_000


@dataclass(frozen=True)
class EmbeddedModel:
    """The arrays of the artifact.

    :param table: a token's semantic vector: [vocabulary, dimension].
    :param language_table: its language vector: [vocabulary, language dimension].
    :param head: the classifier of a text's mean language vector.
    :param token_weight: float16 [vocabulary], what a token counts in a query or a long text: the
        commoner, the less.
    :param bigrams: int32 [n, 2], pairs of neighbouring tokens that have a vector of their own,
        ascending.
    :param bigram_share: float16 [n, 2], in what share of the places of either token the pair is.
    :param bigram_table: their semantic vectors: [n, dimension].
    :param background: float32 [dimension], the mean vector of passages of every language.
    :param background_deviation: of cosines between passages that have nothing to do with each
        other.
    """

    table: FewBits
    language_table: FewBits
    head: LanguageHead
    token_weight: NDArray[np.float16]
    bigrams: NDArray[np.int32]
    bigram_share: NDArray[np.float16]
    bigram_table: FewBits
    background: Vectors
    background_deviation: float

    def semantic_rows(self) -> Vectors:
        """Return the rows of tokens and then of their pairs: [vocabulary + n, dimension]."""
        return np.concatenate([self.table.rows(slice(None)), self.bigram_table.rows(slice(None))])

    def alone(self) -> Vectors:
        """Return the rows of tokens for where pairs cannot be told: [vocabulary, dimension].

        Half of what its pairs add to a token on average is added to it for good, which keeps most
        of what they give (docs/encoder.md).
        """
        rows: Vectors = self.table.rows(slice(None))
        pairs = self.bigram_table.rows(slice(None))
        for tokens, share in zip(self.bigrams.T, self.bigram_share.T, strict=True):
            np.add.at(rows, tokens, share[:, None].astype(np.float32) / 2 * pairs)
        return rows


def save_embedded(
    folder: Path, model: EmbeddedModel, tokenizer: Tokenizer, name: str = "embedded"
) -> None:
    """Write an artifact that `EmbeddedEncoder` loads, with the checksums it is held to."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, NDArray[Any]] = {
        f"language_{part}": getattr(model.head, part) for part in _HEAD_TENSORS
    }
    tensors[_WEIGHT_TENSOR] = model.token_weight
    tensors[_BACKGROUND_TENSOR] = np.append(model.background, model.background_deviation).astype(
        np.float32
    )
    tensors[_BIGRAMS_TENSOR] = _gaps(model.bigrams, len(model.table.codes))
    tensors[_BIGRAM_SHARE_TENSOR] = model.bigram_share
    for name_of in _TABLES:
        table: FewBits = getattr(model, name_of)
        tensors[name_of] = table.codes
        tensors[f"{name_of}_scale"] = table.scale
        tensors[f"{name_of}_levels"] = table.levels
    (folder / MODEL_FILE).write_bytes(save_tensors(tensors))
    tokenizer.save(str(folder / TOKENIZER_FILE), pretty=False)
    config = {
        "name": name,
        "dimension": model.table.width,
        "languages": list(model.head.languages),
        "sha256": {
            file: hashlib.sha256((folder / file).read_bytes()).hexdigest()
            for file in (MODEL_FILE, TOKENIZER_FILE)
        },
    }
    text = json.dumps(config, ensure_ascii=False, indent=1) + "\n"
    (folder / CONFIG_FILE).write_text(text, "utf-8")


class EmbeddedEncoder:
    """Texts to unit vectors and languages by a table of token vectors.

    :param folder: holds model.safetensors, tokenizer.json and config.json.
    :param name: what its vectors are recorded under; None takes the one it was written with.
    :raises EncoderError: if a file is missing or is not the one that was written.
    """

    def __init__(self, folder: Path, name: str | None = None) -> None:
        config, files = _read_checked(folder)
        self.model = _model(load_tensors(files[MODEL_FILE]), tuple(config["languages"]))
        self._stored_tokenizer = files[TOKENIZER_FILE]
        self._cutter = UnigramCutter(self._stored_tokenizer)
        self._characters_cut = 0
        self.forget_words()
        self.spec = EncoderSpec(
            name=name or config["name"],
            revision=config["sha256"][MODEL_FILE][:16] + config["sha256"][TOKENIZER_FILE][:16],
            dimension=int(config["dimension"]),
        )

    def forget_words(self) -> None:
        """Forget the words that were met; only measurements need this."""
        self._words = WordTokens(self._cut, self._places)

    def meet_words(self, texts: Sequence[str]) -> bool:
        """Cut the words of texts, so that `encode` and `token_vectors` find them cut.

        :return: whether there is room for many more.
        """
        words = split([sayable(text) for text in texts])
        self._words.in_place(list(chain.from_iterable(words)))
        return len(self._words) < MOST_WORDS // 2

    @property
    def dimension(self) -> int:
        """The width of the vectors."""
        return self.spec.dimension

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer; it loads when there is much to cut, or when it is asked for."""
        return Tokenizer.from_buffer(self._stored_tokenizer)

    @property
    def background(self) -> tuple[Vectors, float]:
        """The mean vector of unrelated passages, and the deviation of cosines to them."""
        return self.model.background, self.model.background_deviation

    @property
    def unknown(self) -> int:
        """The token that stands for what no piece covers; it has no part in a vector."""
        return self._cutter.unknown

    @property
    def languages(self) -> tuple[str, ...]:
        """The BCP-47 tags the identifier knows."""
        return self.model.head.languages

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> Vectors:
        """Encode texts; equal texts give bitwise equal vectors, whatever batch they are in.

        :param texts: any strings.
        :param kind: in a query a token counts by its weight, as it does in a long document.
        :return: float32 [n, dimension], unit rows; zeros for a text without any token.
        """
        return _unit(self._pooled(texts, kind)[0])

    def encode_with_languages(
        self, texts: Sequence[str], *, kind: TextKind = "document"
    ) -> tuple[Vectors, list[tuple[str, float]]]:
        """Encode texts and identify their languages in the same pass.

        :return: float32 [n, dimension] unit rows, and (BCP-47 tag, probability) a text.
        """
        semantic, language, lengths = self._pooled(texts, kind, languages=True)
        found = self.model.head.likeliest(language, lengths)
        return _unit(semantic), [best[0] for best in found]

    def token_vectors(
        self, texts: Sequence[str], *, kind: TextKind = "document"
    ) -> list[TokenVectors]:
        """Return the token vectors of each text, whose sum has the direction of its vector."""
        words, starts = split_in_place([sayable(text) for text in texts])
        which, places, of_word = self._words.in_place(list(chain.from_iterable(words)))
        counts = _sums(of_word, words)
        offsets = places + np.repeat(starts, of_word)[:, None]
        known = which != self._cutter.unknown
        ends = np.cumsum(counts)
        sums = np.concatenate([[0], np.cumsum(known)])
        lengths = sums[ends] - sums[ends - counts]
        weights = self._weights_of(which, np.repeat(_emphasis(lengths, kind), counts))
        vectors = self._semantic_rows.holding(which).take(which, axis=0)
        vectors *= (weights * known)[:, None]
        # Half of a pair's vector is either token's.
        inner = np.flatnonzero(known)
        second, rows = self._bigrams.found(which[inner], sums[ends - counts])
        pairs = self._semantic_rows.holding(rows).take(rows, axis=0)
        pairs *= _weights_of_pairs(weights[inner], second)[:, None] / 2
        for place in (second - 1, second):
            vectors[inner[place]] += pairs
        return [
            TokenVectors(offsets[start:end, 0], offsets[start:end, 1], vectors[start:end])
            for start, end in zip((ends - counts).tolist(), ends.tolist(), strict=True)
        ]

    def identify(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """Return (BCP-47 tag, probability) for each text; "und" for what is no language."""
        return [best[0] for best in self.likeliest_languages(texts)]

    def pieces(self, texts: Sequence[str]) -> list[list[WordPiece]]:
        """Return the word pieces of each text; those the table lacks have no part in its vector."""
        return [
            [
                WordPiece(piece, id_ != self._cutter.unknown)
                for piece, id_ in zip(found.tokens, found.ids, strict=True)
            ]
            for found in self._encodings(texts)
        ]

    def likeliest_languages(
        self, texts: Sequence[str], limit: int = 1
    ) -> list[list[tuple[str, float]]]:
        """Return the most probable languages of each text with probabilities, best first.

        :return: up to `limit` languages a text; [("und", 0.0)] for one without a likely language.
        """
        _, language, lengths = self._pooled(texts, languages=True)
        return self.model.head.likeliest(language, lengths, limit)

    def _pooled(
        self, texts: Sequence[str], kind: TextKind | None = None, languages: bool = False
    ) -> tuple[Vectors, Vectors, NDArray[np.int64]]:
        """Return the mean rows of each text, and of how many tokens they are the mean.

        :param kind: what the texts are; none leaves out their semantic vectors.
        :param languages: whether their language vectors are wanted.
        :return: float32 [n, dimension], float32 [n, language dimension], either 0 wide where it is
            left out; int64 [n].
        """
        texts = [text if isinstance(text, str) else str(text) for text in texts]
        model = self.model
        semantic = np.zeros((len(texts), model.table.width if kind else 0), np.float32)
        language = np.zeros(
            (len(texts), model.language_table.width if languages else 0), np.float32
        )
        counts = np.zeros(len(texts), np.int64)
        starts = range(0, len(texts), _BLOCK)

        def fill(start: int) -> None:
            block = slice(start, start + _BLOCK)
            tokens, lengths = self._tokens(texts[block])
            counts[block] = self._pool_into(semantic[block], language[block], tokens, lengths, kind)

        if len(starts) <= 1:
            for start in starts:
                fill(start)
            return semantic, language, counts
        # Tokenizing and adding rows release the interpreter lock.
        with ThreadPoolExecutor(max_workers=_THREADS) as pool:
            for _ in pool.map(fill, starts):
                pass
        return semantic, language, counts

    def _encodings(self, texts: Sequence[str]) -> list[Encoding]:
        """Return the tokens of each text with their places in it."""
        texts = [sayable(text) for text in texts]
        if self._few(texts):
            return [self._cutter.encode(text) for text in texts]
        if sum(map(len, texts)) <= _FOR_ONE_CORE:
            return [self.tokenizer.encode(text, add_special_tokens=False) for text in texts]
        return self.tokenizer.encode_batch(texts, add_special_tokens=False)

    def _tokens(self, texts: Sequence[str]) -> tuple[Ids, Counts]:
        """Return the tokens of some texts end to end, and how many each text has."""
        words = split(texts)
        try:
            ids, of_word = self._words.of(chain.from_iterable(words))
        except (TypeError, UnicodeEncodeError):  # a lone surrogate, which no UTF-8 can hold
            words = split([sayable(text) for text in texts])
            ids, of_word = self._words.of(chain.from_iterable(words))
        return ids, _sums(of_word, words)

    def _cut(self, words: list[str]) -> tuple[Ids, Counts]:
        """Cut words, each by itself, for `WordTokens`."""
        if self._few(words):
            return _end_to_end(
                [np.array(self._cutter.encode(word).ids, np.int32) for word in words]
            )
        # Many words to a text, because a text costs the tokenizer more than a word does.
        cores = _CORES if sum(map(len, words)) > _FOR_ONE_CORE else 1
        size = min(-(-len(words) // cores), _TOGETHER)
        groups = [words[first : first + size] for first in range(0, len(words), size)]
        texts = list(map(" ".join, groups))
        parts: list[tuple[Ids, Counts]] = []
        for group, text, ids in zip(groups, texts, self._ids(texts), strict=True):
            first = np.flatnonzero(self._opening[ids])
            if len(first) == len(group) and self._cutter.can_cut(text):
                parts.append((ids, np.diff(first, append=len(ids))))
            else:
                # A word fell into several, as what NFKC writes with a space does, or holds a token
                # that stands outside the vocabulary.
                parts.append(_end_to_end(self._ids(group)))
        found, counts = zip(*parts, strict=True)
        return np.concatenate(found), np.concatenate(counts)

    def _ids(self, texts: list[str]) -> list[Ids]:
        """Return the tokens of each text, without their places, which take as long again."""
        found = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [np.array(one.ids, np.int32) for one in found]

    def _places(self, words: list[str], ids: Ids, counts: Counts) -> Rows:
        """Return where the tokens of words begin and end, for `WordTokens`.

        Most words are spelled by their pieces, letter by letter; the tokenizer is asked of others.
        """
        last = np.cumsum(counts)
        letters = np.concatenate([[0], np.cumsum(self._letters[ids])])
        before = letters[last - counts]
        rows = np.stack([letters[:-1], letters[1:]], axis=1) - np.repeat(before, counts)[:, None]
        # The mark before a word, where it is a token, stands at the word's first letter.
        np.maximum(rows[:, 1], 1, out=rows[:, 1])
        odd = letters[last] - before != np.fromiter(map(len, words), np.int64, len(words))
        odd |= _odd(words)
        asked = np.flatnonzero(odd).tolist()
        for word, found in zip(asked, self._encodings([words[at] for at in asked]), strict=True):
            rows[last[word] - counts[word] : last[word]] = found.offsets
        places: Rows = rows.astype(np.int32)
        return places

    @cached_property
    def _opening(self) -> NDArray[np.bool_]:
        """Tell of each piece of the vocabulary whether it opens a word."""
        return np.array([piece.startswith(WORD_START) for piece in self._cutter.pieces])

    @cached_property
    def _letters(self) -> NDArray[np.int64]:
        """Return of how many letters each piece is; the unknown one is of none that are known."""
        sizes = np.array(list(map(len, self._cutter.pieces))) - self._opening
        sizes[self._cutter.unknown] = 0
        return sizes

    def _few(self, texts: Sequence[str]) -> bool:
        """Tell whether to cut without the tokenizer: while there was little to cut in all."""
        if "tokenizer" in self.__dict__:
            return False
        self._characters_cut += sum(map(len, texts))
        return self._characters_cut <= _FEW_CHARACTERS and all(map(self._cutter.can_cut, texts))

    def _pool_into(
        self,
        semantic: Vectors,
        language: Vectors,
        tokens: NDArray[np.int32],
        lengths: NDArray[np.int64],
        kind: TextKind | None,
    ) -> NDArray[np.int64]:
        """Write the mean rows of some texts; return how many tokens each has."""
        known = tokens != self._cutter.unknown
        if not known.all():
            text = np.repeat(np.arange(len(lengths)), lengths)
            lengths = np.bincount(text[known], minlength=len(lengths))
            tokens = tokens[known]
        if language.shape[1]:
            mean_rows(language, tokens, lengths, self._language_rows.holding(tokens))
        if not semantic.shape[1]:
            return lengths
        emphasis, weights = _emphasis(lengths, kind), None
        edges = np.concatenate([[0], np.cumsum(lengths)])
        woven, edges, second = self._bigrams.woven(tokens, edges)
        if emphasis.any():
            weights = self._weights_of(tokens, np.repeat(emphasis, lengths))
            weights = np.insert(weights, second + 1, _weights_of_pairs(weights, second))
        mean_rows(semantic, woven, np.diff(edges), self._semantic_rows.holding(woven), weights)
        return lengths

    def _weights_of(self, tokens: NDArray[np.int32], emphasis: Vectors) -> Vectors:
        """Return what tokens count: their weights to the power of `emphasis`, which is 0 to 1."""
        weights: Vectors = np.power(self.model.token_weight[tokens].astype(np.float32), emphasis)
        return weights

    @cached_property
    def _bigrams(self) -> Bigrams:
        return Bigrams(self.model.bigrams, len(self.model.table.codes))

    @cached_property
    def _semantic_rows(self) -> KeptRows:
        return KeptRows(self.model.table, self.model.bigram_table)

    @cached_property
    def _language_rows(self) -> KeptRows:
        return KeptRows(self.model.language_table)


def _odd(words: list[str]) -> list[bool]:
    """Tell which words the tokenizer may spell in other letters, or in more or fewer.

    Few are, so whole groups are seen not to be.
    """
    together = " ".join(words)
    if (
        WORD_START not in together
        and len(together.lower()) == len(together)
        and unicodedata.is_normalized("NFKC", together)
    ):
        return [False] * len(words)
    if len(words) == 1:
        return [True]
    middle = len(words) // 2
    return _odd(words[:middle]) + _odd(words[middle:])


def _end_to_end(ids: list[Ids]) -> tuple[Ids, Counts]:
    """Return the tokens of texts end to end, and how many each text has."""
    return np.concatenate(ids), np.fromiter(map(len, ids), np.int64, len(ids))


def _sums(counts: NDArray[np.int64], words: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """Return how many tokens each text has, of how many each of its words has."""
    ends = np.cumsum(np.fromiter(map(len, words), np.int64, len(words)))
    return np.diff(np.concatenate([[0], np.cumsum(counts)])[ends], prepend=0)


def _model(tensors: dict[str, Any], languages: tuple[str, ...]) -> EmbeddedModel:
    if _BIGRAMS_TENSOR not in tensors:  # one that was trained before there were any
        none = quantise(np.empty((0, 2 * tensors["table"].shape[1]), np.float32))
        tensors |= {
            _BIGRAMS_TENSOR: np.empty(0, np.uint8),
            _BIGRAM_SHARE_TENSOR: np.empty((0, 2), np.float16),
            "bigram_table": none.codes,
            "bigram_table_scale": none.scale,
            "bigram_table_levels": none.levels,
        }
    tables = {
        name: FewBits(tensors[name], tensors[f"{name}_scale"], tensors[f"{name}_levels"])
        for name in _TABLES
    }
    head = {part: tensors[f"language_{part}"] for part in _HEAD_TENSORS}
    *mean, deviation = tensors[_BACKGROUND_TENSOR].tolist()
    return EmbeddedModel(
        **tables,
        head=LanguageHead(languages=languages, **head),
        token_weight=tensors[_WEIGHT_TENSOR],
        bigrams=pairs_of(
            np.cumsum(tensors[_BIGRAMS_TENSOR], dtype=np.int64), len(tensors["table"])
        ),
        bigram_share=tensors[_BIGRAM_SHARE_TENSOR],
        background=np.array(mean, np.float32),
        background_deviation=deviation,
    )


def _gaps(pairs: NDArray[np.int32], vocabulary: int) -> NDArray[np.unsignedinteger]:
    """Return ascending pairs of tokens as the distances between them, which take half the room."""
    gaps = np.diff(keys_of(pairs[:, 0], pairs[:, 1], vocabulary), prepend=0)
    return gaps.astype(np.min_scalar_type(int(gaps.max(initial=0))))


def _weights_of_pairs(weights: Vectors, second: NDArray[np.int64]) -> Vectors:
    """Return what pairs of tokens count, of what every token counts and where pairs end."""
    found: Vectors = weights[second - 1] + weights[second]
    found /= 2
    return found


def _emphasis(lengths: NDArray[np.int64], kind: TextKind | None) -> Vectors:
    """Return how far the weights of tokens apply to texts of some numbers of tokens, 0 to 1."""
    if kind is None:
        return np.zeros(len(lengths), np.float32)
    if kind == "query":
        return np.ones(len(lengths), np.float32)
    share = (lengths - _SENTENCE) / (_PASSAGE - _SENTENCE)
    return np.clip(share, 0, 1).astype(np.float32)


def _unit(vectors: Vectors) -> Vectors:
    # einsum adds in one fixed order a row; a matrix product may not.
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    unit: Vectors = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    return unit


def _read_checked(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    try:
        config = json.loads((folder / CONFIG_FILE).read_text("utf-8"))
        checksums = config["sha256"]
        files = {name: (folder / name).read_bytes() for name in (MODEL_FILE, TOKENIZER_FILE)}
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(
            f"The encoder in {folder} cannot be read ({error}): reinstall crosstongue."
        ) from error
    for name, content in files.items():
        if hashlib.sha256(content).hexdigest() != checksums[name]:
            raise EncoderError(
                f"{folder / name} is not the file this encoder was published with "
                "(its checksum differs): reinstall crosstongue."
            )
    return config, files
