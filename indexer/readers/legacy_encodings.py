"""Which legacy encoding bytes are in: the one whose text would cost the least to write.

Every candidate decoding is weighed by how many bits it would take in a code made for the languages
of that encoding; a wrong decoding spends its bits on rare characters and on symbols inside words.
On its own charset-normalizer takes many short texts, and most of Central Europe's, for another
encoding, so it is asked only where no known language explains the bytes.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache

from indexer.readers.characters import COMMON_CHARACTERS

# Costs in bits, in the units of `COMMON_CHARACTERS`. 15 is what one of the few thousand rarer
# ideographs costs; a symbol or a letter foreign to the language must cost about as much.
_ASCII_BITS = 4.5
_RARE_BITS = 15.0
_IMPOSSIBLE_BITS = 30.0
_FOREIGN_ASCII_BITS = 10.0
_CONTROL_BITS = 25.0
# From a word in ASCII letters to one in another script, or back: what keeps a lone French "à" from
# being a Russian word.
_SCRIPT_CHANGE_BITS = 6.0
_SYMBOL_IN_WORD_BITS = 12.0
_CAPITALISED_BITS = 1.0
_ALL_CAPITALS_BITS = 4.0
_ODD_CAPITALS_BITS = 6.0

# Real text of a known language takes 4 to 10 bits a non-ASCII character and 4 to 5 an ASCII one,
# and a few words vary; above this no language explains it.
_MAX_PLAUSIBLE_BITS = 13.0
_MAX_PLAUSIBLE_ASCII_BITS = 5.0
_PLAUSIBLE_SLACK_BITS = 30.0

# Letters beyond ASCII, with the vowel signs and points that stand among them.
_FOREIGN = r"(?:[^\W\d_\x00-\x7f]|[\u0300-\u036f\u0591-\u05c7\u064b-\u0670\u0e31-\u0e4e])"
_WORD = re.compile(rf"[A-Za-z]*{_FOREIGN}(?:[A-Za-z]|{_FOREIGN})*")
_SCRIPT_CHANGE = re.compile(rf"[A-Za-z](?=[\W\d_]*{_FOREIGN})|{_FOREIGN}(?=[\W\d_]*[A-Za-z])")
_SYMBOL_IN_WORD = re.compile(r"(?<=[A-Za-z])[^\w\s\x00-\x7f’·\u2010-\u2015](?=[a-z])")
# Languages that write ASCII words right beside their own.
_CJK = frozenset({"zh-Hans", "zh-Hant", "ja", "ko"})

_CYRILLIC = ("ru", "uk", "be", "bg", "sr", "mk")
_CENTRAL = ("pl", "cs", "sk", "hu", "ro", "hr", "sl", "de")
_LATIN = frozenset(language for language, table in COMMON_CHARACTERS.items() if "e" in table)
_WESTERN = ("en", "fr", "de", "es", "pt", "it", "sv", "da", "nb", "fi", "nl", "is", "ca")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One legacy encoding.

    :param languages: the languages that were written in it.
    :param prior_bits: how much rarer it is than the commonest; decides between decodings that
        are equal or nearly so.
    """

    encoding: str
    languages: tuple[str, ...]
    prior_bits: float = 0.0


WIDE_CANDIDATES = (
    Candidate("utf-16-le", tuple(COMMON_CHARACTERS), 4),
    Candidate("utf-16-be", tuple(COMMON_CHARACTERS), 4),
)
CANDIDATES = (
    Candidate("cp1252", _WESTERN),
    Candidate("gb18030", ("zh-Hans", "zh-Hant"), 1),
    Candidate("cp932", ("ja",), 1),
    Candidate("cp949", ("ko",), 1),
    Candidate("cp950", ("zh-Hant",), 1),
    Candidate("big5hkscs", ("zh-Hant",), 2),
    Candidate("euc_jp", ("ja",), 1),
    Candidate("cp1251", _CYRILLIC, 1),
    Candidate("koi8_r", ("ru",), 1),
    Candidate("koi8_u", ("uk", "be"), 2),
    Candidate("cp1250", _CENTRAL, 3),
    Candidate("iso8859_2", _CENTRAL, 4),
    Candidate("cp1253", ("el",), 1),
    Candidate("cp1254", ("tr",), 2),
    Candidate("cp1255", ("he",), 2),
    Candidate("cp1256", ("ar", "fa"), 2),
    Candidate("cp1257", ("lt", "lv", "et"), 3),
    Candidate("cp1258", ("vi",), 1),
    Candidate("cp874", ("th",), 2),
    Candidate("iso8859_15", ("fr", "fi"), 4),
    Candidate("iso8859_5", _CYRILLIC, 4),
    Candidate("iso8859_6", ("ar",), 4),
    Candidate("iso8859_7", ("el",), 4),
    Candidate("cp866", ("ru", "uk", "be"), 4),
    Candidate("mac_cyrillic", ("ru", "uk"), 6),
    Candidate("cp850", _WESTERN, 5),
    Candidate("cp852", _CENTRAL, 6),
    Candidate("mac_roman", _WESTERN, 5),
    *WIDE_CANDIDATES,
)


def cheapest(sample: bytes, candidates: tuple[Candidate, ...]) -> str | None:
    """Return the encoding whose decoding takes the fewest bits, or None if all take too many."""
    bits, place = min((_bits(sample, each), place) for place, each in enumerate(candidates))
    encoding = candidates[place].encoding
    text = sample.decode(encoding, errors="replace")
    foreign = sum(character > "\x7f" for character in text)
    plausible = _MAX_PLAUSIBLE_ASCII_BITS * (len(text) - foreign) + _MAX_PLAUSIBLE_BITS * foreign
    plausible += _PLAUSIBLE_SLACK_BITS
    return encoding if bits <= plausible else None


def _bits(sample: bytes, candidate: Candidate) -> float:
    """Return what the sample costs in the cheapest of the encoding's languages."""
    text = sample.decode(candidate.encoding, errors="replace")
    if candidate.encoding == "cp1258":
        text = unicodedata.normalize("NFC", text)
    words = _WORD.findall(text)
    in_words = Counter("".join(words).lower())
    others = Counter(text)
    others.subtract("".join(words))
    anyhow = candidate.prior_bits + sum(map(_capitals_bits, words))
    anyhow += _SYMBOL_IN_WORD_BITS * len(_SYMBOL_IN_WORD.findall(text))
    changes = _SCRIPT_CHANGE_BITS * len(_SCRIPT_CHANGE.findall(text))
    return anyhow + min(
        _language_bits(in_words, others, language) + (0 if language in _LATIN else changes)
        for language in candidate.languages
    )


def _language_bits(in_words: Counter[str], others: Counter[str], language: str) -> float:
    """Return what characters cost in a language.

    :param in_words: of words with a letter beyond ASCII, in lower case.
    :param others: all the rest.
    :param language: a key of `COMMON_CHARACTERS`.
    """
    table = _table(language)
    ascii_in_word = _ASCII_BITS if language in _CJK else _FOREIGN_ASCII_BITS
    bits = 0.0
    for character, count in in_words.items():
        default = ascii_in_word if character < "\x80" else _RARE_BITS
        bits += count * table.get(character, default)
    for character, count in others.items():
        if character >= "\x80":
            bits += count * table.get(character, _symbol_bits(character))
        elif character < " " and character not in "\t\n\r":
            bits += count * _CONTROL_BITS
        else:
            bits += count * table.get(character.lower(), _ASCII_BITS)
    return bits


def _symbol_bits(character: str) -> float:
    if character == "\ufffd" or unicodedata.category(character) in {"Cc", "Cn", "Co"}:
        return _IMPOSSIBLE_BITS
    return _RARE_BITS


def _capitals_bits(word: str) -> float:
    if word.islower():
        return 0.0
    if word[1:].islower() or len(word) == 1:
        return _CAPITALISED_BITS
    if word.isupper():
        return _ALL_CAPITALS_BITS
    if word.lower() == word:  # a script without case
        return 0.0
    return _ODD_CAPITALS_BITS * sum(character.isupper() for character in word[1:])


@cache
def _table(language: str) -> dict[str, float]:
    groups = COMMON_CHARACTERS[language].split("|")
    return {
        character: float(bits) for bits, group in enumerate(groups, start=2) for character in group
    }
