"""SRT and WebVTT: what is said, without times and markup, cues joined into paragraphs.

A cue is half a sentence; joined, they can be split where sentences end.
"""

import html
import re
from pathlib import Path

import pysubs2

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers.base import DEFAULT_LIMITS, DocumentBuilder, Limits, read_bytes, unwrap
from indexer.readers.encoding import decode

_MEDIA_TYPES = {"vtt": "text/vtt", "srt": "application/x-subrip"}

# A silence this long begins a paragraph: scenes change, and speakers in a talk pause less.
_PAUSE_MILLISECONDS = 4_000
# So does the first sentence end after this length, about two passages of speech.
_PARAGRAPH_CHARACTERS = 600
_SENTENCE_END = (".", "!", "?", "…", "。", "！", "？", "؟", "।", "።", "။", "។")

# What pysubs2 leaves of WebVTT: karaoke times, classes and languages. Names of speakers it drops.
_TAG = re.compile(r"</?[A-Za-z\d][^<>\n]*>")


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a subtitle file; see `registry.read`."""
    return parse(read_bytes(path, limits), limits)


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read subtitles from bytes.

    :param data: the content of a file.
    :param limits: how much it may cost.
    :return: the spoken text in the order of time.
    :raises UnreadableFileError: if no cue is found.
    """
    text = decode(data).replace("\r\n", "\n").lstrip("\ufeff\n ")
    kind = "vtt" if text.startswith("WEBVTT") else "srt"
    cues = pysubs2.SSAFile.from_string(text, format_=kind)
    if not cues.events:
        raise UnreadableFileError("the file has no subtitles with times")
    builder = DocumentBuilder(limits)
    for paragraph in _paragraphs(cues):
        builder.paragraph(paragraph)
    return builder.build(None, _MEDIA_TYPES[kind])


def _paragraphs(cues: pysubs2.SSAFile) -> list[str]:
    paragraphs: list[list[str]] = []
    length, end, previous = 0, 0, ""
    for cue in sorted(cues.events, key=lambda event: event.start):
        said = unwrap(html.unescape(_TAG.sub("", cue.plaintext)).strip())
        if not said or said == previous:  # captions that scroll repeat their lines
            continue
        finished = length >= _PARAGRAPH_CHARACTERS and previous.endswith(_SENTENCE_END)
        if not paragraphs or finished or cue.start - end > _PAUSE_MILLISECONDS:
            paragraphs.append([])
            length = 0
        paragraphs[-1].append(said)
        length += len(said)
        end, previous = cue.end, said
    return [unwrap("\n".join(parts)) for parts in paragraphs]
