"""Documents that nobody here wrote: Debian's handbooks in twelve languages, asked in five.

`python -m benchmarks.real_documents FOLDER` indexes what is in FOLDER; `--fetch` first puts the
handbooks there (20 MB from Debian's archive, which needs apt-get and dpkg-deb). Every question is
asked twice: over everything, and with its own language left out, so that the answer must come in
another one.

A passage is right where it stands in a section that answers the question and holds the words of
the answer that no translation changes (commands, file names), both named in `real_questions.tsv`.
The questions were written from the tables of contents alone. Only the best passage of each of the
first three documents counts; the figure with all that a result shows stands beside it.
"""

import argparse
import csv
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from indexer import Index, SyncReport, load_encoder, sync
from indexer.readers.registry import read
from search import Hit, Searcher
from search.hits import PassageHit

QUESTIONS = Path(__file__).with_name("real_questions.tsv")
DEPTH = 3
# A result shows this many passages of its document.
SHOWN = 3

PACKAGES = (
    *(f"debian-reference-{code}" for code in "de en es fr id it ja pt zh-cn".split()),
    *(f"debian-faq-{code}" for code in "de fr it ja ko nl pt ru zh-cn".split()),
)

_LANGUAGE_OF_NAME = re.compile(r"\.(?!md)([a-z]{2})(?:-[a-z]{2})?\.[a-z]+(?:\.gz)?$")
_NUMBER = re.compile(r"(\d+(?:\.\d+)+)\.?\s")
_NUMBERED_LINE = re.compile(r"^(\d+(?:\.\d+)+)\.\s", re.MULTILINE)


@dataclass(frozen=True)
class Question:
    """A question and what tells a passage that answers it.

    :param sections: where the answer stands, as "book:number".
    :param evidence: what the passage must hold, whatever its language.
    """

    language: str
    text: str
    sections: frozenset[str]
    evidence: re.Pattern[str]


@dataclass(frozen=True)
class Answer:
    """The first documents found for a question.

    :param rank: the first document whose best passage is right, from 1; 0 where none is.
    :param shown: the same among all the passages that a result shows.
    """

    question: Question
    hits: tuple[Hit, ...]
    rank: int
    shown: int


def questions() -> list[Question]:
    """Return the questions in their order."""
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        return [
            Question(
                row["language"],
                row["question"],
                frozenset(row["sections"].split()),
                re.compile(row["evidence"]),
            )
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]


def fetch(packages: Iterable[str], folder: Path) -> None:
    """Download packages from Debian's archive and unpack them into a folder."""
    for needed in ("apt-get", "dpkg-deb"):
        if shutil.which(needed) is None:
            sys.exit(f"Fetching packages needs {needed}, which only Debian and its kin have.")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as downloads:
        for command in (["update", "-qq"], ["download", "-qq", *packages]):
            done = subprocess.run(
                ["apt-get", *command], cwd=downloads, stderr=subprocess.PIPE, text=True
            )
            if done.returncode:
                lines = done.stderr.strip().splitlines() or ["it gave no reason"]
                sys.exit(f"apt-get {command[0]} failed: {lines[0]}")
        for package in sorted(Path(downloads).glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, folder], check=True)


def is_right(question: Question, hit: Hit, passage: PassageHit) -> bool:
    """Whether a passage of a hit answers a question."""
    found = question.evidence.search(passage.text)
    return found is not None and not question.sections.isdisjoint(sections_of(hit, passage))


def sections_of(hit: Hit, passage: PassageHit) -> set[str]:
    """Return the sections that a passage begins in or holds, as "book:number"."""
    book = "faq" if "FAQ" in hit.path.parts else "reference"
    numbers = set()
    for start, number in _sections(hit.path):
        if start <= passage.start:
            numbers = {number}
        elif start < passage.start + len(passage.text):
            numbers.add(number)
    return {f"{book}:{number}" for number in numbers}


@lru_cache(maxsize=64)
def _sections(path: Path) -> list[tuple[int, str]]:
    """Return where the numbered sections of a document begin; plain text has no marks."""
    document = read(path)
    if not any(mark.kind == "heading" for mark in document.marks):
        found = _NUMBERED_LINE.finditer(document.text)
        return [(match.start(), match[1]) for match in found]
    numbered = ((mark.start, _NUMBER.match(mark.label)) for mark in document.marks)
    return [(start, number[1]) for start, number in numbered if number]


def ask(
    searcher: Searcher, asked: Iterable[Question], languages: Iterable[str] | None = None
) -> list[Answer]:
    """Ask every question.

    :param languages: the languages of the index; given, each question leaves out its own, and a
        passage from a file in that language is never right, however it was identified.
    """
    answers = []
    for question in asked:
        others = languages and [code for code in languages if not _same(code, question.language)]
        hits = searcher.search(question.text, limit=DEPTH, languages=others)
        ranks = []
        for passages in (1, SHOWN):
            right = [
                place
                for place, hit in enumerate(hits, start=1)
                if any(is_right(question, hit, passage) for passage in hit.passages[:passages])
                and not (others and _same(language_of(hit.path), question.language))
            ]
            ranks.append(min(right, default=0))
        answers.append(Answer(question, tuple(hits), *ranks))
    return answers


def language_of(path: Path) -> str:
    """Return the language that a handbook's file name gives, or "en"."""
    found = _LANGUAGE_OF_NAME.search(path.name)
    return found[1] if found else "en"


def _same(code: str, language: str) -> bool:
    return code.partition("-")[0] == language


def print_report(report: SyncReport, index: Index) -> None:
    """Print what became of the files."""
    status = index.status()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{status.documents} documents, {status.passages} passages in {report.seconds:.1f} s, "
        f"{len(report.failed)} failed, {len(report.unsupported)} of no supported kind, "
        f"peak memory {peak:.0f} MiB"
    )
    for failed in report.failed:
        print(f"  failed: {failed.path}: {failed.reason}")
    wrong: Counter[str] = Counter()
    for path, language in index.connection.execute("SELECT path, language FROM documents"):
        named = _LANGUAGE_OF_NAME.search(path.decode())
        if named and not _same(language or "und", named[1]):
            wrong[f"{named[1]} as {language}"] += 1
    print(f"  documents in another language than their name says: {dict(wrong)}")


def print_answers(title: str, answers: list[Answer]) -> None:
    """Print the share of right answers and what was found instead of the others."""
    found = sum(answer.rank > 0 for answer in answers)
    first = sum(answer.rank == 1 for answer in answers)
    shown = sum(answer.shown > 0 for answer in answers)
    print(
        f"{title}: a right passage in the first {DEPTH} for {found} of {len(answers)} questions "
        f"({100 * found / len(answers):.0f} %), first for {first}; "
        f"among the {SHOWN} best passages of each document for {shown}"
    )
    for answer in answers:
        if answer.rank:
            continue
        print(f"  missed ({answer.question.language}): {answer.question.text}")
        for hit in answer.hits:
            opening = " ".join(hit.passage.text.split())[:90]
            print(
                f"    {hit.cosine:.2f} {hit.passage.language} {hit.path.name} "
                f"{sorted(sections_of(hit, hit.passage))} {opening}"
            )


def main(arguments: list[str] | None = None) -> None:
    """Index a folder and ask the questions."""
    parser = argparse.ArgumentParser(description="Ask 30 questions over Debian's handbooks.")
    parser.add_argument("folder", type=Path, help="where the handbooks are")
    parser.add_argument("--fetch", action="store_true", help="put the handbooks there first")
    parsed = parser.parse_args(arguments)
    if parsed.fetch:
        fetch(PACKAGES, parsed.folder)
    if not parsed.folder.is_dir():
        sys.exit(f"There is no folder {parsed.folder}; --fetch makes it.")
    with (
        tempfile.TemporaryDirectory() as temporary,
        Index.create(Path(temporary) / "index", encoder=load_encoder()) as index,
    ):
        print_report(sync(index, parsed.folder), index)
        searcher = Searcher(index)
        languages = [counted.language for counted in index.status().languages]
        print_answers("over everything", ask(searcher, questions()))
        print_answers(
            "with the question's language left out", ask(searcher, questions(), languages)
        )


if __name__ == "__main__":
    main()
