r"""Where a text may be cut without tearing what a reader calls one character.

A passage must never begin with the second half of an emoji, a vowel sign without its consonant or
the LF of a CR LF. The rules are those of Unicode's annex 29 as `regex` implements them in its
`\X`; this module only makes asking cheap, because `\X` has to walk from a known boundary and most
places are plainly between two ordinary characters.
"""

import re

import regex

# Python's own `\s` is `str.isspace`, which `regex`'s is not (they differ in U+001C to U+001F).
_SPACE = re.compile(r"\s*")
# Two regional indicators are one flag. `\X` knows, but counts all those before each time it is
# asked, which takes quadratic time over a run of flags.
_CLUSTER = regex.compile(r"\p{GCB=RI}\p{GCB=RI}(?=\p{GCB=RI})|\X")

# Classes of Grapheme_Cluster_Break. Between two characters of class "other" (XX) there is always a
# boundary, as there is beside a control character and between two composed Hangul syllables.
_SURE = regex.compile(
    r"(?<=[\p{GCB=XX}\p{GCB=CN}\p{GCB=LF}\p{GCB=LV}\p{GCB=LVT}])"
    r"(?=[\p{GCB=XX}\p{GCB=CN}\p{GCB=CR}\p{GCB=LV}\p{GCB=LVT}\p{GCB=PP}])"
    r"|(?<=[\p{GCB=CN}\p{GCB=LF}])|(?=[\p{GCB=CN}\p{GCB=CR}])|(?<=\r)(?!\n)|(?<!\r)(?=\n)|\A|\Z"
)
_CONTINUES = regex.compile(
    r"(?<=[^\p{GCB=CN}\p{GCB=CR}\p{GCB=LF}])[\p{GCB=EX}\p{GCB=SM}\p{GCB=ZWJ}]"
)
_PREPENDS = regex.compile(r"(?<=\p{GCB=PP})[^\p{GCB=CN}\p{GCB=CR}\p{GCB=LF}]")

# How far back `before` looks for a place to start walking from. Unicode's stream-safe format allows
# 30 marks in a row; text that has more than this many characters in one cluster is not text.
_LONGEST_WALK = 1000


def _ends(text: str) -> list[int]:
    # Of a slice, because `\X` also looks at what stands before the place it is asked to start from.
    return [match.end() for match in _CLUSTER.finditer(text)]


def surely_between(text: str, position: int) -> bool:
    """Say whether the two characters around `position` alone show that a cluster begins there."""
    return _SURE.match(text, position) is not None


def boundaries(text: str, start: int, stop: int) -> list[int]:
    """List where clusters end in `text[start:stop]`.

    :param start: a place where a cluster begins.
    :param stop: how far to look; a cluster that reaches `stop` is not listed unless the text ends
        there, because it may go on.
    :return: ascending offsets in `text`, without `start`.
    """
    ends = [start + end for end in _ends(text[start:stop])]
    if ends and ends[-1] == stop < len(text) and not surely_between(text, stop):
        ends.pop()
    return ends


def before(text: str, position: int) -> int:
    """Return `position`, or where the cluster begins that it would tear."""
    if surely_between(text, position):
        return position
    start = position - 1
    while start > max(0, position - _LONGEST_WALK) and not surely_between(text, start):
        start -= 1
    # One character more than asked for shows whether the last cluster goes on.
    ends = [start, *(start + end for end in _ends(text[start : position + 1]))]
    return max(end for end in ends if end <= position)


def skip_space(text: str, position: int) -> int:
    """Return the first offset from `position` whose cluster is not whitespace, or the text's end.

    A space that carries a combining mark is a character to keep, not space to skip.
    """
    found = _SPACE.match(text, position)
    start = found.end() if found else position
    if start > position and _CONTINUES.match(text, start):
        start -= 1
    return start


def drop_space(text: str, start: int, end: int) -> int:
    """Return the end of `text[start:end]` without the whitespace clusters that close it."""
    last = start + len(text[start:end].rstrip())
    if last < end and _PREPENDS.match(text, last):
        last += 1
    return last
