"""Which languages the identifier is taught, and from which texts.

Labels are what decides an identifier's quality: here stand the set of languages, the sources that
are trusted to say what language a text is in, and what a text must look like to be believed.
"""

import re
import unicodedata
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import langcodes
import numpy as np
from langcodes.tag_parser import LanguageTagError
from numpy.typing import NDArray

from indexer.language_tags import UNDETERMINED
from indexer.training.corpus import Corpus, normalised

# Living written languages, each with sentences of its own in some source; made-up ones that people
# write texts in (eo ia ie io lfn vo) and Latin count, others, extinct ones and spelling variants
# of a language that is here do not.
LANGUAGES = frozenset(
    """
    ab ace ady af ak alt am ami an ar arn ary arz as ast av awa ay az azb ba bal ban bar bcl be bem
    ber bg bho bjn blk bm bn bo br bs bug bxr ca cbk ce ceb ch cjk ckb co crh cs csb cv cy da dag de
    din diq dsb dtp dty dv dz ee el en eo es et eu fa fi fil fit fj fo fon fr frp frr fur fuv fy ga
    gaa gag gcf gcr gd gl gn gom gor gos gsw gu guw gv ha hak haw he hi hif hil hr hsb ht hu hy
    ia id ie ig ilo inh io is it ja jam jv ka kaa kab kbd kbp kea kg kha kjh kk kl km kmb kn ko koi
    kr krc kri ks ksh ku kv kw ky la lad lb lez lfn lg li lij lmo ln lo lt lus lv mad mag mai mdf mg
    mhr mi min mk ml mn mni mnw mos mr mrj ms mt mwl my myv mzn nan nap nb nds ne nia nl nn nqo nso
    nus ny nyn oc olo om or os pa pam pap pcd pcm pl pms pnb ps pt pwn qu quc rm rn ro ru rue rw
    sa sah sat sc scn sco sd se sg sgs shi shn si sk skr sl sm smn sn so sq sr-Cyrl sr-Latn srn ss
    st su sv sw szl szy ta tay tcy te tet tg th ti tk tn to tpi tr ts tt tum ty tyv udm ug uk umb ur
    uz ve vec vep vi vo vro wa war wo wuu xal xh xmf yi yo yue zgh zh-Hans zh-Hant zu
    """.split()
)
# Codes of the corpus for which the standard says another tag than the one that is used here.
_RENAMED = {"mhr": "mhr", "zza": "diq", "bua": "bxr", "kau": "kr", "bcl": "bcl", "tw": "ak"}
# Word lists and names say little about how a language is written, and much of it wrongly.
NOT_SENTENCES = frozenset({"wordnet", "cldr", "wikidict"})
# Never trained on where a language has this many texts of other sources, so that it can measure.
HELD_OUT_SOURCE = "udhr"
ENOUGH_WITHOUT = 250
# Texts of one source and language: more teach little and cost time.
TEXTS_A_SOURCE = 20_000
FEWEST_LETTERS = 8
# Where the held-out source has fewer texts of a language than `FEWEST_HELD_OUT`, this many whole
# sentences of its other sources are set apart to measure it by, if enough are left to train on.
FEWEST_HELD_OUT, SET_APART = 100, 150
SENTENCE_LETTERS, SENTENCE_CHARACTERS = 20, 7  # of an alphabet, of Chinese
# A text is dropped if less than this of its letters is in a script its language is written in: a
# script is that where it is the main one of at least `SCRIPT_SHARE` of the language's texts.
OWN_SCRIPT = 0.6
SCRIPT_SHARE = 0.1
_MARKUP = re.compile(
    r"<[^<>]*>|\{\{[^{}|]*[|:]|\[\[[^\[\]|]*\||https?:\S+|\$\d+|%(?:\(\w+\))?\d*\$?[sd]\b|&\w+;"
    r"|\{[^{}]*\}|[\[\]{}|]|``?[^`]*``?|:\w+:|\*\*|__"
)


@dataclass(frozen=True)
class Labelled:
    """Texts with a language each.

    :param texts: cleaned of markup.
    :param label: int64 [texts], numbers of languages, ascending.
    """

    texts: list[str]
    label: NDArray[np.int64]


@dataclass(frozen=True)
class LabelledTexts:
    """What an identifier is trained on and measured by.

    :param languages: BCP-47 tags; the last is "und" for what is no language.
    :param training: what is trained on.
    :param held_out: texts of a source that none of their languages is trained on.
    :param apart: texts of the sources that are trained on, but not trained on, of languages that
        the held-out source has too little of.
    """

    languages: list[str]
    training: Labelled
    held_out: Labelled
    apart: Labelled


@cache
def standard(code: str) -> str | None:
    """Return the tag used here for a language code, or None if it is no code."""
    if code in _RENAMED:
        return _RENAMED[code]
    try:
        # A macrolanguage's code stands for its main member (arb is ar), not for the others (arz).
        tag = langcodes.standardize_tag(code)
        whole = langcodes.standardize_tag(code, macro=True)
    except (LanguageTagError, ValueError):
        return None
    return whole if whole in LANGUAGES else tag


def _encodable(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def tag(code: str, text: str) -> str | None:
    """Return the BCP-47 tag of a text whose ISO 639-3 code is known; None where it is unclear.

    Chinese is told apart by what the national character sets of Mainland China (GB 2312) and
    Taiwan (Big5) can write; Serbian by its letters.
    """
    language = standard(code)
    if language == "zh":
        simplified, traditional = _encodable(text, "gb2312"), _encodable(text, "big5")
        if simplified == traditional:
            return None
        return "zh-Hans" if simplified else "zh-Hant"
    if language == "sr":
        cyrillic = sum("Ѐ" <= letter <= "ӿ" for letter in text)
        latin = sum("a" <= letter.lower() <= "ž" for letter in text)
        return "sr-Cyrl" if cyrillic > latin else "sr-Latn"
    return language


def cleaned(text: str) -> str:
    """Return a text without the markup and placeholders of documentation and interfaces."""
    if any(mark in text for mark in "<{[$%&`:*_"):
        text = _MARKUP.sub(" ", text)
    return " ".join(text.split())


def read_labelled(folder: Path | None) -> dict[str, list[tuple[str, str]]]:
    """Return (tag, text) of every `<source>.tsv` in a folder, by source."""
    if folder is None:
        return {}
    sources = {}
    for path in sorted(folder.glob("*.tsv")):
        lines = (line.partition("\t") for line in path.read_text("utf-8").splitlines())
        sources[path.stem] = [(tag, text) for tag, _, text in lines if tag and text]
    return sources


def label_texts(
    corpus: Corpus,
    use: NDArray[np.bool_],
    labelled: dict[str, list[tuple[str, str]]] | None = None,
    *,
    seed: int = 1,
    languages: frozenset[str] = LANGUAGES,
    fewest: int = 60,
) -> LabelledTexts:
    """Gather the texts that are trusted to be in one language.

    A text that stands under several languages (an interface text left in English, say), has few
    letters, or is not in its language's script is left out.

    :param use: bool [pairs], the pairs that may be trained on.
    :param labelled: (tag, text) by source, from `read_labelled`.
    :param languages: the tags to know; one with fewer than `fewest` texts is left out.
    """
    of: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    seen: dict[int, str] = {}
    for source, name, text in _candidates(corpus, use, labelled or {}, seed):
        if name in languages or name == "en":
            key = hash(normalised(text))
            if seen.setdefault(key, name) != name:
                seen[key] = ""
            of[name][source].append(text)
    names: list[str] = []
    parts: list[tuple[list[str], list[str], list[str]]] = []
    for name in sorted(set(of) & languages):
        believed = _believed(name, of[name], seen)
        if len(believed[0]) >= fewest:
            names.append(name)
            parts.append(believed)
    columns = zip(*parts, strict=True) if parts else ([], [], [])
    return LabelledTexts([*names, UNDETERMINED], *map(_numbered, columns))


def _numbered(by_language: Sequence[Sequence[str]]) -> Labelled:
    """Put the texts of all languages end to end."""
    counts = list(map(len, by_language))
    return Labelled([*chain.from_iterable(by_language)], np.repeat(np.arange(len(counts)), counts))


def _believed(
    name: str, sources: dict[str, list[str]], seen: dict[int, str]
) -> tuple[list[str], list[str], list[str]]:
    """Return the texts of a language that pass, those that are held out, those that are set apart.

    Those of the held-out source are trained on only in need.
    """
    once = {
        source: [text for text in dict.fromkeys(texts) if seen[hash(normalised(text))] == name]
        for source, texts in sources.items()
    }
    others = sum(len(texts) for source, texts in once.items() if source != HELD_OUT_SOURCE)
    held_out = once.pop(HELD_OUT_SOURCE, []) if others >= ENOUGH_WITHOUT else []
    texts = [text for found in once.values() for text in found]
    scripts = {text: _scripts(text) for text in texts}
    main = Counter(max(counts, key=counts.__getitem__) for counts in scripts.values() if counts)
    own = {script for script, count in main.items() if count >= SCRIPT_SHARE * len(texts)}
    passed = [
        text
        for text, counts in scripts.items()
        if (letters := sum(counts.values())) >= FEWEST_LETTERS or (letters >= 3 and "CJK" in counts)
        if sum(counts[script] for script in own) >= OWN_SCRIPT * letters
    ]
    taught = {normalised(text) for text in passed} if held_out else set()
    held_out = [text for text in held_out if normalised(text) not in taught]
    if len(held_out) >= FEWEST_HELD_OUT:
        return passed, held_out, []
    training, apart = _set_apart(passed, scripts)
    return training, held_out, apart


def _set_apart(passed: list[str], scripts: dict[str, Counter[str]]) -> tuple[list[str], list[str]]:
    """Part the texts of a language into those to train on and sentences to measure it by.

    The same texts are chosen whatever their order; what differs in punctuation goes together.
    """
    keys = {text: zlib.crc32(normalised(text).encode("utf-8", "replace")) for text in passed}
    sentences = {keys[text]: text for text in passed if _is_sentence(scripts[text])}
    if len(sentences) < FEWEST_HELD_OUT or len(passed) < ENOUGH_WITHOUT + SET_APART:
        return passed, []
    chosen = sorted(sentences)[:SET_APART]
    of_them = frozenset(chosen)
    training = [text for text in passed if keys[text] not in of_them]
    return training, [sentences[key] for key in chosen]


def _is_sentence(scripts: Counter[str]) -> bool:
    return sum(scripts.values()) >= (SENTENCE_CHARACTERS if "CJK" in scripts else SENTENCE_LETTERS)


@cache
def _script(letter: str) -> str:
    """Return the script of a letter, by its name: LATIN, CYRILLIC, CJK..."""
    name = unicodedata.name(letter, "")
    return name.split(" ", 1)[0] if letter.isalpha() else ""


def _scripts(text: str) -> Counter[str]:
    counts = Counter(_script(letter) for letter in text[:120])
    counts.pop("", None)
    return counts


def _candidates(
    corpus: Corpus,
    use: NDArray[np.bool_],
    labelled: dict[str, list[tuple[str, str]]],
    seed: int,
) -> Iterator[tuple[str, str, str]]:
    """Yield (source, tag, text), at most `TEXTS_A_SOURCE` of a source and language code."""
    generator = np.random.default_rng(seed)
    for number, source in enumerate(corpus.sources):
        if source in NOT_SENTENCES:
            continue
        chosen = (
            use
            & (corpus.source == number)
            & (corpus.keys[corpus.left] != corpus.keys[corpus.right])
        )
        pairs = corpus.language_pair[chosen]
        sides = (corpus.left[chosen], corpus.right[chosen])
        by_code: dict[str, list[NDArray[np.int32]]] = defaultdict(list)
        for pair in np.unique(pairs).tolist():
            for side, code in enumerate(corpus.language_pairs[pair]):
                by_code[code].append(sides[side][pairs == pair])
        for code, parts in by_code.items():
            found = np.unique(np.concatenate(parts))
            for i in generator.permutation(found)[:TEXTS_A_SOURCE].tolist():
                text = cleaned(corpus.texts[i])
                if name := tag(code, text):
                    yield source, name, text
    for source, lines in labelled.items():
        for name, text in lines:
            yield source, name, cleaned(text)
