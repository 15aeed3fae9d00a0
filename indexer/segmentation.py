"""A text to lexical terms, in every script: what exact words are indexed by and searched for.

SQLite's own tokenizers serve few scripts: `unicode61` finds no word in a text without spaces, and
`trigram` none of two characters, which most Chinese and Japanese words have. So terms are made here
and the full-text table only keeps them. Where they are kept is `lexical`; what a query means by a
quotation mark or a minus is not known here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal, NamedTuple, cast

# Recorded with every index; another version means that the same text may give other terms, and the
# next sync makes all of them again. Unicode's version decides what folds to what.
SEGMENTATION_VERSION = f"1/{unicodedata.unidata_version}"

Kind = Literal["word", "hangul", "run"]

# Blocks of the scripts written without spaces between words. Their runs become single graphemes and
# pairs of neighbours, which find every word without a dictionary. Digits and marks of punctuation
# in these blocks are no part of a run.
_UNSPACED_BLOCKS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Burmese, with Shan and Mon
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0xA9E0, 0xA9FF),  # more Burmese
    (0xAA60, 0xAADF),  # more Burmese, Tai Viet
    (0x3005, 0x3007),  # 々〆〇
    (0x3041, 0x30FF),  # kana
    (0x3105, 0x312F),  # Bopomofo
    (0x31A0, 0x31BF),  # more Bopomofo
    (0x31F0, 0x31FF),  # small kana for Ainu
    (0x1B000, 0x1B16F),  # old kana
)
_BLOCKS_WITH_MARKS = (
    (0x0300, 0x20FF),
    (0x2CE0, 0x30FF),
    (0xA660, 0xABFF),
    (0xFB1E, 0xFE2F),
    (0x10A00, 0x11FFF),
    (0x16A00, 0x16FFF),
    (0x1E000, 0x1E9FF),
)
_IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HANGUL = "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb"

# Letters of Latin, Greek, Hebrew and Arabic. A writer may leave out the marks on them and a reader
# still reads the same word; in other scripts marks make another letter: kana's が, Cyrillic's й,
# every vowel of an Indic script or of Thai.
_FOLDED_SCRIPTS = (
    "a-z\u00aa-\u02af\u1d00-\u1dbf\u1e00-\u1eff\u2c60-\u2c7f\ua722-\ua7ff\uab30-\uab64"
    "\u0370-\u03ff\u1f00-\u1fff\u05d0-\u05f2\u0620-\u064a\u066e-\u06d5\u06ee-\u06ff\u0750-\u077f"
    "\u08a0-\u08c9"
)
_THEIR_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08ca-\u08e1\u08e3-\u08ff\u1ab0-\u1aff"
    "\u1dc0-\u1dff"
)
# The lookbehind stands second, so that a search leaps from mark to mark.
_FOLDABLE_MARKS = re.compile(f"[{_THEIR_MARKS}](?<=[{_FOLDED_SCRIPTS}].)[{_THEIR_MARKS}]*")
_MAY_CARRY_MARKS = re.compile(
    "[\u00c0-\u024f\u0300-\u03ff\u0591-\u06ff\u0750-\u077f\u08a0-\u08ff\u1e00-\u1fff]"
)
# What shows nothing (soft hyphens, joiners, marks of direction, spaces without width), Arabic's
# lengthening stroke, and the dot between Tibetan syllables, which a query's last one lacks.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u0640\u0f0b\u0f0c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)
# One letter under two codes, as keyboards differ (Arabic and Persian yeh and kaf; Lucene's
# ArabicNormalizer and PersianNormalizer do the same), and letters whose stroke or ligature is no
# combining mark in Unicode. The dotless i is what other languages' capital I becomes.
_SAME_LETTER = str.maketrans(
    {"ی": "ي", "ى": "ي", "ک": "ك", "ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"}
)
_ANOTHER_LETTER = re.compile(f"[{''.join(map(chr, _SAME_LETTER))}]")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_ASCII_WORD = re.compile("[a-z0-9]+")
# A longer one is no word but data (base64, hashes, addresses).
_LONGEST_WORD = 64


class Piece(NamedTuple):
    """A stretch of folded text without a space inside.

    :param text: folded.
    :param kind: "word"; "hangul" for a Korean word with its particles; "run" for a run of a script
        without spaces.
    """

    text: str
    kind: Kind

    @property
    def words(self) -> list[str]:
        """Terms in the order of the text; those of neighbouring pieces stand side by side."""
        if self.kind != "run":
            return [self.text]
        graphemes = _graphemes(self.text)
        return _pairs(graphemes) or graphemes

    @property
    def parts(self) -> list[str]:
        """Terms inside the piece, where order counts for nothing."""
        if self.kind == "word":
            return []
        return _graphemes(self.text) if self.kind == "run" else _pairs(list(self.text))


@dataclass(frozen=True, slots=True)
class Terms:
    """A passage's terms as the full-text table takes them, separated by blanks.

    :param words: words, and pairs of graphemes of scripts without spaces, in the text's order, so
        that a phrase is a run of them.
    :param parts: single graphemes of scripts without spaces and pairs of Hangul syllables, each
        once.
    """

    words: str
    parts: str


def segment(text: str) -> Terms:
    """Return the terms of a text, whatever it holds."""
    words: list[str] = []
    parts: dict[str, None] = {}
    for piece in pieces(text):
        if piece.kind == "word":
            words.append(piece.text)
        else:
            words += piece.words
            parts.update(dict.fromkeys(piece.parts))
    return Terms(" ".join(words), " ".join(parts))


def pieces(text: str) -> Iterator[Piece]:
    """Yield the words and the runs of a text in their order, folded."""
    if text.isascii():
        for word in _ASCII_WORD.findall(text.lower()):
            yield Piece(word[:_LONGEST_WORD], "word")
        return
    for match in _patterns().piece.finditer(fold(text)):
        kind = cast(Kind, match.lastgroup)
        found = match.group()
        yield Piece(found if kind == "run" else found[:_LONGEST_WORD], kind)


def word_bounds(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each word that spaces set off, in their order; runs are left out."""
    found = _patterns().piece.finditer(text)
    return [match.span() for match in found if match.lastgroup != "run"]


def is_unspaced(letter: str) -> bool:
    """Whether a letter is of a script written without spaces between words."""
    return _patterns().unspaced.match(letter) is not None


def fold(text: str) -> str:
    """Return a text in which spellings that a reader takes for the same word are the same.

    Case, width and other forms of compatibility (NFKC); marks in Latin, Greek, Arabic and Hebrew;
    digits of every script.
    """
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).casefold()
    if _OTHER_DIGIT.search(text):
        text = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit.group())), text)
    if _MAY_CARRY_MARKS.search(text):
        text = _FOLDABLE_MARKS.sub("", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", text)
        if _ANOTHER_LETTER.search(text):
            text = text.translate(_SAME_LETTER)
    return text


@dataclass(frozen=True, slots=True)
class _Patterns:
    piece: re.Pattern[str]
    grapheme: re.Pattern[str]
    unspaced: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    """Compile what depends on Unicode's tables; `re` knows no classes for scripts and marks."""
    marks = "".join(_ranges(*block, "M") for block in _BLOCKS_WITH_MARKS)
    unspaced = _IDEOGRAPHS + "".join(_ranges(*block, "LM", "〇") for block in _UNSPACED_BLOCKS)
    # Python's \w lacks the marks with which most words of Indic scripts are written.
    letter = rf"[^\W_{_HANGUL}{unspaced}]"
    return _Patterns(
        re.compile(
            f"(?P<run>[{unspaced}]+)|(?P<hangul>[{_HANGUL}]+)"
            f"|(?P<word>{letter}+(?:[{marks}]+{letter}*)*)"
        ),
        re.compile(f"[^{marks}][{marks}]*|[{marks}]+"),
        re.compile(f"[{unspaced}]"),
    )


def _ranges(first: int, last: int, categories: str, more: str = "") -> str:
    """Return the characters of some general categories as the inside of a character class."""
    ranges: list[list[int]] = []
    for code in range(first, last + 1):
        char = chr(code)
        if unicodedata.category(char)[0] in categories or char in more:
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in ranges)


def _graphemes(run: str) -> list[str]:
    """Return a run's letters, each with the marks that belong to it."""
    # Marks are not alphabetic, so a run without any is told apart at once.
    return list(run) if run.isalpha() else _patterns().grapheme.findall(run)


def _pairs(graphemes: list[str]) -> list[str]:
    return [first + second for first, second in pairwise(graphemes)]
