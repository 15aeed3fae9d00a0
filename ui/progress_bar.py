"""A run's progress as it is drawn in a terminal: a bar for a person, plain lines for a log.

Drawn on standard error, so that the answer on standard output stays clean. The figures come from
the run's own events; nothing is measured here.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from indexer.progress import ProgressCallback, SyncProgress, unit_of
from ui.output import say_aside

# A log that gets a line every few seconds can be followed and still be read afterwards.
LOG_SECONDS = 5.0


@contextmanager
def shown_progress() -> Iterator[ProgressCallback]:
    """Draw the events that the callback receives while the context lasts."""
    if sys.stderr.isatty():
        with _bar() as draw:
            yield draw
    else:
        yield _log(time.monotonic)


@contextmanager
def _bar() -> Iterator[ProgressCallback]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[figures]}", markup=False),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, expand=True) as progress:
        task = progress.add_task("scanning", total=None, figures="")

        def draw(event: SyncProgress) -> None:
            progress.update(
                task,
                description=event.phase,
                total=event.files_total or None,
                completed=event.files_done,
                figures=figures(event),
            )

        yield draw


def _log(clock: Callable[[], float]) -> ProgressCallback:
    """Return a callback that writes a line at every new phase and every few seconds."""
    last_phase: str | None = None
    last_time = 0.0

    def write(event: SyncProgress) -> None:
        nonlocal last_phase, last_time
        if event.phase == last_phase and clock() - last_time < LOG_SECONDS:
            return
        last_phase, last_time = event.phase, clock()
        say_aside(": ".join(part for part in (event.phase, figures(event)) if part))

    return write


def figures(event: SyncProgress) -> str:
    """Write an event's figures: how much of how much, the rate and the time left."""
    if not event.files_total:
        return f"{event.files_done:,} files seen" if event.files_done else ""
    unit = unit_of(event.phase)
    parts = [f"{event.files_done:,} of {event.files_total:,} {unit}"]
    if event.files_failed:
        parts.append(f"{event.files_failed:,} failed")
    if event.files_per_second is not None:
        parts.append(f"{event.files_per_second:,.1f} {unit}/s")
    if event.seconds_left is not None:
        parts.append(f"{duration(event.seconds_left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Return `7 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
