"""What a run did, as lines for a person and as values for a program."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from indexer.progress import SyncReport
from ui.output import count, safe
from ui.progress_bar import duration
from ui.safe_text import shown_path

# Of a long list a person reads the first few; `--json` has them all.
SHOWN_FAILURES = 10
# A dry run is asked for its list, so it shows more.
SHOWN_PLANNED = 50


def lines(report: SyncReport) -> Iterator[str]:
    """Draw a report; failures come with their reasons."""
    if report.dry_run:
        yield from _plan(report)
    else:
        yield f"{_done(report)} ({count(report.passages, 'passage')}, {duration(report.seconds)})."
    if report.stopped:
        yield "Stopped on request; what is indexed is kept, and the same command goes on."
    for found, what in (
        (report.failed, "could not be read:"),
        (report.unlisted, "could not be listed, and nothing below was removed:"),
    ):
        if found:
            noun = "file" if found is report.failed else "folder"
            yield f"{count(len(found), noun)} {what}"
            yield from _some(
                [f"{shown_path(one.path)}: {safe(one.reason)}" for one in found], SHOWN_FAILURES
            )
    if report.unsupported:
        yield f"{count(len(report.unsupported), 'file')} of a kind that is not read."


def values(report: SyncReport) -> dict[str, Any]:
    """Return a report as JSON has it."""
    return asdict(report)


def _counts(report: SyncReport) -> list[tuple[str, int]]:
    return [
        ("added", len(report.added)),
        ("changed", len(report.changed)),
        ("moved", len(report.moved)),
        ("removed", len(report.removed)),
        ("failed", len(report.failed)),
        ("unchanged", report.unchanged),
    ]


def _done(report: SyncReport) -> str:
    parts = [f"{number:,} {word}" for word, number in _counts(report) if number]
    return "Indexed: " + (", ".join(parts) if parts else "nothing to do")


def _plan(report: SyncReport) -> Iterator[str]:
    parts = [f"{number:,} {word}" for word, number in _counts(report)]
    yield "Would be " + ", ".join(parts) + "."
    planned = [("+", path) for path in report.added]
    planned += [("~", path) for path in report.changed]
    planned += [("-", path) for path in report.removed]
    drawn = [f"{sign} {shown_path(path)}" for sign, path in planned]
    drawn += [f"> {shown_path(old)} -> {shown_path(new)}" for old, new in report.moved]
    yield from _some(drawn, SHOWN_PLANNED)


def _some(drawn: Sequence[str], most: int) -> Iterator[str]:
    for line in drawn[:most]:
        yield f"  {line}"
    if len(drawn) > most:
        yield f"  and {len(drawn) - most:,} more (--json lists all)"
