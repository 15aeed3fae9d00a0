"""The sample folder asked across languages: the share of queries answered in the first three.

The queries were written from the list of subjects alone. The tuning half may be looked at; the
closing half only ever gives the figure.
"""

import csv
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from indexer import Index, load_encoder, sync
from indexer.encoders.catalog import DEFAULT_ENCODER, PLUS_ENCODER
from indexer.resources import data_folder
from search import Searcher

CHECKOUT_DATA = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True)
class SampleQuery:
    """A query and the documents that answer it, as paths relative to the sample folder."""

    half: str
    language: str
    subject: str
    query: str
    answers: frozenset[str]


def sample_documents() -> list[dict[str, str]]:
    """Return each document's `path` in the sample folder, `subject` and `language`."""
    with (CHECKOUT_DATA / "samples.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def sample_queries() -> list[SampleQuery]:
    """Return the queries with every document on their subject."""
    documents: dict[str, set[str]] = defaultdict(set)
    for row in sample_documents():
        documents[row["subject"]].add(row["path"])
    with (CHECKOUT_DATA / "sample_queries.tsv").open(encoding="utf-8", newline="") as file:
        return [
            SampleQuery(
                row["half"],
                row["language"],
                row["subject"],
                row["query"],
                frozenset(documents[row["subject"]]),
            )
            for row in csv.DictReader(file, delimiter="\t")
        ]


def found_ranks(searcher: Searcher, queries: list[SampleQuery], limit: int = 10) -> list[int]:
    """Return the rank, from 1, of the first answer of each query; 0 where there is none."""
    samples = data_folder() / "samples"
    ranks = []
    for query in queries:
        hits = searcher.search(query.query, limit=limit)
        places = [
            place
            for place, hit in enumerate(hits, start=1)
            if hit.path.relative_to(samples).as_posix() in query.answers
        ]
        ranks.append(min(places, default=0))
    return ranks


def share_within(ranks: list[int], depth: int) -> float:
    """Return the percentage of ranks from 1 to `depth`."""
    return 100 * sum(0 < rank <= depth for rank in ranks) / len(ranks)


def main() -> None:
    """Print the shares under both encoders of our own."""
    for name in (DEFAULT_ENCODER, PLUS_ENCODER):
        with tempfile.TemporaryDirectory() as folder:
            _measure(name, Path(folder) / "index")


def _measure(name: str, place: Path) -> None:
    queries = sample_queries()
    with Index.create(place, encoder=load_encoder(name)) as index:
        sync(index, data_folder() / "samples")
        searcher = Searcher(index)
        for half in ("tuning", "closing"):
            chosen = [query for query in queries if query.half == half]
            ranks = found_ranks(searcher, chosen)
            print(
                f"{name}, {half}: {len(chosen)} queries, an answer first "
                f"{share_within(ranks, 1):.1f} %, in the first three "
                f"{share_within(ranks, 3):.1f} %",
                flush=True,
            )


if __name__ == "__main__":
    main()
