"""Bytes of an unknown encoding to text.

Most files are UTF-8 and say so by being valid; a byte order mark or a pattern of zeros tells the
other encodings of Unicode. What remains is weighed in `legacy_encodings.py`, and
charset-normalizer gives a second opinion where no known language explains the bytes.
"""

import codecs
import re
import unicodedata

from indexer.errors import UnreadableFileError
from indexer.readers.legacy_encodings import CANDIDATES, WIDE_CANDIDATES, cheapest

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
        encoding = cheapest(_sample(data), WIDE_CANDIDATES) or ""
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
    sample = data[:_SAMPLE_BYTES]
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
    return cheapest(sample, CANDIDATES) or _second_opinion(sample) or CANDIDATES[0].encoding


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


def _second_opinion(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes  # rare, and slow to import

    best = from_bytes(sample).best()
    return None if best is None else best.encoding
