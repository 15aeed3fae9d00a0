"""E-mail messages: who wrote what to whom and when, the body, and the names of attachments."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers.base import DEFAULT_LIMITS, DocumentBuilder, Limits, read_bytes
from indexer.readers.encoding import decode
from indexer.readers.html import fill_from_html
from indexer.readers.text import fill_from_text

MEDIA_TYPE = "message/rfc822"

_SHOWN_HEADERS = ("From", "To", "Cc", "Date")
# A file with none of these is not a message, whatever its name.
_EXPECTED_HEADERS = ("From", "To", "Date", "Subject", "Received", "Message-ID", "Content-Type")

# How the parser keeps bytes beyond ASCII in a header.
_RAW_BYTES = re.compile("[\udc80-\udcff]")


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read an e-mail message; see `registry.read`."""
    return parse(read_bytes(path, limits), limits)


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a message from bytes.

    :param data: the content of a file.
    :param limits: how much it may cost.
    :return: the subject as title and first heading, the sender, recipients and date on a line
        each, the body (plain text where the message has it, else HTML) and the attachments' names.
    :raises UnreadableFileError: if it is not a message or is nested too deeply.
    """
    try:
        return _document(message_from_bytes(data, policy=policy.default), limits)
    except RecursionError as error:
        raise UnreadableFileError("the message is nested too deeply") from error


def _document(message: EmailMessage, limits: Limits) -> Document:
    if not any(_header(message, name) for name in _EXPECTED_HEADERS):
        raise UnreadableFileError("the file is not an e-mail message: it has no headers")
    builder = DocumentBuilder(limits)
    subject = _header(message, "Subject")
    builder.heading(subject, 1)
    shown = ((name, _header(message, name)) for name in _SHOWN_HEADERS)
    builder.paragraph("\n".join(f"{name}: {value}" for name, value in shown if value))
    body = _body(message)
    if body is not None:
        _fill_from_body(builder, body)
    names = [name for part in _attachments(message) if (name := part.get_filename())]
    if names:
        builder.paragraph("Attachments: " + ", ".join(names))
    return builder.build(subject, MEDIA_TYPE)


def _body(message: EmailMessage) -> EmailMessage | None:
    """Return the part to read; for a message that only forwards others, the first one's."""
    body = message.get_body(preferencelist=("plain", "html"))
    if body is not None:
        return cast(EmailMessage, body)
    texts = (part for part in message.walk() if part.get_content_maintype() == "text")
    return next((part for part in texts if not part.is_attachment()), None)


def _fill_from_body(builder: DocumentBuilder, body: EmailMessage) -> None:
    payload = body.get_payload(decode=True)
    if not isinstance(payload, bytes) or not payload:
        return
    text = decode(payload, declared=body.get_content_charset())
    if body.get_content_subtype() == "html":
        fill_from_html(builder, text)
    else:
        fill_from_text(builder, text)


def _header(message: EmailMessage, name: str) -> str:
    """Return a header decoded, or "" where it is missing."""
    found = (value for key, value in message.raw_items() if key.lower() == name.lower())
    raw = str(next(found, ""))
    if _RAW_BYTES.search(raw):  # against the standard, and common: letters without any encoding
        return " ".join(decode(raw.encode("utf-8", errors="surrogateescape")).split())
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, LookupError, AttributeError, IndexError):
        # The parser of structured headers fails on some malformed ones; the raw text is readable.
        return " ".join(raw.split())


def _attachments(message: EmailMessage) -> list[EmailMessage]:
    parts = (part for part in message.walk() if part is not message)
    return [part for part in parts if not part.is_multipart()]
