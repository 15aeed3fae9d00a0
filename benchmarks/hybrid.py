"""Dense, lexical and hybrid search side by side, on what each is good for.

The sample queries and the questions share no word with what answers them, so there words can only
do harm. The known items are the opposite: the rarest word of each sample document, which only an
exact search is sure to find. Weights are chosen on the tuning halves; the closing ones only ever
give the figure.
"""

import csv
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from benchmarks.questions import FILE as QUESTIONS
from benchmarks.samples import sample_queries
from indexer import Index, load_encoder, sync
from indexer.resources import data_folder
from indexer.segmentation import pieces
from search import Searcher
from search.searcher import Mode

# Graphemes of a script without spaces that stand for a word: most words have two to four.
WORD_LENGTH = 3
LIMIT = 10

# A query and whether a file's name, relative to the folder indexed, answers it.
Asked = tuple[str, Callable[[str], bool]]


def ranks(searcher: Searcher, folder: Path, asked: list[Asked], mode: Mode) -> list[int]:
    """Return the rank, from 1, of the first answer of each query; 0 where there is none."""
    found = []
    for query, answers in asked:
        names = [
            hit.path.relative_to(folder).as_posix()
            for hit in searcher.search(query, limit=LIMIT, mode=mode)
        ]
        found.append(next((at for at, name in enumerate(names, 1) if answers(name)), 0))
    return found


def known_items(index: Index, folder: Path) -> list[Asked]:
    """Return the rarest long word of each document, with the document."""
    texts: dict[str, list[str]] = {}
    rows = index.connection.execute(
        "SELECT path, text FROM passages JOIN documents ON documents.id = document ORDER BY path"
    )
    for path, text in rows:
        name = Path(path.decode()).relative_to(folder).as_posix()
        texts.setdefault(name, []).extend(_words(text))
    holding = Counter(word for words in texts.values() for word in set(words))
    asked: list[Asked] = []
    for name, words in texts.items():
        rarest = min(words, key=lambda word: (holding[word], -len(word), word))
        if holding[rarest] == 1:
            asked.append((rarest, name.__eq__))
    return asked


def _words(text: str) -> list[str]:
    return [
        piece.text[:WORD_LENGTH] if piece.kind == "run" else piece.text
        for piece in pieces(text)
        if len(piece.text) >= WORD_LENGTH
    ]


@contextmanager
def samples() -> Iterator[tuple[Searcher, Path]]:
    """Index the sample folder."""
    with tempfile.TemporaryDirectory() as name:
        with Index.create(Path(name) / "index", encoder=load_encoder()) as index:
            sync(index, data_folder() / "samples")
            yield Searcher(index), data_folder() / "samples"


@contextmanager
def questions(half: str) -> Iterator[tuple[Searcher, Path, list[Asked]]]:
    """Index a half's passages, a file each, and give its questions."""
    with QUESTIONS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    rows = [row for row in rows if row["half"] == half]
    passages = list(dict.fromkeys((row["passage"], row["subject"]) for row in rows))
    subject = {f"{at}.txt": subject for at, (_, subject) in enumerate(passages)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "passages"
        folder.mkdir()
        for at, (text, _) in enumerate(passages):
            (folder / f"{at}.txt").write_text(text, "utf-8")
        asked: list[Asked] = [
            (row["question"], lambda name, wanted=row["subject"]: subject[name] == wanted)
            for row in rows
        ]
        with Index.create(Path(name) / "index", encoder=load_encoder()) as index:
            sync(index, folder)
            yield Searcher(index), folder, asked


def figures(found: list[int]) -> str:
    """Say how many were first and in the first three, and the mean reciprocal rank."""
    first = 100 * sum(rank == 1 for rank in found) / len(found)
    three = 100 * sum(0 < rank <= 3 for rank in found) / len(found)
    reciprocal = 100 * sum(1 / rank for rank in found if rank) / len(found)
    return f"first {first:5.1f} %  first three {three:5.1f} %  MRR {reciprocal:5.1f}"


def main() -> None:
    """Print the figures of each way to search."""
    with samples() as (searcher, folder):
        items = known_items(searcher.index, folder)
        for half in ("tuning", "closing"):
            asked: list[Asked] = [
                (one.query, one.answers.__contains__)
                for one in sample_queries()
                if one.half == half
            ]
            _print(f"sample queries, {half}", searcher, folder, asked)
        _print("known items", searcher, folder, items)
        quoted: list[Asked] = [(f'where is "{word}" mentioned', name) for word, name in items]
        _print("known items, quoted in a question", searcher, folder, quoted)
    for half in ("tuning", "closing"):
        with questions(half) as (searcher, folder, asked):
            _print(f"questions, {half}", searcher, folder, asked)


def _print(title: str, searcher: Searcher, folder: Path, asked: list[Asked]) -> None:
    for mode in get_args(Mode):
        found = figures(ranks(searcher, folder, asked, mode))
        print(f"{title} ({len(asked)}): {mode:<8} {found}", flush=True)


if __name__ == "__main__":
    main()
