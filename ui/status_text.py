"""What is in an index, as lines for a person and as values for a program."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from os import fsdecode
from typing import Any

from indexer.facets import EntityCount
from indexer.jobs import Job
from indexer.labelling import LabelCount
from indexer.language_rules import LanguageRule
from indexer.progress import unit_of
from indexer.status import IndexStatus
from ui.language_names import language_name
from ui.output import count, isolated, safe
from ui.progress_bar import duration
from ui.safe_text import shown_path

SHOWN_FAILURES = 20
SHOWN_ENTITIES = 10


def lines(status: IndexStatus) -> Iterator[str]:
    """Draw a status: the index, its folders, its languages, the job and the failures."""
    yield f"Index      {shown_path(status.folder)} ({size(status.size_bytes)})"
    yield (
        f"Holds      {count(status.documents, 'document')}, {count(status.passages, 'passage')}"
        f", {count(len(status.languages), 'language')}"
    )
    yield f"Encoder    {safe(status.encoder)} ({status.fingerprint}, {status.dimension} dimensions)"
    yield from _comparing(status)
    for source in status.sources:
        rules = f", without {' '.join(source.ignore_rules)}" if source.ignore_rules else ""
        documents = count(source.documents, "document") + (", watched" if source.watched else "")
        yield f"Folder     {shown_path(source.display)} ({documents}{safe(rules)})"
    if not status.sources:
        yield "Folder     none yet; `crosstongue index FOLDER` adds one"
    for language in status.languages:
        yield (
            f"Language   {safe(language.language):<8} {count(language.documents, 'document')}, "
            f"{count(language.passages, 'passage')}"
        )
    for rule in status.language_rules:
        yield f"Set        {rule_line(rule)}"
    for label in status.labels:
        yield f"Label      {isolated(safe(label.name))}: {count(label.documents, 'document')}"
    for entity in status.entities[:SHOWN_ENTITIES]:
        yield f"Name       {entity_line(entity)}"
    if status.job is not None:
        yield f"Last job   {job_line(status.job)}"
    for failed in status.failed[:SHOWN_FAILURES]:
        yield f"Failed     {shown_path(failed.path)}: {safe(failed.reason)}"
    if len(status.failed) > SHOWN_FAILURES:
        yield f"           and {len(status.failed) - SHOWN_FAILURES:,} more (--json lists all)"


def rule_line(rule: LanguageRule) -> str:
    """Say in one line what a person said of the language of documents."""
    name = f"{language_name(rule.language)} ({safe(rule.language)})"
    return f"{shown_path(fsdecode(rule.what))}: {name}, {count(rule.documents, 'document')}"


def rule_values(rule: LanguageRule) -> dict[str, Any]:
    """Return a rule as JSON has it."""
    return {**asdict(rule), "what": shown_path(fsdecode(rule.what))}


def _comparing(status: IndexStatus) -> Iterator[str]:
    if status.centring:
        yield "Centring   on: what each language adds is taken off vectors"
    if status.codes != "float16":
        yield f"Codes      {status.codes}: what they find is compared again by the stored vectors"


def values(status: IndexStatus) -> dict[str, Any]:
    """Return a status as JSON has it; paths are fit to print."""
    return {
        **asdict(status),
        "folder": shown_path(status.folder),
        "sources": [
            {**asdict(source), "root": source.display, "added_at": _moment(source.added_at)}
            for source in status.sources
        ],
        "language_rules": [rule_values(rule) for rule in status.language_rules],
        "labels": [label_values(label) for label in status.labels],
        "job": _job_values(status.job) if status.job else None,
    }


def label_values(label: LabelCount) -> dict[str, Any]:
    """Return a label as JSON has it."""
    return {**asdict(label), "nearest": [shown_path(path) for path in label.nearest]}


def entity_line(entity: EntityCount) -> str:
    """Say in one line in how many documents a name was found."""
    name = f"{isolated(safe(entity.name))} ({safe(entity.kind)})"
    return f"{name}: {count(entity.documents, 'document')}"


def job_line(job: Job) -> str:
    """Say in one line what a job is doing or did."""
    counted = f"{job.files_done:,} of {job.files_total:,} {unit_of(job.phase)}"
    parts = [f"{job.kind} {job.state}, {counted}"]
    if job.files_failed:
        parts.append(f"{job.files_failed:,} failed")
    if job.active and job.seconds_left is not None:
        parts.append(f"{duration(job.seconds_left)} left")
    if job.active:
        parts.append(f"process {job.process}")
    if job.error:
        parts.append(safe(job.error))
    return ", ".join(parts)


def size(octets: int) -> str:
    """Return `812 B`, `4.2 kB`, `1.3 GB`."""
    amount = float(octets)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def _job_values(job: Job) -> dict[str, Any]:
    return {
        **asdict(job),
        "started_at": _moment(job.started_at),
        "updated_at": _moment(job.updated_at),
    }


def _moment(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9).astimezone().isoformat(timespec="seconds")
