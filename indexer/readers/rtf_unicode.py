r"""RTF as plain Unicode: every way of writing a character becomes the character itself.

RTF writes a letter as \uN with a substitute for old programs behind it, as \'hh in the code page of
the font in force, as a raw byte, or as two bytes of which the second may look like a letter. Only a
walk that knows the font in force can tell them apart. Pictures, field codes and tables of fonts go
on the way, because they hold no text and are most of a file's bulk.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from striprtf.striprtf import charset_map

# Private-use characters that stand for what stripping would lose; none leaves the RTF reader.
_HEADING_MARKS = "".join(map(chr, range(0xE900, 0xE90A)))
CELL_MARK = "\ue910"
TITLE_LEVEL = -1
_TITLE_MARK = _HEADING_MARKS[0]
_LINE_BREAK = "\u2028"  # a line break inside a paragraph, until the text is cleaned

_TOKEN = re.compile(
    r"\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\(.)|([{}])|([^\\{}]+)", re.DOTALL
)
_BRACE = re.compile(r"\\[\\{}]|[{}]")
_LINE_ENDS = re.compile("[\r\n]+")
_FONT = re.compile(r"\\f(\d+)\b[^;]{0,400}?\\fcharset(\d+)")
_STYLE_NUMBER = re.compile(r"\\s(\d+)(?!\d)")
_OUTLINE = re.compile(r"\\outlinelevel([0-8])(?!\d)")
_HEADING_NAME = re.compile(r"\bheading ([1-9]);", re.IGNORECASE)
_TITLE_NAME = re.compile(r"(?<![\w\\])title;", re.IGNORECASE)
_ESCAPED = str.maketrans({"\\": "\\\\", "{": "\\{", "}": "\\}"})
_CHARACTER_SETS = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
_LITERALS = {"cell": CELL_MARK, "nestcell": CELL_MARK, "line": _LINE_BREAK}
_DROPPED = frozenset(
    {
        "blipuid",
        "colorschememapping",
        "datastore",
        "fldinst",
        "fonttbl",
        "latentstyles",
        "nonesttables",
        "objdata",
        "pict",
        "stylesheet",
        "themedata",
    }
)


@dataclass(frozen=True, slots=True)
class _Group:
    r"""What a group inherits and its end restores.

    :param encoding: of bytes in the font in force.
    :param substitutes: how many characters follow each \uN for programs without Unicode.
    :param dropped: whether the group holds nothing that a person reads.
    """

    encoding: str
    substitutes: int = 1
    dropped: bool = False


def heading(paragraph: str) -> tuple[int, str]:
    """Return a stripped paragraph's heading level (0: none, `TITLE_LEVEL`: title) and its text."""
    level = 0
    for mark in _HEADING_MARKS:
        if mark in paragraph:
            level = _HEADING_MARKS.index(mark) or TITLE_LEVEL
            paragraph = paragraph.replace(mark, "")
    return level, paragraph


def normalised(source: str) -> str:
    """Return RTF in which every character stands for itself.

    :param source: the file's bytes as Latin-1.
    :return: RTF of the same text, without pictures, fonts and styles.
    """
    return _Normaliser(source).run()


class _Normaliser:
    """The walk over one file's tokens."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._page = "cp1252"  # the file's code page, unless it states another
        self._fonts = dict(_FONT.findall(_group_of(source, "fonttbl")))
        self._styles = _style_marks(_group_of(source, "stylesheet"))
        self._group = _Group(self._page)
        self._stack: list[_Group] = []
        self._pieces: list[str] = []
        self._bytes = bytearray()
        self._to_skip = 0

    def run(self) -> str:
        position = 0
        while token := _TOKEN.match(self._source, position):
            position = token.end()
            byte, word, number, symbol, brace, text = token.groups()
            if byte or text or (symbol and symbol in "\\{}"):
                self._add(chr(int(byte, 16)) if byte else symbol or _LINE_ENDS.sub("", text))
                continue
            self._flush()
            self._to_skip = 0
            if brace:
                self._brace(brace)
            elif word == "bin":
                position += max(0, int(number or 0))
            elif not self._group.dropped:
                if symbol:
                    self._pieces.append("" if symbol == "-" else token[0])
                else:
                    self._word(word, number)
        self._flush()
        return "".join(self._pieces)

    def _add(self, letters: str) -> None:
        r"""Add bytes, each given as a character, less those that stand in for a \uN."""
        skipped = min(self._to_skip, len(letters))
        self._to_skip -= skipped
        if not self._group.dropped:
            self._bytes += letters[skipped:].encode("latin-1")

    def _flush(self) -> None:
        """Decode the bytes so far; they stand in one font, so a two-byte letter is never parted."""
        if self._bytes:
            text = self._bytes.decode(self._group.encoding, "replace")
            self._pieces.append(text.translate(_ESCAPED))
            self._bytes.clear()

    def _brace(self, brace: str) -> None:
        self._pieces.append(brace)
        if brace == "{":
            self._stack.append(self._group)
        elif self._stack:
            self._group = self._stack.pop()

    def _word(self, word: str, number: str | None) -> None:
        if word in _DROPPED:
            self._group = replace(self._group, dropped=True)
        elif word == "u":
            code = int(number or ord("?")) & 0xFFFF
            self._pieces.append(chr(code).translate(_ESCAPED))
            self._to_skip = self._group.substitutes
        elif word == "uc":
            self._group = replace(self._group, substitutes=max(0, int(number or 1)))
        elif word in _CHARACTER_SETS or word == "ansicpg":
            self._page = _known(_CHARACTER_SETS.get(word) or f"cp{number}", self._page)
            self._group = replace(self._group, encoding=self._page)
        elif word in ("f", "deff", "plain"):
            self._group = replace(self._group, encoding=self._encoding_of(number))
        elif word in _LITERALS:
            self._pieces.append(_LITERALS[word])
        elif word == "s":
            self._pieces.append(self._styles.get(number or "", ""))
        elif word == "outlinelevel":
            self._pieces.append(_outline_mark(number or ""))
        else:
            self._pieces.append(f"\\{word}{number or ''} ")

    def _encoding_of(self, font: str | None) -> str:
        name = charset_map.get(int(self._fonts.get(font or "", -1)))
        return _known(name, self._page)


def _known(encoding: str | None, otherwise: str) -> str:
    """Return an encoding if Python has it, which it has not for every old Macintosh."""
    try:
        return codecs.lookup(encoding or otherwise).name
    except LookupError:
        return otherwise


def _outline_mark(number: str) -> str:
    return _HEADING_MARKS[int(number) + 1] if number in tuple("012345678") else ""


def _style_marks(stylesheet: str) -> dict[str, str]:
    """Return the mark of every paragraph style that is a heading or the document's title."""
    marks: dict[str, str] = {}
    for style in _groups_in(stylesheet):
        number = _STYLE_NUMBER.search(style)
        if number is None:
            continue
        named, outline = _HEADING_NAME.search(style), _OUTLINE.search(style)
        if named:
            marks[number[1]] = _HEADING_MARKS[int(named[1])]
        elif outline:
            marks[number[1]] = _outline_mark(outline[1])
        elif _TITLE_NAME.search(style):
            marks[number[1]] = _TITLE_MARK
    return marks


def _group_of(source: str, word: str) -> str:
    """Return what follows a destination's control word up to the end of its group."""
    start = source.find(f"\\{word}")
    depth = 1
    for brace in _BRACE.finditer(source, start) if start >= 0 else ():
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth == 0:
            return source[start : brace.start()]
    return ""


def _groups_in(text: str) -> Iterator[str]:
    """Yield the content of each outermost group."""
    depth = start = 0
    for brace in _BRACE.finditer(text):
        if brace[0] == "{":
            depth += 1
            start = brace.end() if depth == 1 else start
        elif brace[0] == "}":
            depth -= 1
            if depth == 0:
                yield text[start : brace.start()]
