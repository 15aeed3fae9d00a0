"""Lines of a PDF page to paragraphs, from where the lines stand.

A PDF has no paragraphs, only glyphs at places. What a reader of the page sees as a new paragraph (a
gap, another size of letter, an indent, a line that stops short) is what breaks one here. Nothing in
this module knows the PDF library.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Baselines closer than this share of the letter size are one row: table cells, superscripts.
_SAME_ROW = 0.35
# A gap this much wider than the usual distance between lines separates paragraphs. Typeset
# paragraphs are 1.4 or more apart; uneven lines (an inline formula, a larger letter) reach 1.2.
_GAP = 1.3
# With few lines to learn the usual distance from, it is taken to be at most this many letter sizes:
# ordinary text is set at 1.15 to 1.5.
_LOOSEST_PITCH = 1.5
_FEW_LINES = 4
# Another letter size by this ratio is a heading, a caption or a note.
_OTHER_SIZE = 1.15
# A first line is indented by 1 to 3 letter sizes; more is another column or a table.
_LEAST_INDENT = 0.8
_GREATEST_INDENT = 6.0
# A line that ends before this share of the block's width, at the end of a sentence, ends a
# paragraph; ragged text rarely leaves a quarter of a line empty.
_SHORT_LINE = 0.75

_BULLET = re.compile(
    r"[•‣◦▪●○■□–—*·\-]\s+\S|\(?(\d{1,3}|[a-zA-Z]|[ivx]{1,5})[.)]\s+\S|（?[一二三四五六七八九十]{1,3}[、）]"
)
_SENTENCE_ENDS = frozenset(".!?:;。！？：；．…۔؟।॥။។")
_CLOSING = "\"'”’»)]）」』】›"
_HYPHENS = "-\u00ad\u2010"
_NUMBERING = re.compile(r"^(?:[\dIVX]+(?:\.\d+)*\.?|[A-Z](?:\.\d+)+)\s+")
_SPACES = re.compile(r"\s+")

# Scripts written without spaces between words: Thai, Lao, Tibetan, Burmese, Khmer; CJK with its
# punctuation, kana and full-width forms. Hangul is written with spaces.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff"
    "\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff9f"
    "\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page; lengths are in points.

    :param text: the line without its line end; a hyphen at its end stays.
    :param start: where it begins in the direction of reading.
    :param end: where its last letter begins in the direction of reading.
    :param across: how far down the page (or, for vertical lines, across it) the line stands;
        grows in the order of reading.
    :param size: the height of its letters.
    :param vertical: whether it is written downwards.
    """

    text: str
    start: float = 0.0
    end: float = 0.0
    across: float = 0.0
    size: float = 12.0
    vertical: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of a page.

    :param text: its lines, joined.
    :param size: the height of the letters of its first line, in points.
    :param level: its depth in the document's outline if it is a heading there, else 0.
    """

    text: str
    size: float
    level: int = 0


def heading_key(text: str) -> str:
    """Return what a heading and its entry in the outline have in common."""
    return _SPACES.sub("", _NUMBERING.sub("", text.strip())).casefold()


def join_lines(first: str, second: str) -> str:
    """Join two lines of one paragraph as the paragraph would read on one line.

    A hyphen at the line end goes when the next line begins with a small letter, and stays as part
    of a compound otherwise. Between letters of scripts without spaces none is put.
    """
    first, second = first.rstrip(), second.lstrip()
    if not first or not second:
        return first or second
    last, following = first[-1], second[0]
    if last in _HYPHENS and len(first) > 1 and first[-2].isalpha():
        if last == "\u00ad" or unicodedata.category(following) == "Ll":
            return first[:-1] + second
        if following.isalnum():
            return first + second
    if _UNSPACED.match(last) and _UNSPACED.match(following):
        return first + second
    return f"{first} {second}"


def blocks_of(
    lines: Sequence[Line], heading_level: Callable[[str], int] = lambda text: 0
) -> list[Block]:
    """Group a page's lines into paragraphs.

    :param lines: in reading order.
    :param heading_level: the depth in the outline of a heading with this text, or 0.
    :return: paragraphs in reading order, none of them empty.
    """
    blocks: list[Block] = []
    for column in _columns([line for line in lines if line.text.strip()]):
        found = _blocks_of_column(column, heading_level)
        if blocks and found and goes_on(blocks[-1], found[0]):
            found[0] = Block(join_lines(blocks.pop().text, found[0].text), found[0].size)
        blocks.extend(found)
    return blocks


def _blocks_of_column(column: Sequence[Line], heading_level: Callable[[str], int]) -> list[Block]:
    blocks: list[Block] = []
    starts = _paragraph_starts(column, heading_level)
    for first, beyond in zip(starts, [*starts[1:], len(column)], strict=True):
        text = column[first].text.strip()
        for line in column[first + 1 : beyond]:
            text = join_lines(text, line.text)
        blocks.append(Block(text, column[first].size, heading_level(text)))
    return blocks


def _columns(lines: Sequence[Line]) -> list[list[Line]]:
    """Split where the text jumps back up the page or changes direction."""
    columns: list[list[Line]] = []
    for line in lines:
        if columns:
            last = columns[-1][-1]
            jumped = last.across - line.across > max(last.size, line.size) * _SAME_ROW
            if not jumped and last.vertical == line.vertical:
                columns[-1].append(line)
                continue
        columns.append([line])
    return columns


def _paragraph_starts(column: Sequence[Line], heading_level: Callable[[str], int]) -> list[int]:
    """Return the indices of the lines that begin a paragraph."""
    pitch = _usual_pitch(column)
    left = min(line.start for line in column)
    right = max(line.end for line in column)
    levels = [heading_level(line.text) for line in column]
    starts = [0]
    for index in range(1, len(column)):
        previous, line = column[index - 1], column[index]
        size = max(previous.size, line.size)
        advance = line.across - previous.across
        if advance <= size * _SAME_ROW:
            continue
        other_size = size > min(previous.size, line.size) * _OTHER_SIZE
        gap = advance > pitch * size * _GAP
        heading = levels[index] or levels[index - 1]
        bullet = _BULLET.match(line.text)
        ended = _ends_sentence(previous.text)
        short = previous.end - left < (right - left) * _SHORT_LINE
        indent = line.start - previous.start
        indented = size * _LEAST_INDENT < indent < size * _GREATEST_INDENT
        if other_size or gap or heading or bullet or (ended and (short or indented)):
            starts.append(index)
    return starts


def _usual_pitch(column: Sequence[Line]) -> float:
    """Return the distance between lines of one paragraph, in letter sizes.

    It is the lower quartile of all distances, because lines inside paragraphs are most lines.
    """
    pitches = sorted(
        (second.across - first.across) / max(first.size, second.size)
        for first, second in pairwise(column)
        if second.across - first.across > max(first.size, second.size) * _SAME_ROW
    )
    if not pitches:
        return _LOOSEST_PITCH
    usual = pitches[len(pitches) // 4]
    return usual if len(pitches) >= _FEW_LINES else min(usual, _LOOSEST_PITCH)


def goes_on(last: Block, block: Block) -> bool:
    """Whether a paragraph goes on at the top of the next column or page, in mid-sentence."""
    return (
        not (last.level or block.level)
        and unicodedata.category(block.text[0]) == "Ll"
        and (last.text[-1].isalpha() or last.text[-1] in _HYPHENS + ",")
        and max(last.size, block.size) <= min(last.size, block.size) * _OTHER_SIZE
    )


def _ends_sentence(text: str) -> bool:
    stripped = text.rstrip().rstrip(_CLOSING)
    return not stripped or stripped[-1] in _SENTENCE_ENDS
