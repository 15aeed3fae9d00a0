"""What the contextual student is trained on beside the sentence pairs: passages and glosses."""

import re
from collections.abc import Set
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.training.corpus import Corpus, normalised, with_pairs
from indexer.training.sampling import PairSampler
from indexer.training.tokens import TokenizedTexts

GLOSSES = "glosses"
# Sources whose neighbouring lines have nothing to do with each other, or are single words.
WITHOUT_PASSAGES = {
    *("cldr", "json_i18n", "nusax", "osm_web", "refugee", "wikidict", "wikipedia_app", "wordnet"),
    GLOSSES,
}
# Of these every so many runs of 64 pairs are trained on, and no more passages than this.
THINNED = {"ebible": 4}
MOST_PASSAGES = 60_000
LONGEST_PASSAGE = 150  # tokens
SHORTEST_ALONE = 40  # tokens of a passage that is one pair
MOST_PAIRS = 8  # of a passage
# How much a source counts where it counts less, or more, than one.
SENTENCE_WEIGHTS = {
    **{"djdocs": 0.6, "pydocs": 0.6, "ebible": 0.35, "osm_web": 0.3},
    **dict.fromkeys(("ftl", "json_i18n", "mozilla_lang", "po_docs_ui"), 0.5),
    **dict.fromkeys(("wikidict", "wordnet", "wikipedia_app"), 0.5),
}
PASSAGE_WEIGHTS = {
    **{"djdocs": 0.4, "pydocs": 0.4, "ebible": 0.2, "storybooks": 3.0},
    **dict.fromkeys(("ftl", "mozilla_lang", "po_docs_ui", "tatoeba", "tatoeba_manythings"), 0.5),
    **dict.fromkeys(("tico19", "indian_parallel", "mlqe"), 2.0),
}


@dataclass(frozen=True)
class Material:
    """Pairs to draw from, and their tokens.

    :param corpus: the pairs.
    :param texts: the tokens of its texts.
    :param sampler: draws pairs that may be trained on.
    """

    corpus: Corpus
    texts: TokenizedTexts
    sampler: PairSampler


def thinned(corpus: Corpus, use: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Leave out most of what a source has too much of: bool [pairs]."""
    use = use.copy()
    for name, every in THINNED.items():
        if name in corpus.sources:
            within = np.flatnonzero(corpus.source == corpus.sources.index(name))
            use[within[np.arange(len(within)) // 64 % every != 0]] = False
    return use


def with_glosses(corpus: Corpus, folder: Path, held_out: Set[str]) -> Corpus:
    """Add what WordNet says that words mean: English words, and foreign ones, with the gloss.

    A foreign word of the source `wordnet` gets the gloss of its English word if that has one
    meaning only.

    :param folder: holds data.noun, data.verb, data.adj and data.adv of WordNet 3.
    :param held_out: normalised sentences that no gloss may be.
    """
    words, glosses = _read_glosses(folder, held_out)
    meanings: dict[str, list[int]] = {}
    for place, listed in enumerate(words):
        for word in listed.lower().split(", "):
            meanings.setdefault(word, []).append(place)
    first, first_gloss = len(corpus.texts), len(corpus.texts) + len(words)
    left = list(range(first, first_gloss))
    right = list(range(first_gloss, first_gloss + len(glosses)))
    pair = [len(corpus.language_pairs)] * len(words)
    if "wordnet" in corpus.sources:
        of_wordnet = np.flatnonzero(corpus.source == corpus.sources.index("wordnet"))
        for number in of_wordnet.tolist():
            languages = int(corpus.language_pair[number])
            sides = [int(corpus.left[number]), int(corpus.right[number])]
            if "eng" not in corpus.language_pairs[languages]:
                continue
            english = corpus.language_pairs[languages].index("eng")
            found = meanings.get(corpus.texts[sides[english]].lower(), [])
            if len(found) == 1:
                both = (sides[1 - english], first_gloss + found[0])
                left.append(both[english])  # the English side stays the English side
                right.append(both[1 - english])
                pair.append(languages)
    return with_pairs(
        corpus,
        GLOSSES,
        left,
        right,
        pair,
        [*corpus.language_pairs, ("eng", "eng")],
        [*words, *glosses],
    )


def _read_glosses(folder: Path, held_out: Set[str]) -> tuple[list[str], list[str]]:
    words: list[str] = []
    glosses: list[str] = []
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text("utf-8").splitlines():
            head, _, gloss = line.partition(" | ")
            fields = head.split()
            if line.startswith("  ") or not gloss or normalised(gloss) in held_out:
                continue  # the licence stands first, indented
            spelled = [fields[4 + 2 * word] for word in range(int(fields[3], 16))]
            words.append(", ".join(re.sub(r"\(.*\)", "", word) for word in spelled))
            words[-1] = words[-1].replace("_", " ")
            glosses.append(gloss.strip().replace('; "', '. "').replace('"', ""))
    return words, glosses


def passages(
    corpus: Corpus, texts: TokenizedTexts, use: NDArray[np.bool_], seed: int
) -> tuple[Corpus, TokenizedTexts]:
    """Join neighbouring pairs of one source and language pair to pairs of passages.

    :param use: bool [pairs], the pairs that may be trained on.
    :return: a corpus of passages and their tokens.
    """
    generator = np.random.default_rng(seed)
    length = np.diff(texts.offsets)
    runs: list[list[int]] = []
    for number, name in enumerate(corpus.sources):
        if name in WITHOUT_PASSAGES:
            continue
        within = np.flatnonzero((corpus.source == number) & use)
        within = within[np.argsort(corpus.language_pair[within], kind="stable")]
        found = _runs(corpus, length, within, generator)
        if len(found) > MOST_PASSAGES:
            chosen = np.sort(generator.choice(len(found), MOST_PASSAGES, replace=False))
            found = [found[run] for run in chosen.tolist()]
        runs.extend(found)
    spelled: list[str] = []
    tokens: list[NDArray[np.int32]] = []
    keys: list[int] = []
    for side in (corpus.left, corpus.right):
        for run in runs:
            members = side[run].tolist()
            spelled.append(" ".join(corpus.texts[text] for text in members))
            tokens.append(
                np.concatenate(
                    [
                        texts.tokens[texts.offsets[text] : texts.offsets[text + 1]]
                        for text in members
                    ]
                )
            )
            keys.append(int(corpus.keys[members[0]]))
    firsts = np.array([run[0] for run in runs], np.int64)
    offsets = np.zeros(len(tokens) + 1, np.int64)
    np.cumsum([len(one) for one in tokens], out=offsets[1:])
    made = replace(
        corpus,
        texts=spelled,
        keys=np.array(keys, np.int64),
        left=np.arange(len(runs), dtype=np.int32),
        right=np.arange(len(runs), 2 * len(runs), dtype=np.int32),
        source=corpus.source[firsts],
        language_pair=corpus.language_pair[firsts],
    )
    joined = np.concatenate(tokens) if tokens else np.zeros(0, np.int32)
    return made, TokenizedTexts(joined, offsets)


def _runs(
    corpus: Corpus,
    length: NDArray[np.int64],
    within: NDArray[np.int64],
    generator: np.random.Generator,
) -> list[list[int]]:
    """Cut the pairs of a source into runs of one language pair, of 30 to 150 tokens."""
    longer = np.maximum(length[corpus.left[within]], length[corpus.right[within]]).tolist()
    languages = corpus.language_pair[within].tolist()
    runs: list[list[int]] = []
    run: list[int] = []
    total, wanted, spoken = 0, 0, -1

    def finish() -> None:
        if len(run) > 1 or total >= SHORTEST_ALONE:
            runs.append(run)

    for pair, size, language in zip(within.tolist(), longer, languages, strict=True):
        full = total + size > LONGEST_PASSAGE or total >= wanted or len(run) >= MOST_PAIRS
        if run and (language != spoken or full):
            finish()
            run, total = [], 0
        if not run:
            wanted, spoken = int(generator.integers(30, 130)), language
        run.append(pair)
        total += size
    finish()
    return runs
