"""JSON and JSON Lines: the strings with their key paths, a record a paragraph.

Numbers and booleans are left out: what a person searches for is in the strings.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from indexer.documents import Document
from indexer.errors import UnreadableFileError
from indexer.readers.base import DEFAULT_LIMITS, DocumentBuilder, Limits, read_bytes
from indexer.readers.encoding import decode

MEDIA_TYPE = "application/json"
_LINES_MEDIA_TYPE = "application/x-ndjson"

# Key paths repeat on every line of a record, and a hostile nesting makes them long.
_MAX_PATH_CHARACTERS = 200


def read(path: Path, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read a JSON or JSON Lines file; see `registry.read`."""
    return parse(read_bytes(path, limits), limits)


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read JSON from bytes: one value, or one value a line.

    :param data: the content of a file.
    :param limits: how much it may cost.
    :return: "key.path: value" lines; each object in a list, and each object or list directly in
        the outermost object, begins a paragraph. The title is the outermost object's "title".
    :raises UnreadableFileError: if it is not JSON, is nested too deeply or has no strings.
    """
    text = decode(data)
    builder = DocumentBuilder(limits)
    try:
        values, media_type = _values(text)
    except json.JSONDecodeError as error:
        reason = f"the file is not valid JSON (line {error.lineno}: {error.msg})"
        raise UnreadableFileError(reason) from error
    except RecursionError as error:
        raise UnreadableFileError("the JSON is nested too deeply") from error
    for value in values:
        _fill(builder, value)
    only = values[0] if len(values) == 1 else None
    title = only.get("title") if isinstance(only, dict) else None
    return builder.build(title if isinstance(title, str) else None, media_type)


def _values(text: str) -> tuple[list[object], str]:
    """Return the outermost values; a line of JSON Lines that is damaged counts as a string."""
    try:
        return [_loads(text)], MEDIA_TYPE
    except json.JSONDecodeError as whole:
        values: list[object] = []
        damaged = 0
        for line in filter(str.strip, text.split("\n")):
            try:
                values.append(_loads(line))
            except json.JSONDecodeError:
                damaged += 1
                if damaged > len(values):
                    raise whole from None
                values.append(line)
        return values, _LINES_MEDIA_TYPE


def _loads(text: str) -> object:
    # Python refuses to convert a number of thousands of digits, and none is used.
    value: object = json.loads(text, parse_int=_no_number, parse_float=_no_number)
    return value


def _no_number(digits: str) -> None:
    """Leave a number out."""


def _fill(builder: DocumentBuilder, value: object) -> None:
    """Add the paragraphs of one outermost value."""
    lines: list[str] = []
    for path, text in _strings(value):
        if text is None:
            builder.paragraph("\n".join(lines))
            lines.clear()
        else:
            lines.append(f"{path}: {text}" if path else text)
    builder.paragraph("\n".join(lines))


def _strings(value: object) -> Iterator[tuple[str, str | None]]:
    """Yield key paths with strings, in order; None where a paragraph ends.

    Without recursion, because the parser accepts deeper nesting than a generator of generators.
    """
    stack: list[tuple[str, object, bool]] = [("", value, False)]
    while stack:
        path, item, is_record = stack.pop()
        if is_record:
            yield path, None
        if isinstance(item, str):
            if item.strip():
                yield path, item.strip()
        elif isinstance(item, dict):
            outermost = item is value
            stack.extend(
                (_join(path, key), child, outermost and isinstance(child, dict | list))
                for key, child in reversed(item.items())
            )
        elif isinstance(item, list):
            if all(isinstance(child, str) for child in item):
                yield path, ", ".join(item) or None
            else:
                stack.extend(
                    (path, child, isinstance(child, dict | list)) for child in reversed(item)
                )


def _join(path: str, key: str) -> str:
    joined = f"{path}.{key}" if path else key
    return joined[-_MAX_PATH_CHARACTERS:]
