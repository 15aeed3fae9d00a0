"""What the command line writes: safe, wrapped text for people, JSON for programs.

A document or a file name may hold anything, also the escape sequences that drive a terminal and
the marks that reorder text. Everything written passes through here, and none of those passes.
"""

import json
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TextIO

import typer

REPLACEMENT = "\ufffd"
# Lines longer than this are tiring to read, however wide the terminal is.
WIDEST = 100
NARROWEST = 30
# Marks that reorder, hide or annotate text; joiners (U+200C, U+200D) stay, words are spelt with
# them in Persian and Hindi.
_REORDERING = re.compile(
    "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]|[\U000e0000-\U000e007f]"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
# What JSON lets through raw and a terminal acts on: DEL, C1 controls, separators, reordering marks.
_RAW_IN_JSON = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def safe(text: str) -> str:
    """Return one line of text that a terminal can only show."""
    text = _SURROGATE.sub(REPLACEMENT, _REORDERING.sub("", _CONTROL.sub(" ", text)))
    return " ".join(text.split())


def safe_name(name: str | os.PathLike[str]) -> str:
    """Return a file name in which every character that cannot be shown leaves a visible mark."""
    text = os.fspath(name)
    for pattern in (_CONTROL, _REORDERING, _SURROGATE):
        text = pattern.sub(REPLACEMENT, text)
    return text


def isolated(text: str) -> str:
    """Keep right-to-left text from reordering what stands beside it on the line.

    Text without a right-to-left letter is returned as it is, for terminals that know no isolates.
    """
    if any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in text):
        return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"
    return text


def bold(text: str) -> str:
    """Make text bold where a person is looking and has not asked for plain text."""
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        return typer.style(text, bold=True)
    return text


def columns(text: str) -> int:
    """Count the terminal's columns that text takes."""
    return sum(_width(char) for char in text)


def wrapped(text: str, indent: str = "") -> Iterator[str]:
    """Break safe text into lines that fit the terminal, in any script.

    Lines break at blanks where there are some, and otherwise wherever the line is full, because
    Chinese, Japanese or Thai have none; never before a combining mark.
    """
    room = max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns) - len(indent))
    line, width, blank = "", 0, -1
    for char in text:
        wide = _width(char)
        if width + wide > room and wide:
            cut = blank if blank > 0 and not char.isspace() else len(line)
            head, line = line[:cut], line[cut:].lstrip()
            yield indent + isolated(head.rstrip())
            width, blank = columns(line), -1
        if char.isspace():
            if not line:
                continue
            blank = len(line)
        line += char
        width += wide
    if line.strip():
        yield indent + isolated(line.rstrip())


def say(text: str = "") -> None:
    """Write a line of safe text to standard output.

    A reader that has seen enough and gone (`| head`) is no error: the command ends.

    :raises typer.Exit: if nobody reads any more.
    """
    _write(sys.stdout, text + "\n")


def say_aside(text: str) -> None:
    """Write a line to standard error: progress and notes that are not the answer."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def say_json(value: object, *, one_line: bool = False) -> None:
    """Write a value as JSON that parses to exactly what it holds and shows safely."""
    ascii_only = (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8"
    text = json.dumps(value, ensure_ascii=ascii_only, indent=None if one_line else 2)
    text = _SURROGATE.sub(REPLACEMENT, text)
    say(_RAW_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def say_table(rows: Sequence[Sequence[str]]) -> None:
    """Write rows of safe text in columns as wide as their widest cell."""
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            isolated(cell) + " " * (width - columns(cell))
            for cell, width in zip(row, widths, strict=True)
        ]
        say("  ".join(cells).rstrip())


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return `1 file`, `12,345 files`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise typer.Exit(0) from None


def _width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
