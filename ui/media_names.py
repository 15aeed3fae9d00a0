"""Media types as people call them: the names the readers go by, first letter raised.

A type that no reader is listed for shows as itself, which is still right.
"""

from indexer.readers.registry import FORMATS

# What a reader tells apart within its format.
_VARIANTS = {
    "application/x-ndjson": "JSON lines",
    "application/x-subrip": "Subtitles (SRT)",
    "text/tab-separated-values": "TSV",
    "text/vtt": "Subtitles (VTT)",
}
_NAMES = {entry.media_type: entry.name[:1].upper() + entry.name[1:] for entry in FORMATS}


def media_name(media_type: str) -> str:
    """Return what people call a media type, such as "PDF" for "application/pdf"."""
    return _VARIANTS.get(media_type) or _NAMES.get(media_type, media_type)
