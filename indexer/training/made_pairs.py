"""Pairs with English that are made of those there are, for languages that have few.

Training draws most pairs with English on one side (`sampling`), and sentences teach more than words
and menus do. Two things are made of what is there:

- Pairs through a third language. A sentence of a thin language is often translated into a
  neighbour's language only, whose sentence has an English translation of its own.
- English sentences word by word. Where a language has little but word lists, the words of an
  English sentence that are in them stand for the sentence, so that they are told apart among words
  that stand together in one.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Set

import numpy as np
from numpy.typing import NDArray

from indexer.training.corpus import (
    Corpus,
    english_side,
    foreign_side,
    normalised,
    with_english,
    with_new,
)
from indexer.training.sources import WEIGHTS_OF_MADE

THIRD_LANGUAGE, WORD_BY_WORD = WEIGHTS_OF_MADE

# Sentences that people translated one by one.
SENTENCES = ("tatoeba", "tatoeba_manythings")
# What a language has of them with English in all, at most: more would teach it nothing new.
PAIRS_A_LANGUAGE = 20_000

WORD_LISTS = ("cldr", "wikidict", "wordnet")
# A language with more pairs of a sentence with English needs no made ones.
FEW_SENTENCES = 3_000
RUNNING_TEXT = (*SENTENCES, "ebible", "indian_parallel", "mlqe", "stsb_mt")
# Fewer English words than this leave too few sentences.
LEAST_WORDS = 800
SENTENCES_A_LANGUAGE = 3_000
# A sentence of fewer known words says something else.
LEAST_KNOWN = 3
_WORDS = range(4, 15)  # of an English sentence
_ENGLISH_SENTENCES = 60_000  # looked at, at most
_WORD = re.compile("[a-z]+")


def with_made_pairs(
    corpus: Corpus, use: NDArray[np.bool_], held_out: Set[str], seed: int
) -> tuple[Corpus, NDArray[np.bool_]]:
    """Add both kinds of pairs.

    :param use: bool [pairs], the pairs that may be trained on.
    :param held_out: normalised sentences that no text may be.
    :param seed: the same gives the same pairs.
    :return: the corpus with the new pairs and texts at the end, and which pairs may be trained on.
    """
    wider = through_a_third_language(corpus, use, seed)
    widest = word_by_word(wider, with_new(use, wider), held_out, seed)
    return widest, with_new(use, widest)


def pairs_made(corpus: Corpus) -> dict[str, int]:
    """Return how many pairs of either kind a corpus has."""
    counts = np.bincount(corpus.source, minlength=len(corpus.sources)).tolist()
    named = dict(zip(corpus.sources, counts, strict=True))
    return {name: named.get(name, 0) for name in (THIRD_LANGUAGE, WORD_BY_WORD)}


def through_a_third_language(corpus: Corpus, use: NDArray[np.bool_], seed: int) -> Corpus:
    """Add a pair with English for each translation of a sentence that has an English one.

    :param use: bool [pairs], the pairs that may be trained on. Texts of other pairs are left alone,
        so that development pairs stay unseen.
    :param seed: decides which pairs are made where there are more than a language gets.
    """
    apart = np.zeros(len(corpus.texts), bool)
    for side in (corpus.left, corpus.right):
        apart[side[~use]] = True
    chosen = use & _from(corpus, SENTENCES)
    english = english_side(corpus)
    to_english = np.flatnonzero(chosen & (english >= 0))
    others = np.flatnonzero(chosen & (english < 0))
    languages = np.array(corpus.language_pairs)[corpus.language_pair]

    foreign = foreign_side(corpus)[0][to_english]
    translated, first = np.unique(foreign, return_index=True)
    meaning = np.full(len(corpus.texts), -1, np.int64)
    meaning[translated] = english[to_english][first]

    text = np.concatenate([corpus.left[others], corpus.right[others]]).astype(np.int64)
    found = meaning[np.concatenate([corpus.right[others], corpus.left[others]])]
    language = languages[others].T.ravel()
    known = (found >= 0) & ~apart[text]
    pairs, where = np.unique(text[known] * len(meaning) + found[known], return_index=True)
    language = language[known][where]
    new = ~np.isin(pairs, foreign.astype(np.int64) * len(meaning) + english[to_english])
    pairs, language = pairs[new], language[new]

    generator = np.random.default_rng(seed)
    already = Counter(languages[to_english].ravel().tolist())
    picked = np.zeros(len(pairs), bool)
    for code in np.unique(language).tolist():
        own = generator.permutation(np.flatnonzero(language == code))
        picked[own[: max(0, PAIRS_A_LANGUAGE - already[code])]] = True
    texts, english_texts = np.divmod(pairs[picked], len(meaning))
    return with_english(corpus, THIRD_LANGUAGE, language[picked].tolist(), texts, english_texts)


def word_by_word(corpus: Corpus, use: NDArray[np.bool_], held_out: Set[str], seed: int) -> Corpus:
    """Add English sentences with what word lists of languages with few sentences know of them.

    :param use: bool [pairs], the pairs that may be trained on.
    :param held_out: normalised sentences that none may be.
    :param seed: decides which sentences are taken, and which of a word's translations.
    """
    english = english_side(corpus)
    with_it = use & (english >= 0)
    generator = np.random.default_rng(seed)
    written = np.unique(english[with_it & _from(corpus, SENTENCES)])
    sentences = [
        (number, words)
        for number in generator.permutation(written)[:_ENGLISH_SENTENCES].tolist()
        if len(words := _WORD.findall(corpus.texts[number].lower())) in _WORDS
    ]
    languages: list[str] = []
    texts: list[str] = []
    of_sentence: list[int] = []
    for language, meanings in _dictionaries(corpus, with_it, english):
        made = 0
        for place in generator.permutation(len(sentences)).tolist():
            number, words = sentences[place]
            known = [found for word in words if (found := _looked_up(word, meanings))]
            if len(known) < LEAST_KNOWN:
                continue
            text = " ".join(found[generator.integers(len(found))] for found in known)
            if normalised(text) in held_out:
                continue
            languages.append(language)
            texts.append(text)
            of_sentence.append(number)
            made += 1
            if made == SENTENCES_A_LANGUAGE:
                break
    new = np.arange(len(corpus.texts), len(corpus.texts) + len(texts))
    return with_english(
        corpus, WORD_BY_WORD, languages, new, np.array(of_sentence, np.int64), texts
    )


def _from(corpus: Corpus, names: Iterable[str]) -> NDArray[np.bool_]:
    numbers = [number for number, name in enumerate(corpus.sources) if name in names]
    return np.isin(corpus.source, numbers)


def _dictionaries(
    corpus: Corpus, with_it: NDArray[np.bool_], english: NDArray[np.int32]
) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Yield each language with few sentences and many words: what English words are in it."""
    foreign, languages = foreign_side(corpus)
    sentences = Counter(languages[with_it & _from(corpus, RUNNING_TEXT)].tolist())
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for pair in np.flatnonzero(with_it & _from(corpus, WORD_LISTS)).tolist():
        language = str(languages[pair])
        word = corpus.texts[english[pair]].lower()
        if sentences[language] <= FEW_SENTENCES and _WORD.fullmatch(word):
            found[language][word].append(corpus.texts[foreign[pair]])
    for language in sorted(found):
        if len(found[language]) >= LEAST_WORDS:
            yield language, dict(found[language])


def _looked_up(word: str, meanings: dict[str, list[str]]) -> list[str]:
    """Return what an English word, or the one it is a form of, may be called."""
    return next((meanings[form] for form in _forms(word) if form in meanings), [])


def _forms(word: str) -> Iterator[str]:
    yield word
    if word.endswith("ies"):
        yield word[:-3] + "y"
    for ending in ("s", "es", "ing", "ed", "d"):
        if word.endswith(ending):
            yield word[: -len(ending)]
    if word.endswith("ing"):
        yield word[:-3] + "e"
