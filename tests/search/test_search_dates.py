"""Dates as people write them."""

from datetime import UTC, date, datetime

import pytest

from indexer.errors import QueryError
from search.dates import nanoseconds


def moment(*parts):
    return int(datetime(*parts).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("2024-05-31", (2024, 5, 31)),
        ("20240531", (2024, 5, 31)),
        (" 2024-05 ", (2024, 5, 1)),
        ("2024", (2024, 1, 1)),
        ("2024-05-31T13:45", (2024, 5, 31, 13, 45)),
        ("2024-05-31 13:45:10", (2024, 5, 31, 13, 45, 10)),
        (date(2024, 5, 31), (2024, 5, 31)),
        (datetime(2024, 5, 31, 13), (2024, 5, 31, 13)),
    ],
)
def test_a_date_is_the_moment_it_begins_in_local_time(written, parts):
    assert nanoseconds(written, "after") == moment(*parts)


def test_a_date_with_a_zone_is_that_moment():
    expected = int(datetime(2024, 5, 31, 12, tzinfo=UTC).timestamp()) * 10**9
    assert nanoseconds("2024-05-31T12:00Z", "after") == expected


@pytest.mark.parametrize("written", ["yesterday", "31.05.2024", "2024-13-01", "", "0000", "\ud800"])
def test_what_is_no_date_is_refused_and_names_the_filter(written):
    with pytest.raises(QueryError, match=r"not a date for `before`.*2024-05-31") as refusal:
        nanoseconds(written, "before")
    str(refusal.value).encode()
