"""reStructuredText, through docutils with everything that reaches outside the file turned off.

What docutils cannot parse is read as plain text, so that a mistake in the markup costs no content.
"""

import io
import re
from pathlib import Path

from docutils import nodes
from docutils.core import publish_doctree

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
from indexer.readers.rst_markup import keep_unknown_markup
from indexer.readers.text import from_text

MEDIA_TYPE = "text/x-rst"

# docutils takes about 5 seconds a megabyte; beyond this a file is read as plain text, markup and
# all. The longest page of Python's own documentation has 0.3 million characters.
_MAX_PARSED_CHARACTERS = 500_000
# docutils' patterns take quadratic time on a paragraph: on 10,000 characters of bare asterisks one
# second. It has the same limit for lines itself, beyond which it refuses the file.
_MAX_BLOCK_CHARACTERS = 10_000

_SETTINGS = {
    "_disable_config": True,
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "input_encoding": "unicode",
    "line_length_limit": _MAX_BLOCK_CHARACTERS,
    # Errors stay in the tree, as they hold the text that caused them; none stops the parser.
    "report_level": 3,
    "halt_level": 5,
    "traceback": True,  # without it docutils ends the process on an error of its own
    "smart_quotes": False,
    "syntax_highlight": "none",
}

_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_CELL_SEPARATOR = " | "


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a reStructuredText file; see `registry.read`."""
    return parse(read_bytes(path, limits), limits)


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read reStructuredText from bytes.

    :param data: the content of a file.
    :param limits: how much it may cost.
    :return: the text, with section titles as marks. What docutils cannot parse is read as plain
        text, so that a mistake in the markup costs no content.
    :raises UnreadableFileError: if it is not text or has none.
    """
    text = clean(decode(data))
    if len(text) > _MAX_PARSED_CHARACTERS or _longest_block(text) > _MAX_BLOCK_CHARACTERS:
        return from_text(text, MEDIA_TYPE, limits)
    try:
        tree = _tree(text)
    except (Exception, SystemExit):  # docutils is not made for hostile input
        return from_text(text, MEDIA_TYPE, limits)
    builder = DocumentBuilder(limits)
    walk = _Walk(builder)
    walk.children(tree)
    if builder.is_empty:
        return from_text(text, MEDIA_TYPE, limits)
    return builder.build(tree.get("title") or walk.title, MEDIA_TYPE)


def _longest_block(text: str) -> int:
    return max(map(len, _BLANK_LINE.split(text)))


def _tree(text: str) -> nodes.document:
    keep_unknown_markup(text)
    settings = _SETTINGS | {"warning_stream": io.StringIO()}
    return publish_doctree(text, settings_overrides=settings)


class _Walk:
    """Turns the document tree into the builder's blocks."""

    def __init__(self, builder: DocumentBuilder) -> None:
        self.title: str | None = None
        self._builder = builder
        self._depth = 1

    def children(self, node: nodes.Node) -> None:
        for child in node.children:
            self._take(child)

    def _take(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Invisible | nodes.raw | nodes.label):
            return
        if isinstance(node, nodes.section):
            self._section(node)
        elif isinstance(node, nodes.title | nodes.subtitle):
            self._title(node)
        elif (text := _text_of(node)) is not None:
            self._builder.paragraph(text)
        else:
            self.children(node)

    def _section(self, node: nodes.section) -> None:
        if "system-messages" in node["classes"]:
            return
        self._depth += 1
        self.children(node)
        self._depth -= 1

    def _title(self, node: nodes.Element) -> None:
        text = node.astext()
        if isinstance(node.parent, nodes.document):
            self._builder.heading(text, 1 if isinstance(node, nodes.title) else 2)
        elif isinstance(node.parent, nodes.section):
            self.title = self.title or text
            self._builder.heading(text, self._depth)
        else:
            self._builder.paragraph(unwrap(text))


def _text_of(node: nodes.Node) -> str | None:
    """Return the text of what is one block to a reader of the page, or None for a container."""
    if isinstance(node, nodes.FixedTextElement):
        return node.astext()
    if isinstance(node, nodes.TextElement | nodes.image):
        return unwrap(node.astext())
    if isinstance(node, nodes.tgroup):
        return "\n".join(map(_row, node.findall(nodes.row)))
    if isinstance(node, nodes.line_block):
        return "\n".join(line.astext() for line in node.findall(nodes.line))
    if isinstance(node, nodes.system_message):
        return "\n\n".join(block.astext() for block in node.findall(nodes.literal_block))
    items = _short_items(node)
    return None if items is None else "\n".join(items)


def _docinfo_line(item: nodes.Node) -> str:
    if isinstance(item, nodes.field):
        name, *body = (part.astext() for part in item.children)
        return f"{name}: {unwrap(' '.join(body))}"
    return f"{type(item).__name__}: {unwrap(item.astext())}"


def _row(row: nodes.row) -> str:
    cells = (unwrap(entry.astext()) for entry in row.children)
    return _CELL_SEPARATOR.join(filter(None, cells))


def _short_items(node: nodes.Node) -> list[str] | None:
    """Return a line for each item of a list whose items are one paragraph each, else None."""
    if isinstance(node, nodes.bullet_list | nodes.enumerated_list):
        bodies = [item.children for item in node.children]
        names = [""] * len(bodies)
    elif isinstance(node, nodes.docinfo):
        return [_docinfo_line(item) for item in node.children]
    elif isinstance(node, nodes.field_list):
        fields = [item for item in node.children if len(item.children) == 2]
        bodies = [item.children[1].children for item in fields]
        names = [f"{item.children[0].astext()}: " for item in fields]
        if len(fields) < len(node.children):
            return None
    elif isinstance(node, nodes.definition_list_item):
        bodies = [node.children[-1].children]
        names = [", ".join(part.astext() for part in node.children[:-1]) + ": "]
    else:
        return None
    if any(len(body) != 1 or not isinstance(body[0], nodes.paragraph) for body in bodies):
        return None
    pairs = zip(names, bodies, strict=True)
    return [name + unwrap(body[0].astext()) for name, body in pairs]
