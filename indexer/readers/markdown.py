"""Markdown, through markdown-it-py's tokens: headings as marks, text without markup, code kept."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from indexer.documents import Document
from indexer.readers.base import (
    DEFAULT_LIMITS,
    DocumentBuilder,
    Limits,
    clean,
    read_bytes,
    unwrap,
)
from indexer.readers.encoding import decode
from indexer.readers.text import from_text

MEDIA_TYPE = "text/markdown"

# Some patterns of brackets take the inline parser quadratic time; at this length 0.04 seconds.
# Paragraphs of prose are shorter, so a longer one keeps its markup.
_MAX_INLINE_CHARACTERS = 10_000

# The parser drops what is nested deeper, and reads a line once for every level that begins on it.
_MAX_NESTING = 50

# Hostile nesting takes 25 seconds a million characters, ordinary text one; beyond this a file is
# read as plain text, markup and all. The longest lists of links on the web have a million.
_MAX_PARSED_CHARACTERS = 2_000_000

_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)[ \t]*\n(.*?\n)?\1[ \t]*(?:\n|\Z)", re.DOTALL)
# YAML's `title: "..."` and TOML's `title = "..."`; one line of either needs no parser.
_FRONT_TITLE = re.compile(r"^title[ \t]*[:=][ \t]*(.+?)[ \t]*$", re.MULTILINE)
# A text without any of these is its own inline content.
_INLINE_MARKUP = re.compile(r"[\\`*_\[\]<&!~]")
# Pictures inside the text, as notebooks export them: megabytes of letters that mean nothing.
_EMBEDDED_DATA = re.compile(r"data:[\w/+.;=-]*base64,[A-Za-z0-9+/=]*")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# Stands for a line end that the author asked for, while the others are undone.
_LINE_END = "\v"
_CELL_SEPARATOR = " | "


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a Markdown file; see `registry.read`."""
    return parse(read_bytes(path, limits), limits)


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read Markdown from bytes.

    :param data: the content of a file.
    :param limits: how much it may cost.
    :return: the text, with headings as marks, titled by the front matter or else by the first
        heading of level 1.
    :raises UnreadableFileError: if it is not text or has none.
    """
    text = clean(decode(data))
    if "base64," in text:
        text = _EMBEDDED_DATA.sub("", text)
    if len(text) > _MAX_PARSED_CHARACTERS:
        return from_text(text, MEDIA_TYPE, limits)
    builder = DocumentBuilder(limits)
    title, text = _split_front_matter(text)
    references: dict[str, Any] = {}  # the parser collects link definitions here
    walk = _Walk(builder, references)
    for token in _parser().parse(text, references):
        walk.take(token)
    walk.flush()
    if builder.is_empty and title is None:
        return from_text(text, MEDIA_TYPE, limits)  # nothing but link definitions, or a stray fence
    return builder.build(title or walk.title, MEDIA_TYPE)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING})
    # Addresses are thrown away: checking and normalising them is a fifth of the time.
    setattr(parser, "normalizeLink", lambda url: url)  # noqa: B010
    setattr(parser, "validateLink", lambda url: True)  # noqa: B010
    # Inline content is parsed by `_inline_text`, which most paragraphs do not need.
    return parser.enable(["table", "strikethrough"]).disable("inline")


def _split_front_matter(text: str) -> tuple[str | None, str]:
    """Return the title that the front matter gives, and the text after it."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return None, text
    found = _FRONT_TITLE.search(match.group(2) or "")
    title = found.group(1).strip("\"'") if found else None
    return title, text[match.end() :]


class _Walk:
    """Turns the flat list of block tokens into the builder's blocks."""

    def __init__(self, builder: DocumentBuilder, references: dict[str, Any]) -> None:
        self.title: str | None = None
        self._builder = builder
        self._references = references
        self._heading = 0
        self._cells: list[str] | None = None
        # A tight list's items and a table's rows stay together in one block, a line each.
        self._lines: list[str] = []
        self._in_tight_item = False

    def take(self, token: Token) -> None:
        kind = token.type
        if kind == "inline":
            self._take_inline(_inline_text(token.content, self._references))
        elif kind == "paragraph_open":
            self._in_tight_item = token.hidden
        elif kind == "heading_open":
            self.flush()
            self._heading = int(token.tag[1:])
        elif kind in {"fence", "code_block"}:
            self.flush()
            self._builder.paragraph(token.content)
        elif kind == "html_block":
            self.flush()
            self._take_html(token.content)
        elif kind == "tr_open":
            self._cells = []
        elif kind == "tr_close":
            self._lines.append(_CELL_SEPARATOR.join(filter(None, self._cells or ())))
            self._cells = None
        elif kind == "table_close" or (kind.endswith("_list_close") and token.level == 0):
            self.flush()

    def flush(self) -> None:
        if self._lines:
            self._builder.paragraph("\n".join(self._lines))
            self._lines.clear()

    def _take_inline(self, text: str) -> None:
        if self._cells is not None:
            self._cells.append(text)
        elif self._heading:
            if self._heading == 1 and self.title is None:
                self.title = text
            self._builder.heading(text, self._heading)
            self._heading = 0
        elif self._in_tight_item:
            self._lines.append(text)
        else:
            self.flush()
            self._builder.paragraph(text)

    def _take_html(self, markup: str) -> None:
        from indexer.readers.html import fill_from_html  # most files have no HTML

        title = fill_from_html(self._builder, markup)
        self.title = self.title or title


def _inline_text(content: str, references: dict[str, Any]) -> str:
    """Return inline Markdown as plain text; links keep their text, images their description."""
    if not _INLINE_MARKUP.search(content) or len(content) > _MAX_INLINE_CHARACTERS:
        return unwrap(content)
    tokens: list[Token] = []
    parser = _parser()
    parser.inline.parse(content, parser, references, tokens)
    return "\n".join(unwrap(line).strip() for line in _plain(tokens).split(_LINE_END))


def _plain(tokens: Iterable[Token]) -> str:
    return "".join(map(_plain_token, tokens))


def _plain_token(token: Token) -> str:
    if token.type == "softbreak":
        return "\n"
    if token.type == "hardbreak" or (token.type == "html_inline" and _BREAK.match(token.content)):
        return _LINE_END
    if token.type == "image":
        return _plain(token.children or ())
    return "" if token.type == "html_inline" else token.content
