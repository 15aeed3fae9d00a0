"""What every reader shares; a reader imports this module and nothing else of the machinery.

The builder is the only way text becomes a `Document`, so that cleaning, offsets and the bound on
length hold for every format. Knowledge of a single format does not belong here. The limits and the
checks on zip archives stand in modules of their own and are re-exported.
"""

import re
from pathlib import Path

from indexer.documents import Document, Mark
from indexer.errors import UnreadableFileError
from indexer.readers.archives import check_expansion, check_zip
from indexer.readers.limits import DEFAULT_LIMITS, Limits, megabytes

__all__ = [
    "DEFAULT_LIMITS",
    "DocumentBuilder",
    "Limits",
    "check_expansion",
    "check_zip",
    "clean",
    "megabytes",
    "one_line",
    "read_bytes",
    "unwrap",
]

# A title is shown on one line of a result and prefixed to what is embedded; some generators put a
# whole abstract there.
MAX_TITLE_CHARACTERS = 300

_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
# C0 and C1 controls other than tab and newline, plus the byte order mark, which is invisible.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_NEEDS_CLEANING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
# A line break between two characters of Chinese or Japanese, which write no spaces.
_CJK = "\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_CJK_BREAK = re.compile(rf"(?<=[{_CJK}])[ \t]*\n[ \t]*(?=[{_CJK}])")
_BREAK = re.compile(r"[ \t]*\n\s*")
_WHITESPACE = re.compile(r"\s+")


def clean(text: str) -> str:
    r"""Return `text` fit to store, show and split.

    Line ends become "\n"; other control characters except tab become a space; a lone surrogate,
    which could not be stored as UTF-8, becomes U+FFFD. Idempotent.
    """
    if not _NEEDS_CLEANING.search(text):
        return text
    text = _LINE_ENDS.sub("\n", text)
    text = _CONTROLS.sub(" ", text)
    return _SURROGATES.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Return `text` cleaned, with every run of whitespace made one space."""
    return _WHITESPACE.sub(" ", clean(text)).strip()


def unwrap(text: str) -> str:
    """Return a paragraph of markup without the line breaks its author wrapped it with.

    A break becomes a space, or nothing between two characters of Chinese or Japanese.
    """
    if "\n" not in text:
        return text
    return _BREAK.sub(" ", _CJK_BREAK.sub("", text))


def read_bytes(path: Path, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return the content of a file of a text format.

    :param path: the file.
    :param limits: `max_text_file_bytes` bounds what is read, whatever the file grows to meanwhile.
    :return: the bytes, at least one.
    :raises UnreadableFileError: if the file is empty or too large.
    """
    with path.open("rb") as file:
        data = file.read(limits.max_text_file_bytes + 1)
    if not data:
        raise UnreadableFileError("the file is empty")
    if len(data) > limits.max_text_file_bytes:
        raise UnreadableFileError(
            f"the file is larger than {megabytes(limits.max_text_file_bytes)},"
            " the limit for text formats"
        )
    return data


class DocumentBuilder:
    """Collects blocks of text in reading order and joins them with blank lines.

    Marks point at the exact offset of the block that follows them.

    :param limits: `max_text_characters` and `max_pages` are enforced while blocks arrive.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._blocks: list[str] = []
        self._marks: list[Mark] = []
        self._length = 0
        self._pending_page: str | None = None
        self._page: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no block holds any text yet."""
        return not self._blocks

    def heading(self, text: str, level: int) -> None:
        """Add a heading as a block of its own; its mark's label is the same text on one line.

        :param text: the heading; one without text is ignored.
        :param level: its depth, from 1.
        """
        label = one_line(text)
        if label:
            start = self._add(label)
            self._marks.append(Mark(start, "heading", label, max(1, level)))

    def paragraph(self, text: str) -> None:
        """Add a paragraph, list item, table row or code block; one without text is ignored."""
        block = clean(text).strip()
        if block:
            self._add(block)

    def page(self, number: int) -> None:
        """Say that what follows stands on this page (slide, sheet), counted from 1.

        A page without any text gets no mark.

        :raises UnreadableFileError: if `number` is beyond the limit on pages.
        """
        if number > self._limits.max_pages:
            raise UnreadableFileError(f"the file has more than {self._limits.max_pages:,} pages")
        self._pending_page = str(number)

    def build(self, title: str | None, media_type: str) -> Document:
        """Return the document.

        :param title: the title the file itself gives; blank counts as None. A file that has a
            title and no other text has its title as its text.
        :param media_type: such as "text/markdown".
        :raises UnreadableFileError: if there is no text at all.
        """
        title = one_line(title or "")[:MAX_TITLE_CHARACTERS].rstrip() or None
        if title and self.is_empty:
            self._add(title)
        if self.is_empty:
            raise UnreadableFileError("the file contains no text")
        return Document("\n\n".join(self._blocks), title, media_type, tuple(self._marks))

    def _add(self, block: str) -> int:
        start = self._length + 2 if self._blocks else 0
        self._length = start + len(block)
        if self._length > self._limits.max_text_characters:
            raise UnreadableFileError(
                f"the text is longer than {self._limits.max_text_characters:,} characters"
            )
        if self._pending_page is not None and self._pending_page != self._page:
            self._marks.append(Mark(start, "page", self._pending_page))
            self._page = self._pending_page
        self._pending_page = None
        self._blocks.append(block)
        return start
