"""Directives and roles of reStructuredText that docutils does not know, or that reach too far.

Sphinx and other tools add hundreds; here each keeps its content as text instead of becoming an
error message. docutils finds them in registries that are global, so they are registered by the
names that a text uses.
"""

import re
from collections.abc import Callable
from itertools import islice
from typing import Any, ClassVar, cast

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en

from indexer.readers.base import DocumentBuilder, unwrap
from indexer.readers.html import fill_from_html

_DIRECTIVE = re.compile(
    r"^[ \t]*\.\.[ \t]+(?:\|[^|\n]+\|[ \t]+)?([\w:.+-]+?)[ \t]*::", re.MULTILINE
)
_ROLE = re.compile(r":([\w.+-]+(?::[\w.+-]+){0,3}):`|`:([\w.+-]+(?::[\w.+-]+){0,3}):")
_ROLE_TARGET = re.compile(r"\s*<[^<>]*>\s*$", re.DOTALL)
# Directives of Sphinx and its extensions whose content is not reStructuredText.
_LITERAL_DIRECTIVE = re.compile(
    "code|doctest|literal|prompt|console|ipython|math|graph|toctree|highlight|test|uml|mermaid"
)
# A replacement stands for a product's name or a version.
_MAX_REPLACEMENT_CHARACTERS = 200
# Names registered for one file; a real page uses a few dozen.
_MAX_NAMES = 5_000
_KNOWN_DIRECTIVES = frozenset(vars(directives)["_directive_registry"]) | frozenset(en.directives)
_KNOWN_ROLES = frozenset(vars(roles)["_role_registry"]) | frozenset(en.roles)


def keep_unknown_markup(text: str) -> None:
    """Register what the text uses and docutils does not know; its registries are global."""
    for own, directive in _OWN_DIRECTIVES.items():
        directives.register_directive(own, directive)
    for match in islice(_DIRECTIVE.finditer(text), _MAX_NAMES):
        name = match.group(1).lower()
        if _LITERAL_DIRECTIVE.search(name):  # Sphinx has options that docutils' own refuse
            directives.register_directive(name, _LiteralDirective)
        elif name not in _KNOWN_DIRECTIVES:
            directives.register_directive(name, _AnyDirective)
    for match in islice(_ROLE.finditer(text), _MAX_NAMES):
        name = (match.group(1) or match.group(2)).lower()
        if name not in _KNOWN_ROLES:
            roles.register_local_role(name, cast(Any, _any_role))


class _AnyOption(dict[str, Callable[[str | None], str | None]]):
    """An option list that has every option, and is not empty."""

    def __bool__(self) -> bool:
        return True

    def __missing__(self, name: str) -> Callable[[str | None], str | None]:
        return lambda value: value


class _AnyDirective(Directive):
    """Keeps the argument as a paragraph and the content as what it is."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = _AnyOption()
    has_content = True

    def run(self) -> list[nodes.Node]:
        found: list[nodes.Node] = []
        if self.arguments:
            inline, messages = self.state.inline_text(self.arguments[0], self.lineno)
            found = [nodes.paragraph(self.arguments[0], "", *inline), *messages]
        container = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, container)
        return [*found, *container.children]


class _LiteralDirective(_AnyDirective):
    """Keeps the content as it is written; the argument names a language or a file."""

    def run(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        return [nodes.literal_block(text, text)] if text else []


class _Replacement(Directive):
    """`replace::` that cannot refer to another replacement, or grow a text beyond its limit.

    Thirty definitions that each name the next one twice would be a billion words.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        text = unwrap("\n".join(self.content))
        found, messages = self.state.inline_text(text, self.lineno)
        nested = any(list(node.findall(nodes.substitution_reference)) for node in found)
        if len(text) > _MAX_REPLACEMENT_CHARACTERS:
            literal = nodes.literal_block(text, text)
            return [self.state_machine.reporter.error("Too long.", literal, line=self.lineno)]
        return [nodes.Text(text)] if nested or messages else list(found)


class _Nothing(Directive):
    """A directive that stands for another file, or for a list of the headings."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = _AnyOption()
    has_content = True

    def run(self) -> list[nodes.Node]:
        return []


class _Raw(_Nothing):
    """`raw::`, of which the words in HTML remain."""

    def run(self) -> list[nodes.Node]:
        if "html" not in "".join(self.arguments).lower():
            return []
        builder = DocumentBuilder()
        fill_from_html(builder, "\n".join(self.content))
        text = "" if builder.is_empty else builder.build(None, "text/html").text
        return [nodes.literal_block(text, text)] if text else []


def _any_role(
    name: str, rawtext: str, text: str, lineno: int, inliner: object, *rest: object
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """Keep what a reader of the page would see: "text" of "text <target>"."""
    text = nodes.unescape(text)
    shown = _ROLE_TARGET.sub("", text) or text
    return [nodes.inline(rawtext, shown.lstrip("~!"))], []


_OWN_DIRECTIVES = {
    "replace": _Replacement,
    "raw": _Raw,
    "include": _Nothing,
    "contents": _Nothing,
}
