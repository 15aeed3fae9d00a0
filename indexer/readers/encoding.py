"""Bytes of an unknown encoding to text.

Most files are UTF-8 and say so by being valid. For the rest, every legacy decoding is weighed by
how many bits it would take to write in a code made for the languages of that encoding, and the
cheapest wins: a wrong decoding spends its bits on rare characters and symbols inside words.
charset-normalizer is asked where no known language explains the bytes; on its own it takes short
texts and several Cyrillic and Central European encodings for others.
"""

import codecs
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache

from indexer.errors import UnreadableFileError
from indexer.readers.characters import COMMON_CHARACTERS

# Bytes that are weighed; more change no outcome on any language tried, and take longer.
_SAMPLE_BYTES = 16_384

# Longer marks first: UTF-32's little-endian mark begins with UTF-16's.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)

# Compressed data has one such control byte in nine, pictures and programs more; text files with
# terminal colours or stray page marks have fewer than one in fifty.
_MAX_CONTROL_SHARE = 0.02
_CONTROL_BYTES = bytes(set(range(32)) - {8, 9, 10, 12, 13, 27})

# ASCII in UTF-16 has a zero in every other byte. A tenth is enough, because text of any script
# has spaces, digits or line ends, while single stray zeros stay below it.
_MIN_ZERO_SHARE = 0.1

# A UTF-8 file with a few damaged bytes has still far more whole sequences than broken ones.
_MIN_WHOLE_PER_BROKEN = 10

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
_SYMBOL_IN_WORD_BITS = 6.0
_CAPITALISED_BITS = 1.0
_ALL_CAPITALS_BITS = 4.0
_ODD_CAPITALS_BITS = 6.0

# Real text of a known language takes 4 to 10 bits a non-ASCII character; above this no language
# explains it.
_MAX_PLAUSIBLE_BITS = 13.0

# Encodings whose bytes are all ASCII, and so valid UTF-8 as well.
_ESCAPED = ("iso2022", "hz", "utf-7")
# Pages that declare the first are written in the second, which has all its characters and more.
_SUPERSETS = {
    "ascii": "utf-8",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "shift_jis": "cp932",
}
_WIDE = ("utf-16", "utf-32")
_NON_ASCII_LINE = re.compile(rb"[^\n]*[\x80-\xff][^\n]*\n?")
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
class _Candidate:
    """One legacy encoding.

    :param languages: the languages that were written in it.
    :param prior_bits: how much rarer it is than the commonest; decides between decodings that
        are equal or nearly so.
    """

    encoding: str
    languages: tuple[str, ...]
    prior_bits: float = 0.0


_WIDE_CANDIDATES = (
    _Candidate("utf-16-le", tuple(COMMON_CHARACTERS), 4),
    _Candidate("utf-16-be", tuple(COMMON_CHARACTERS), 4),
)
_CANDIDATES = (
    _Candidate("cp1252", _WESTERN),
    _Candidate("gb18030", ("zh-Hans", "zh-Hant"), 1),
    _Candidate("cp932", ("ja",), 1),
    _Candidate("cp949", ("ko",), 1),
    _Candidate("cp950", ("zh-Hant",), 1),
    _Candidate("big5hkscs", ("zh-Hant",), 2),
    _Candidate("euc_jp", ("ja",), 1),
    _Candidate("cp1251", _CYRILLIC, 1),
    _Candidate("koi8_r", ("ru",), 1),
    _Candidate("koi8_u", ("uk", "be"), 2),
    _Candidate("cp1250", _CENTRAL, 3),
    _Candidate("iso8859_2", _CENTRAL, 4),
    _Candidate("cp1253", ("el",), 1),
    _Candidate("cp1254", ("tr",), 2),
    _Candidate("cp1255", ("he",), 2),
    _Candidate("cp1256", ("ar", "fa"), 2),
    _Candidate("cp1257", ("lt", "lv", "et"), 3),
    _Candidate("cp1258", ("vi",), 1),
    _Candidate("cp874", ("th",), 2),
    _Candidate("iso8859_15", ("fr", "fi"), 4),
    _Candidate("iso8859_5", _CYRILLIC, 4),
    _Candidate("iso8859_6", ("ar",), 4),
    _Candidate("iso8859_7", ("el",), 4),
    _Candidate("cp866", ("ru", "uk", "be"), 4),
    _Candidate("mac_cyrillic", ("ru", "uk"), 6),
    _Candidate("cp850", _WESTERN, 5),
    _Candidate("cp852", _CENTRAL, 6),
    _Candidate("mac_roman", _WESTERN, 5),
    *_WIDE_CANDIDATES,
)


def decode(data: bytes, declared: str | None = None) -> str:
    """Return the text that bytes stand for.

    :param data: the whole content of a file or part of a message.
    :param declared: the encoding that the content itself names (in a `<meta>`, say); it is used
        where it decodes the data, and ignored where it does not.
    :raises UnreadableFileError: if the data is not text.
    """
    return decode_with_encoding(data, declared)[0]


def decode_with_encoding(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """Return the text and the name of the encoding, as Python calls it; see `decode`."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace"), encoding
    if declared and (text := _decode_declared(data, declared)) is not None:
        return text, declared
    encoding = _wide_encoding(data) or _utf8_or_escaped(data) or _legacy_encoding(data)
    if _is_binary(data) and not encoding.startswith(_WIDE):
        # UTF-16 without ASCII in it is full of bytes that look like controls.
        encoding = _cheapest(_sample(data), _WIDE_CANDIDATES) or ""
    if not encoding:
        raise UnreadableFileError("the file is binary data, not text")
    text = data.decode(encoding, errors="replace")
    return (unicodedata.normalize("NFC", text) if encoding == "cp1258" else text), encoding


def _is_binary(data: bytes) -> bool:
    """Whether the data has more control characters than text has."""
    sample = data[:_SAMPLE_BYTES]
    controls = len(sample) - len(sample.translate(None, _CONTROL_BYTES))
    return controls > max(1, _MAX_CONTROL_SHARE * len(sample))


def _decode_declared(data: bytes, declared: str) -> str | None:
    """Return the text in the declared encoding, or None if the declaration is wrong."""
    try:
        name = codecs.lookup(declared).name
        if not name.startswith(_ESCAPED):
            # Templates declare what their author once used, and editors save UTF-8.
            text = _strict_utf8(data)
            if text is not None and not data.isascii():
                return text
        return data.decode(_SUPERSETS.get(name, name))
    except (LookupError, ValueError):
        return None


def _strict_utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _wide_encoding(data: bytes) -> str | None:
    """Return UTF-16 or UTF-32 where zero bytes stand as ASCII in them has them."""
    sample = data[: _SAMPLE_BYTES // 4 * 4]
    zeros = [sample[place::4].count(0) for place in range(4)]
    quarter = max(1, len(sample) // 4)
    if min(zeros[1:]) >= 0.9 * quarter > 10 * zeros[0]:
        return "utf-32-le"
    if min(zeros[:3]) >= 0.9 * quarter > 10 * zeros[3]:
        return "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if odd >= max(1, _MIN_ZERO_SHARE * quarter * 2) and odd > 10 * even:
        return _if_valid(sample, "utf-16-le")
    if even >= max(1, _MIN_ZERO_SHARE * quarter * 2) and even > 10 * odd:
        return _if_valid(sample, "utf-16-be")
    return None


def _if_valid(sample: bytes, encoding: str) -> str | None:
    """Return the encoding if what it decodes to is characters that are assigned."""
    text = sample[: len(sample) // 2 * 2].decode(encoding, errors="replace")
    odd = sum(unicodedata.category(character) in {"Cn", "Co", "Cc", "So"} for character in text)
    allowed = sum(map(text.count, "\t\n\r\f"))
    return encoding if odd - allowed <= 0.05 * len(text) else None


def _utf8_or_escaped(data: bytes) -> str | None:
    """Return UTF-8, ISO-2022-JP or ISO-2022-KR where the data is that, or nearly."""
    if _strict_utf8(data) is None:
        sample = data[: 4 * _SAMPLE_BYTES]
        text = sample.decode("utf-8", errors="replace")
        broken = text.count("\ufffd")
        whole = sum(character > "\x7f" for character in text) - broken
        return "utf-8" if whole >= _MIN_WHOLE_PER_BROKEN * max(1, broken) else None
    for escape, encoding in ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$", "iso2022_jp_2")):
        if escape in data:
            try:
                data.decode(encoding)
                return encoding
            except UnicodeDecodeError:
                continue
    return "utf-8"


def _legacy_encoding(data: bytes) -> str:
    sample = _sample(data)
    return _cheapest(sample, _CANDIDATES) or _second_opinion(sample) or _CANDIDATES[0].encoding


def _cheapest(sample: bytes, candidates: tuple[_Candidate, ...]) -> str | None:
    """Return the encoding whose decoding takes the fewest bits, or None if all take too many."""
    bits, place = min((_bits(sample, each), place) for place, each in enumerate(candidates))
    encoding = candidates[place].encoding
    text = sample.decode(encoding, errors="replace")
    foreign = sum(character > "\x7f" for character in text)
    plausible = _ASCII_BITS * (len(text) - foreign) + _MAX_PLAUSIBLE_BITS * foreign
    return encoding if bits <= plausible else None


def _sample(data: bytes) -> bytes:
    """Return lines that are not all ASCII; a line end is never part of a character in them."""
    if _is_binary(data):
        return data[:_SAMPLE_BYTES]
    sample = bytearray()
    for match in _NON_ASCII_LINE.finditer(data):
        sample += match.group()[:_SAMPLE_BYTES]
        if len(sample) >= _SAMPLE_BYTES:
            break
    return bytes(sample)


def _bits(sample: bytes, candidate: _Candidate) -> float:
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


def _second_opinion(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes  # rare, and slow to import

    best = from_bytes(sample).best()
    return None if best is None else best.encoding
