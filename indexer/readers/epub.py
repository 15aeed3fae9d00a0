"""EPUB books: the archive, its list of contents, and the chapters through the HTML reader.

There is no well-kept EPUB library under a licence that this project can use, and little is needed:
`META-INF/container.xml` names the package file, whose spine names the chapters in reading order.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lxml import etree

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers.base import DEFAULT_LIMITS, DocumentBuilder, Limits, one_line
from indexer.readers.encoding import decode
from indexer.readers.faults import reading_archive
from indexer.readers.html import fill_from_html
from indexer.readers.titles import real_title

if TYPE_CHECKING:
    from lxml.etree import _Element

MEDIA_TYPE = "application/epub+zip"

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTER_TYPES = frozenset(
    {"application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/x-dtbook+xml"}
)
_NCX_TYPE = "application/x-dtbncx+xml"
_HEADING = re.compile(r"<h[1-6][\s>]", re.IGNORECASE)


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a book.

    :param path: the file.
    :param limits: how much it may cost.
    :return: its chapters in the order of the spine; a chapter without a heading of its own has the
        one that the list of contents gives it.
    :raises UnreadableFileError: if it is damaged, encrypted, beyond a limit or without text.
    """
    with reading_archive("EPUB", path, limits) as file, zipfile.ZipFile(file) as archive:
        package = _package(archive)
        _refuse_encrypted(archive, package)
        builder = DocumentBuilder(limits)
        first_title: str | None = None
        for name in package.chapters:
            markup = decode(archive.read(name))
            if name in package.labels and not _HEADING.search(markup):
                builder.heading(package.labels[name], 1)
                first_title = first_title or real_title(package.labels[name])
            title = fill_from_html(builder, markup)
            first_title = first_title or real_title(title)
        return builder.build(real_title(package.title) or first_title, MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class _Package:
    """What a book says of itself.

    :param title: in its metadata.
    :param chapters: members of the archive in reading order, each once.
    :param labels: what the list of contents calls a chapter.
    """

    title: str | None
    chapters: tuple[str, ...]
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Item:
    """An entry of the manifest: a member of the archive, its type and its properties."""

    name: str
    media_type: str
    properties: str


def _package(archive: zipfile.ZipFile) -> _Package:
    members = set(archive.namelist())
    if _CONTAINER not in members:
        raise UnreadableFileError("the EPUB is damaged: it does not say where its contents are")
    container = _xml(archive.read(_CONTAINER))
    name = next((_attribute(file, "full-path") for file in _all(container, "rootfile")), "")
    if name not in members:
        raise UnreadableFileError("the EPUB is damaged: its list of contents is missing")
    root = _xml(archive.read(name))
    items = {
        _attribute(item, "id"): _Item(
            _member(name, _attribute(item, "href")),
            _attribute(item, "media-type"),
            _attribute(item, "properties"),
        )
        for item in _all(root, "item")
    }
    spine = (items.get(_attribute(reference, "idref")) for reference in _all(root, "itemref"))
    chapters = dict.fromkeys(
        item.name
        for item in spine
        if item is not None
        and item.media_type in _CHAPTER_TYPES
        and "nav" not in item.properties.split()
        and item.name in members
    )
    if not chapters:
        raise UnreadableFileError("the EPUB is damaged: it names no chapter that it contains")
    title = next((_text(element) for element in _all(root, "title")), None)
    return _Package(title, tuple(chapters), _labels(archive, items.values(), members))


def _labels(archive: zipfile.ZipFile, items: Iterable[_Item], members: set[str]) -> dict[str, str]:
    """Return what the lists of contents call each chapter; its first entry counts."""
    labels: dict[str, str] = {}
    for item in items:
        if item.name not in members:
            continue
        if "nav" in item.properties.split():
            entries = _nav_entries(_xml(archive.read(item.name)))
        elif item.media_type == _NCX_TYPE:
            entries = _ncx_entries(_xml(archive.read(item.name)))
        else:
            continue
        for target, label in entries:
            if label:
                labels.setdefault(_member(item.name, target), label)
    return labels


def _nav_entries(root: "_Element") -> Iterator[tuple[str, str]]:
    for nav in _all(root, "nav"):
        for link in _all(nav, "a"):
            yield _attribute(link, "href"), _text(link)


def _ncx_entries(root: "_Element") -> Iterator[tuple[str, str]]:
    for point in _all(root, "navPoint"):
        content = next(_all(point, "content"), None)
        label = next(_all(point, "text"), None)
        if content is not None and label is not None:
            yield _attribute(content, "src"), _text(label)


def _refuse_encrypted(archive: zipfile.ZipFile, package: _Package) -> None:
    """Refuse a book whose chapters are encrypted; encrypted fonts do not matter.

    :raises UnreadableFileError: if a chapter is.
    """
    if _ENCRYPTION not in archive.namelist():
        return
    for reference in _all(_xml(archive.read(_ENCRYPTION)), "CipherReference"):
        if posixpath.normpath(unquote(_attribute(reference, "URI"))) in package.chapters:
            raise UnreadableFileError("the EPUB is encrypted against copying (DRM)")


def _xml(data: bytes) -> "_Element":
    """Parse XML without resolving entities or reaching for anything outside it."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=True, remove_comments=True
    )
    root = etree.fromstring(data, parser)
    if root is None:
        raise UnreadableFileError("the EPUB is damaged: its list of contents cannot be read")
    return root


def _all(element: "_Element", name: str) -> "Iterator[_Element]":
    """Yield elements by name; the namespaces of old and sloppy books vary."""
    return element.iter(f"{{*}}{name}")


def _attribute(element: "_Element", name: str) -> str:
    return str(element.get(name) or "")


def _text(element: "_Element") -> str:
    return one_line("".join(str(text) for text in element.itertext()))


def _member(base: str, href: str) -> str:
    """Return the member of the archive that a link in another member leads to."""
    path = unquote(href.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path))
