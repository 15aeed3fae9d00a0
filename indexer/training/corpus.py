"""Parallel text on disk to arrays a training loop can draw from.

A folder of TSV files (plain or zstd), one source a file, four columns a line: language_a,
language_b (ISO 639-3), text_a, text_b. This module reads, drops what must not be trained on, and
caps; it knows nothing of tokens or vectors.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from indexer.errors import TrainingError
from indexer.parallel_text import read_pairs
from indexer.paths import display
from indexer.text_files import reading

# The most pairs of one source and language pair: more of the same kind stops helping while the
# thin languages wait.
PAIRS_A_SOURCE = 40_000
PAIRS_A_SOURCE_TATOEBA = 120_000
MINIMUM_PAIRS = 30  # a language pair with fewer teaches nothing measurable
MINIMUM_TEXTS = 150  # nor does a language
MAXIMUM_CHARACTERS = 400

_NOT_WORD = re.compile(r"[\W_]+")


def normalised(text: str) -> str:
    """Return the text without case, punctuation, spaces and combining marks, to compare by.

    Coarser than equality on purpose: a test sentence is also recognised without its vowel marks.
    """
    return _NOT_WORD.sub("", text.casefold())


@dataclass(frozen=True, slots=True)
class CorpusReport:
    """What was read and what was dropped.

    :param read: lines read, by source.
    :param kept: pairs kept, by source.
    :param excluded: pairs dropped because a side is a held-out sentence, by source.
    """

    read: dict[str, int]
    kept: dict[str, int]
    excluded: dict[str, int]


@dataclass(frozen=True)
class Corpus:
    """Pairs as indices into unique texts.

    :param texts: every distinct text once.
    :param keys: int64 [texts], equal for texts that differ only in case, punctuation and spaces.
    :param left: int32 [pairs], the text on one side.
    :param right: int32 [pairs], the text on the other side.
    :param source: int16 [pairs], into `sources`.
    :param language_pair: int32 [pairs], into `language_pairs`.
    :param sources: names of the sources.
    :param language_pairs: ISO 639-3 codes of (left, right).
    """

    texts: list[str]
    keys: NDArray[np.int64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    source: NDArray[np.int16]
    language_pair: NDArray[np.int32]
    sources: list[str]
    language_pairs: list[tuple[str, str]]
    report: CorpusReport


@dataclass
class _Builder:
    ids: dict[str, int] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    pair: list[int] = field(default_factory=list)
    pairs: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, source: int, languages: tuple[str, str], one: str, other: str) -> None:
        ids = self.ids
        self.left.append(ids.setdefault(one, len(ids)))
        self.right.append(ids.setdefault(other, len(ids)))
        self.source.append(source)
        self.pair.append(self.pairs.setdefault(languages, len(self.pairs)))


def source_files(folder: Path, without: Iterable[str] = ()) -> dict[str, Path]:
    """Return the sources in a folder, by name, less those named in `without`.

    :raises TrainingError: if the folder holds no `.tsv` or `.tsv.zst` file, or `without` names a
        source that is not there.
    """
    found = {
        path.name.split(".")[0]: path
        for pattern in ("*.tsv", "*.tsv.zst")
        for path in sorted(folder.glob(pattern))
    }
    if not found:
        raise TrainingError(f"{display(folder)} holds no .tsv or .tsv.zst file to train on.")
    for name in without:
        if name not in found:
            raise TrainingError(
                f"There is no source {name!r} in {display(folder)}: there are "
                f"{', '.join(sorted(found))}."
            )
        del found[name]
    return found


def held_out_sentences(folder: Path | None) -> set[str]:
    """Return the normalised lines of every file in a folder of test sentences.

    :raises TrainingError: if a file holds no text.
    """
    if folder is None:
        return set()
    held_out: set[str] = set()
    for path in sorted(folder.iterdir()):
        with reading(path, TrainingError):
            held_out.update(normalised(line) for line in path.read_text("utf-8").splitlines())
    held_out.discard("")
    return held_out


def load_corpus(
    folder: Path,
    *,
    held_out: Set[str] = frozenset(),
    without: Iterable[str] = (),
    seed: int = 1,
) -> Corpus:
    """Read, filter and cap a folder of parallel text.

    :param folder: holds `<source>.tsv` or `<source>.tsv.zst` files.
    :param held_out: normalised sentences; a pair with one on either side is dropped.
    :param without: names of sources to leave out.
    :param seed: decides which pairs stay where a source is capped.
    :return: the corpus; the same arguments give the same corpus.
    :raises TrainingError: if there is nothing to train on.
    """
    files = source_files(folder, without)
    builder = _Builder()
    read: dict[str, int] = {}
    excluded: dict[str, int] = {}
    generator = np.random.default_rng(seed)
    for source, path in enumerate(files.values()):
        name = list(files)[source]
        by_pair: dict[tuple[str, str], list[tuple[str, str]]] = {}
        read[name] = excluded[name] = 0
        for one, other, text_one, text_other in _read(path):
            read[name] += 1
            text_one, text_other = text_one[:MAXIMUM_CHARACTERS], text_other[:MAXIMUM_CHARACTERS]
            if normalised(text_one) in held_out or normalised(text_other) in held_out:
                excluded[name] += 1
            elif one <= other:
                by_pair.setdefault((one, other), []).append((text_one, text_other))
            else:
                by_pair.setdefault((other, one), []).append((text_other, text_one))
        cap = PAIRS_A_SOURCE_TATOEBA if name.startswith("tatoeba") else PAIRS_A_SOURCE
        for languages, pairs in by_pair.items():
            chosen: Iterable[int] = range(len(pairs))
            if len(pairs) > cap:
                chosen = generator.permutation(len(pairs))[:cap]
            for i in chosen:
                builder.add(source, languages, *pairs[i])
    corpus = _finish(builder, list(files), read, excluded)
    if not len(corpus.left):
        raise TrainingError(
            f"{display(folder)} holds nothing to train on: a line is language_a, language_b, "
            f"text_a and text_b with tabs between, and two languages need {MINIMUM_PAIRS} lines "
            f"and {MINIMUM_TEXTS} texts each."
        )
    return corpus


def _read(path: Path) -> Iterator[tuple[str, str, str, str]]:
    with reading(path, TrainingError):
        yield from read_pairs(path)


def english_side(corpus: Corpus) -> NDArray[np.int32]:
    """Return the English text of every pair, or -1: int32 [pairs]."""
    languages = np.array(corpus.language_pairs)[corpus.language_pair]
    right = np.where(languages[:, 1] == "eng", corpus.right, -1)
    return np.where(languages[:, 0] == "eng", corpus.left, right).astype(np.int32)


def foreign_side(corpus: Corpus) -> tuple[NDArray[np.int32], NDArray[np.str_]]:
    """Return the text beside the English one of every pair, int32 [pairs], and its language.

    Of a pair without English they mean nothing.
    """
    text = np.where(english_side(corpus) == corpus.left, corpus.right, corpus.left)
    pairs = np.array(corpus.language_pairs)
    language = np.where(pairs[:, 0] == "eng", pairs[:, 1], pairs[:, 0])
    return text, language[corpus.language_pair]


def with_english(
    corpus: Corpus,
    source: str,
    languages: Sequence[str],
    foreign: NDArray[np.integer],
    english: NDArray[np.integer],
    texts: Sequence[str] = (),
) -> Corpus:
    """Add pairs with English, of a source of their own, after those that are there.

    :param source: its name.
    :param languages: ISO 639-3 code of each foreign text.
    :param foreign: int [n], the foreign texts.
    :param english: int [n], their English.
    :param texts: texts that are new; they are numbered on from the corpus's own.
    """
    numbers = {pair: number for number, pair in enumerate(corpus.language_pairs)}
    pairs = [(code, "eng") if code <= "eng" else ("eng", code) for code in languages]
    language_pair = [numbers.setdefault(pair, len(numbers)) for pair in pairs]
    foreign_first = np.array([pair[1] == "eng" for pair in pairs], bool)
    return with_pairs(
        corpus,
        source,
        np.where(foreign_first, foreign, english),
        np.where(foreign_first, english, foreign),
        np.array(language_pair, np.int32),
        list(numbers),
        texts,
    )


def with_pairs(
    corpus: Corpus,
    source: str,
    left: ArrayLike,
    right: ArrayLike,
    language_pair: ArrayLike,
    language_pairs: list[tuple[str, str]],
    texts: Sequence[str] = (),
) -> Corpus:
    """Add pairs of a source of their own after those that are there.

    :param source: its name.
    :param left: int [n], the texts on one side; those on the other are `right`.
    :param language_pair: int [n], into `language_pairs`.
    :param language_pairs: the corpus's own, and after them those that are new.
    :param texts: texts that are new; they are numbered on from the corpus's own.
    """
    left, right = np.asarray(left, np.int32), np.asarray(right, np.int32)
    keys = np.fromiter((hash(normalised(text)) for text in texts), np.int64, len(texts))
    return replace(
        corpus,
        texts=[*corpus.texts, *texts],
        keys=np.concatenate([corpus.keys, keys]),
        left=np.concatenate([corpus.left, left]),
        right=np.concatenate([corpus.right, right]),
        source=np.concatenate([corpus.source, np.full(len(left), len(corpus.sources), np.int16)]),
        language_pair=np.concatenate([corpus.language_pair, np.asarray(language_pair, np.int32)]),
        sources=[*corpus.sources, source],
        language_pairs=language_pairs,
    )


def with_new(use: NDArray[np.bool_], corpus: Corpus) -> NDArray[np.bool_]:
    """Return which pairs may be trained on after pairs were added, all of which may."""
    return np.pad(use, (0, len(corpus.left) - len(use)), constant_values=True)


def _finish(
    builder: _Builder, sources: list[str], read: dict[str, int], excluded: dict[str, int]
) -> Corpus:
    pairs = list(builder.pairs)
    left = np.array(builder.left, np.int32)
    right = np.array(builder.right, np.int32)
    source = np.array(builder.source, np.int16)
    pair = np.array(builder.pair, np.int32)
    pair_sizes = np.bincount(pair, minlength=len(pairs))
    texts_in: Counter[str] = Counter()
    for (one, other), size in zip(pairs, pair_sizes.tolist(), strict=True):
        texts_in[one] += size
        texts_in[other] += size
    good = np.array(
        [
            size >= MINIMUM_PAIRS and min(texts_in[a], texts_in[b]) >= MINIMUM_TEXTS
            for (a, b), size in zip(pairs, pair_sizes.tolist(), strict=True)
        ],
        dtype=bool,
    )
    keep = good[pair]
    texts = list(builder.ids)
    keys = np.fromiter((hash(normalised(text)) for text in texts), np.int64, len(texts))
    kept = np.bincount(source[keep], minlength=len(sources))
    return Corpus(
        texts=texts,
        keys=keys,
        left=left[keep],
        right=right[keep],
        source=source[keep],
        language_pair=pair[keep],
        sources=sources,
        language_pairs=pairs,
        report=CorpusReport(read, dict(zip(sources, kept.tolist(), strict=True)), excluded),
    )
