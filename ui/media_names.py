"""Media types as people call them.

A type that is not listed shows as itself, which is still right.
"""

_NAMES = {
    "application/epub+zip": "EPUB",
    "application/json": "JSON",
    "application/x-ndjson": "JSON lines",
    "application/jsonl": "JSON lines",
    "application/pdf": "PDF",
    "application/rtf": "RTF",
    "application/vnd.oasis.opendocument.text": "OpenDocument text",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/x-subrip": "Subtitles (SRT)",
    "application/xhtml+xml": "XHTML",
    "message/rfc822": "E-mail",
    "text/csv": "CSV",
    "text/html": "HTML",
    "text/markdown": "Markdown",
    "text/plain": "Plain text",
    "text/prs.fallenstein.rst": "reStructuredText",
    "text/rtf": "RTF",
    "text/tab-separated-values": "TSV",
    "text/vtt": "Subtitles (VTT)",
    "text/x-rst": "reStructuredText",
}


def media_name(media_type: str) -> str:
    """Return what people call a media type, such as "PDF" for "application/pdf"."""
    return _NAMES.get(media_type, media_type)
