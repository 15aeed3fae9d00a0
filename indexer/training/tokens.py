"""The tokenizer: trained on a sample of the corpus, then applied to all of it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from indexer.training.corpus import Corpus

UNKNOWN = "<unk>"
MAXIMUM_TOKENS = 96
# Texts a language in the tokenizer's sample grow with its size to this power, so that thin
# languages get pieces of their own.
SAMPLE_EXPONENT = 0.4
SAMPLE_TEXTS = 900_000
# A piece this probable counts half in a query or a long text.
SMOOTHING = 1e-3
_BLOCK = 50_000


def text_languages(corpus: Corpus) -> tuple[list[str], NDArray[np.int32]]:
    """Return the language codes and, for every text, the code it was last seen with, or -1."""
    codes = sorted({code for pair in corpus.language_pairs for code in pair})
    number = {code: i for i, code in enumerate(codes)}
    left = np.array([number[a] for a, _ in corpus.language_pairs], np.int32)
    right = np.array([number[b] for _, b in corpus.language_pairs], np.int32)
    language = np.full(len(corpus.texts), -1, np.int32)
    language[corpus.left] = left[corpus.language_pair]
    language[corpus.right] = right[corpus.language_pair]
    return codes, language


def _sample(corpus: Corpus, seed: int) -> Iterator[str]:
    codes, language = text_languages(corpus)
    sizes = np.bincount(language[language >= 0], minlength=len(codes)).astype(float)
    wanted = sizes**SAMPLE_EXPONENT
    wanted *= SAMPLE_TEXTS / wanted.sum()
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(corpus.texts))
    taken = np.zeros(len(codes))
    for i in order.tolist():
        code = language[i]
        if code >= 0 and taken[code] < wanted[code]:
            taken[code] += 1
            yield corpus.texts[i]


def train_tokenizer(corpus: Corpus, pieces: int, seed: int) -> Tokenizer:
    """Train a Unigram tokenizer.

    NFKC and lower case; words by Metaspace; punctuation, symbols and digits stand alone, so that
    no piece mixes them with letters.

    :param pieces: the size of the vocabulary.
    """
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="always", split=True),
            # Metaspace's own mark is a symbol too; alone it would hide where a word starts.
            pre_tokenizers.Split(Regex(r"[[\p{P}\p{S}\p{N}]&&[^▁]]"), behavior="isolated"),
        ]
    )
    trainer = trainers.UnigramTrainer(
        vocab_size=pieces,
        special_tokens=[UNKNOWN],
        unk_token=UNKNOWN,
        show_progress=False,
        max_piece_length=16,
    )
    tokenizer.train_from_iterator(_sample(corpus, seed), trainer)
    return as_shipped(tokenizer)


def as_shipped(tokenizer: Tokenizer) -> Tokenizer:
    """Return a trained tokenizer in the form that cuts fastest, and cuts alike.

    No piece holds punctuation, symbols or digits beside letters, so the best cut of a text has them
    alone without a split before it. Words are split at any white space, because passages hold line
    ends and tabs, which a line of the corpus cannot. Scores keep four decimals, which saves a
    third of the file.
    """
    stored = json.loads(tokenizer.to_str())
    for piece in stored["model"]["vocab"]:
        piece[1] = round(piece[1], 4)
    shipped = Tokenizer.from_str(json.dumps(stored))
    shipped.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    shipped.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(prepend_scheme="always", split=False),
        ]
    )
    shipped.decoder = decoders.Metaspace()
    return shipped


def pieces_of(tokenizer: Tokenizer) -> list[str]:
    """Return the vocabulary in the order of token ids."""
    vocabulary = tokenizer.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


def token_weights(tokenizer: Tokenizer) -> NDArray[np.float16]:
    """Return what each piece counts in a query or a long text: float16 [pieces].

    The smoothed inverse frequency of Arora, Liang and Ma (2017), by the probabilities that the
    Unigram model gives its pieces, so that thin languages are weighted as well as big ones.
    """
    scores = [score for _, score in json.loads(tokenizer.to_str())["model"]["vocab"]]
    return (SMOOTHING / (SMOOTHING + np.exp(scores))).astype(np.float16)


@dataclass(frozen=True)
class TokenizedTexts:
    """Token ids of many texts, end to end.

    :param tokens: int32 [all tokens].
    :param offsets: int64 [texts + 1]; text i is tokens[offsets[i] : offsets[i + 1]].
    """

    tokens: NDArray[np.int32]
    offsets: NDArray[np.int64]


def tokenize(tokenizer: Tokenizer, texts: Sequence[str]) -> TokenizedTexts:
    """Tokenize texts on every core, each cut at `MAXIMUM_TOKENS`; unknown tokens are dropped."""
    unknown = tokenizer.token_to_id(UNKNOWN)
    chunks: list[NDArray[np.int32]] = []
    lengths: list[int] = []
    for block in _blocks(texts, _BLOCK):
        rows = [
            [token for token in encoding.ids[:MAXIMUM_TOKENS] if token != unknown]
            for encoding in tokenizer.encode_batch_fast(block, add_special_tokens=False)
        ]
        lengths.extend(map(len, rows))
        chunks.append(np.fromiter((t for row in rows for t in row), np.int32))
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return TokenizedTexts(np.concatenate(chunks) if chunks else np.zeros(0, np.int32), offsets)


def kept_tokens(work: Path, tokenizer: Tokenizer, texts: Sequence[str]) -> TokenizedTexts:
    """Tokenize a corpus, or read the tokens that a training kept of it in its work folder."""
    file = work / "tokens.npz"
    if file.exists():
        stored = np.load(file)
        found = TokenizedTexts(stored["tokens"], stored["offsets"])
        if len(found.offsets) == len(texts) + 1:
            return found
    found = tokenize(tokenizer, texts)
    np.savez(file, tokens=found.tokens, offsets=found.offsets)
    return found


def joined(one: TokenizedTexts, other: TokenizedTexts) -> TokenizedTexts:
    """Return the texts of both, those of `other` after the last of `one`."""
    return TokenizedTexts(
        np.concatenate([one.tokens, other.tokens]),
        np.concatenate([one.offsets, one.offsets[-1] + other.offsets[1:]]),
    )


def _blocks(texts: Sequence[str], size: int) -> Iterable[list[str]]:
    for start in range(0, len(texts), size):
        yield list(texts[start : start + size])


def gather(
    texts: TokenizedTexts, which: NDArray[np.integer]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the tokens of some texts end to end, and the [n + 1] offsets between them."""
    start = texts.offsets[which]
    length = texts.offsets[which + 1] - start
    return gather_runs(texts.tokens, start, length)


def gather_runs(
    tokens: NDArray[np.int32], start: NDArray[np.int64], length: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return runs of a token array end to end, and the [n + 1] offsets between them."""
    offsets = np.zeros(len(length) + 1, np.int64)
    np.cumsum(length, out=offsets[1:])
    place = np.arange(offsets[-1]) + np.repeat(start - offsets[:-1], length)
    return tokens[place], offsets


def cropped_runs(
    texts: TokenizedTexts,
    sides: NDArray[np.int32],
    generator: np.random.Generator,
    chance: float,
    shortest: float,
    longest: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return where the tokens of pairs are, where some on the first side are cropped to a run.

    :param sides: int32 [2, n], the texts of the pairs.
    :param chance: the share of the texts of eight tokens and more that are cropped.
    :param shortest: the least share of its tokens that is left of one, and never below four tokens;
        `longest` is the greatest.
    :return: int64 [2 n], where each begins in the token array, and how many tokens it has; bool
        [n], which are cropped.
    """
    which = sides.reshape(-1)
    start = texts.offsets[which].copy()
    length = texts.offsets[which + 1] - start
    count = sides.shape[1]
    cropped = (generator.random(count) < chance) & (length[:count] >= 8)
    chosen = np.flatnonzero(cropped)
    share = generator.uniform(shortest, longest, len(chosen))
    short = np.maximum(4, (length[chosen] * share).astype(np.int64))
    space = length[chosen] - short + 1
    start[chosen] += (generator.random(len(chosen)) * space).astype(np.int64)
    length[chosen] = short
    return start, length, cropped
