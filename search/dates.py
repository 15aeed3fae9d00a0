"""Dates as people write them in a filter: ISO 8601, down to a year alone."""

import re
from datetime import date, datetime

from indexer.errors import QueryError

_NANOSECONDS = 1_000_000_000
_SHORT = re.compile(r"(\d{4})(?:-(\d{2}))?")


def nanoseconds(when: str | date, option: str) -> int:
    """Return the moment `when` begins, in nanoseconds since the epoch.

    :param when: an ISO 8601 date or time (`2024`, `2024-05`, `2024-05-01`, `2024-05-01T12:00`), a
        date or a datetime; local time where it names no zone.
    :param option: the filter's name, for the message.
    :raises QueryError: if it is no date.
    """
    try:
        return int(_moment(when).timestamp()) * _NANOSECONDS
    except (ValueError, OverflowError, OSError):
        shown = str(when).encode("utf-8", "replace").decode()[:40]
        raise QueryError(
            f"“{shown}” is not a date for `{option}`; write one such as 2024-05-31."
        ) from None


def _moment(when: str | date) -> datetime:
    if isinstance(when, datetime):
        return when
    if isinstance(when, date):
        return datetime(when.year, when.month, when.day)
    text = when.strip()
    if short := _SHORT.fullmatch(text):
        return datetime(int(short[1]), int(short[2] or 1), 1)
    return datetime.fromisoformat(text)
