"""Whether the title in a file's metadata is one that a person wrote.

Office programs and printers fill the field with a file name, a template's name or a placeholder.
Such a title is worse than none: it would be shown in results and put before every passage.
"""

import re

from indexer.readers.base import one_line

# What programs write when nobody gave a title, as the whole of it, case folded.
_PLACEHOLDERS = frozenset(
    {
        "(anonymous)",
        "(unspecified)",
        "anonymous",
        "default",
        "document",
        "dokument",
        "full page photo",
        "layout 1",
        "new document",
        "no title",
        "none",
        "null",
        "ohne titel",
        "powerpoint presentation",
        "powerpoint-präsentation",
        "powerpoint 演示文稿",
        "powerpoint プレゼンテーション",
        "presentación de powerpoint",
        "presentation",
        "presentazione standard di powerpoint",
        "présentation powerpoint",
        "презентация powerpoint",
        "sans titre",
        "senza titolo",
        "sin título",
        "slide 1",
        "template",
        "test",
        "titel",
        "title",
        "titre",
        "unknown",
        "unspecified",
        "untitled",
        "word document",
        "без названия",
        "无标题",
        "無題",
    }
)
_NUMBERED_PLACEHOLDER = re.compile(
    r"(untitled|document|dokument|presentation|book|mappe|microsoft word)[ _-]?\d*", re.IGNORECASE
)
_PRINTER_PREFIX = re.compile(r"microsoft (office )?(word|powerpoint|excel)\s+-\s", re.IGNORECASE)
# The title is a file's name when it ends in an extension under which programs save documents.
_FILE_NAME = re.compile(
    r"\.(docx?|dotx?|odt|ott|rtf|txt|pdf|xlsx?|ods|pptx?|odp|indd|qxd|pmd|tex|dvi|ps|eps|html?"
    r"|md|pages|wpd|ai|cdr|pub|fm|fm5|book|tmp|jpe?g|png|tiff?)$",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")


def real_title(title: str | None) -> str | None:
    """Return a metadata title on one line, or None where it is not really one.

    :param title: as the file gives it.
    :return: the title, or None for an empty one, a placeholder or a file name.
    """
    line = one_line(title or "").strip("\ufffe\uffff ")
    if not _LETTER.search(line):
        return None
    if line.casefold() in _PLACEHOLDERS or _NUMBERED_PLACEHOLDER.fullmatch(line):
        return None
    if _PRINTER_PREFIX.match(line) or _FILE_NAME.search(line):
        return None
    return line
