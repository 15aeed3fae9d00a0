"""Which reader reads which file: by extension, checked by content.

A new format adds a module with a `read` and a line in `FORMATS`; the splitter, the encoders and the
index learn nothing of it. Reader modules, and the libraries they need, load when the first file of
their format is read.
"""

import stat
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePath

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers import signatures
from indexer.readers.base import DEFAULT_LIMITS, Limits, megabytes

# Recorded in every index; raise it when a reader's text changes, so that files are read again.
READERS_VERSION = 1

Reader = Callable[[Path, Limits], Document]


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    :param name: as a person calls it.
    :param extensions: lower case, with the dot.
    :param module: the reader's module in this package; it has `read(path, limits)`.
    :param media_type: such as "text/markdown".
    :param signature: whether content is of this format, or None where content cannot tell, as
        with text.
    """

    name: str
    extensions: tuple[str, ...]
    module: str
    media_type: str
    signature: signatures.Signature | None = None


_OFFICE = "application/vnd.openxmlformats-officedocument"

TEXT = Format("plain text", (".txt", ".text", ".log"), "text", "text/plain")
GZIP = Format("gzip", (".gz",), "compressed", "application/gzip", signatures.is_gzip)

FORMATS: tuple[Format, ...] = (
    TEXT,
    Format("Markdown", (".md", ".markdown"), "markdown", "text/markdown"),
    Format("reStructuredText", (".rst",), "restructuredtext", "text/x-rst"),
    Format("HTML", (".html", ".htm", ".xhtml"), "html", "text/html", signatures.is_html),
    Format("CSV", (".csv", ".tsv"), "delimited", "text/csv"),
    Format("JSON", (".json", ".jsonl", ".ndjson"), "structured", "application/json"),
    Format("subtitles", (".srt", ".vtt"), "subtitles", "text/vtt"),
    Format("e-mail message", (".eml",), "mail", "message/rfc822"),
    GZIP,
    Format("PDF", (".pdf",), "pdf", "application/pdf", signatures.is_pdf),
    Format(
        "Word document (DOCX)",
        (".docx",),
        "docx",
        f"{_OFFICE}.wordprocessingml.document",
        signatures.zip_with("word/"),
    ),
    Format(
        "PowerPoint presentation (PPTX)",
        (".pptx",),
        "pptx",
        f"{_OFFICE}.presentationml.presentation",
        signatures.zip_with("ppt/"),
    ),
    Format(
        "Excel workbook (XLSX)",
        (".xlsx",),
        "xlsx",
        f"{_OFFICE}.spreadsheetml.sheet",
        signatures.zip_with("xl/"),
    ),
    Format(
        "EPUB",
        (".epub",),
        "epub",
        "application/epub+zip",
        signatures.zip_with("META-INF/container.xml"),
    ),
    Format(
        "OpenDocument text (ODT)",
        (".odt",),
        "odt",
        "application/vnd.oasis.opendocument.text",
        signatures.zip_with("content.xml"),
    ),
    Format("RTF", (".rtf",), "rtf", "application/rtf", signatures.is_rtf),
)

_BY_EXTENSION = {extension: entry for entry in FORMATS for extension in entry.extensions}

# Formats whose content is text without a signature; `.gz` may hold any of them.
TEXT_MODULES = frozenset(
    {"text", "markdown", "restructuredtext", "html", "delimited", "structured", "subtitles", "mail"}
)

# The files that projects and packages name without an extension.
_TEXT_NAMES = frozenset(
    {
        "about",
        "authors",
        "bugs",
        "changelog",
        "changes",
        "contributing",
        "contributors",
        "copying",
        "copyright",
        "credits",
        "faq",
        "hacking",
        "history",
        "install",
        "licence",
        "license",
        "maintainers",
        "manifesto",
        "news",
        "notice",
        "readme",
        "thanks",
        "todo",
    }
)

_ZIP_MODULES = frozenset({"docx", "pptx", "xlsx", "odt", "epub"})

# HTML saved under another name is common (a download that was an error page); it is read as HTML
# under these names alone, because Markdown and subtitles may begin with a tag and be themselves.
_HTML_BY_CONTENT = _ZIP_MODULES | {"text", "pdf", "rtf"}


def format_of(path: PurePath) -> Format | None:
    """Return the format that a file's name asks for, or None where there is no reader.

    `.gz` has a format only where the name without it is one of the text formats.
    """
    suffix = path.suffix.lower()
    if not suffix:
        return TEXT if path.name.lower() in _TEXT_NAMES else None
    found = _BY_EXTENSION.get(suffix)
    if found is GZIP:
        inner = format_of(path.with_suffix(""))
        return GZIP if inner is not None and inner.module in TEXT_MODULES else None
    return found


def supported(path: Path) -> bool:
    """Whether there is a reader for a file of this name; the file is not looked at."""
    return format_of(path) is not None


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read one file.

    :param path: a file of a supported format.
    :param limits: how much the file may cost.
    :return: its text, title and marks.
    :raises UnreadableFileError: if it cannot be read, for whatever reason; the message is the
        reason in a few words.
    """
    named = format_of(path)
    if named is None:
        raise UnreadableFileError("there is no reader for this kind of file")
    try:
        actual = _actual_format(path, named, limits)
        reader: Reader = import_module(f"indexer.readers.{actual.module}").read
        return reader(path, limits)
    except (UnreadableFileError, MemoryError):
        raise
    except RecursionError as error:
        raise UnreadableFileError("the content is nested too deeply") from error
    except Exception as error:  # readers know how their library fails; this is what they missed
        if isinstance(error, OSError) and error.strerror:
            raise UnreadableFileError(f"the file cannot be opened: {error.strerror}") from error
        reason = f"the {named.name} reader failed on the content ({type(error).__name__})"
        raise UnreadableFileError(reason) from error


def _actual_format(path: Path, named: Format, limits: Limits) -> Format:
    """Return the format to read a file as: the named one, unless its content is plainly another."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
        raise UnreadableFileError("it is not a regular file")
    size = status.st_size
    if size == 0:
        raise UnreadableFileError("the file is empty")
    if size > limits.max_file_bytes:
        raise UnreadableFileError(
            f"the file has {megabytes(size)}, more than the limit of"
            f" {megabytes(limits.max_file_bytes)}"
        )
    with path.open("rb") as file:
        head = file.read(signatures.HEAD_BYTES)
    found = _format_by_content(path, head, named)
    if found is not None:
        return found
    if signatures.is_ole(head):
        raise UnreadableFileError(
            "the file is a password-protected document or in the binary Office format before 2007"
        )
    if signatures.is_zip(head) and named.module in TEXT_MODULES:
        raise UnreadableFileError("the file is a zip archive, not text")
    if named.signature is None or named.module == "html":
        return named
    if signatures.is_zip(head) and named.module in _ZIP_MODULES:
        return named  # damaged perhaps; its reader says how
    raise UnreadableFileError(f"the file is named {path.suffix.lower()} but is not {named.name}")


def _format_by_content(path: Path, head: bytes, named: Format) -> Format | None:
    if named.signature is not None and named.signature(head, path):
        return named
    for other in FORMATS:
        if other is named or other.signature is None or other is GZIP:
            continue
        if other.module == "html" and named.module not in _HTML_BY_CONTENT:
            continue
        if other.signature(head, path):
            return other
    return None
