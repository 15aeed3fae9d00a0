"""What the Library page says of an index: plans, counts as bars, and what another encoder costs.

Values in, values and HTML out; `views/library.py` draws them.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from indexer import sentence_vectors
from indexer.encoders.protocol import Encoder
from indexer.index import Index
from indexer.syncing import SyncReport
from ui.output import count
from ui.progress_bar import duration
from ui.safe_text import path_html, text_html
from ui.status_text import size

# Files of a plan that are named; the rest are counted.
NAMED = 50
# Bars of a chart; the rest are added up.
BARS = 12
# Passages that are embedded to learn how fast an encoder is, and for how long at most.
_TRIED, _SECONDS = 64, 3.0
_TEXTS = "SELECT text FROM passages ORDER BY id LIMIT ?"
# A vector is kept twice, as it is stored and as it is searched, at two bytes a value.
_OCTETS_A_VALUE = 2 * 2


@dataclass(frozen=True, slots=True)
class Cost:
    """What embedding an index with an encoder takes.

    :param seconds: on this machine, at the rate that was measured.
    :param octets: the size of the vectors, as they are stored and as they are searched.
    :param passages: how many there are.
    """

    seconds: float
    octets: int
    passages: int


def plan_html(report: SyncReport) -> str:
    """Return what a dry run found, a list for each thing that would be done."""
    parts = [
        ("added", report.added),
        ("changed", report.changed),
        ("moved", [f"{old} → {new}" for old, new in report.moved]),
        ("gone", report.removed),
        ("ignored", report.ignored),
        ("of other kinds", report.unsupported),
    ]
    lists = "".join(_named(words, paths) for words, paths in parts if paths)
    unchanged = f"{count(report.unchanged, 'document')} unchanged"
    return f'<div class="ct-plan">{lists}<p class="ct-line">{unchanged}</p></div>'


def changes(report: SyncReport) -> bool:
    """Whether a plan has anything to do."""
    return bool(report.added or report.changed or report.moved or report.removed)


def _named(words: str, paths: Sequence[str]) -> str:
    items = "".join(f"<li>{path_html(path)}</li>" for path in paths[:NAMED])
    if len(paths) > NAMED:
        items += f"<li>and {len(paths) - NAMED:,} more</li>"
    return (
        f"<details><summary>{len(paths):,} {text_html(words)}</summary>"
        f'<ul class="ct-failed">{items}</ul></details>'
    )


def bars_html(title: str, counts: Iterable[tuple[str, int]]) -> str:
    """Return counts as bars, the longest first; what has no bar of its own is added up."""
    ordered = sorted(counts, key=lambda one: (-one[1], one[0]))
    shown, rest = ordered[:BARS], ordered[BARS:]
    if rest:
        shown.append((f"{len(rest)} others", sum(number for _, number in rest)))
    most = max((number for _, number in shown), default=1)
    rows = "".join(
        f'<tr><th scope="row"><bdi>{text_html(name)}</bdi></th><td><i style="width:'
        f'{100 * number / most:.1f}%"></i></td><td>{number:,}</td></tr>'
        for name, number in shown
    )
    return f'<table class="ct-bars"><caption>{text_html(title)}</caption>{rows}</table>'


def cost_of(index: Index, encoder: Encoder, passages: int) -> Cost:
    """Measure an encoder on passages of an index.

    :param passages: how many the index has.
    """
    texts = [row[0] for row in index.connection.execute(_TEXTS, [_TRIED])]
    encoder.encode(texts[:1], kind="document")  # what loads with the first text is no rate
    sentences = sentence_vectors.kept_for(encoder.spec)
    began, done, octets = time.perf_counter(), 0, 0
    while texts and done < _TRIED and time.perf_counter() - began < _SECONDS:
        some = texts[done % len(texts) :][:8]
        encoder.encode(some, kind="document")
        octets += encoder.dimension * _OCTETS_A_VALUE * len(some)
        if sentences:
            octets += sum(map(len, sentence_vectors.encoded(encoder, some)))
        done += len(some)
    rate = done / max(time.perf_counter() - began, 1e-9)
    return Cost(passages / rate if done else 0.0, round(octets * passages / max(1, done)), passages)


def cost_words(cost: Cost) -> str:
    """Say what embedding costs."""
    return (
        f"{count(cost.passages, 'passage')} to embed again, {duration(cost.seconds)} on this "
        f"machine, {size(cost.octets)} of vectors. The old index answers until it is finished."
    )
