"""In-process search over 50,000 passages: the median, beside FAISS alone on the same vectors.

`python -m benchmarks.searching 100000` takes another number of passages.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np

from benchmarks.samples import sample_queries
from benchmarks.texts import index_passages
from indexer import Index, load_encoder
from search import Searcher

PASSAGES = 50_000
A_DOCUMENT = 10


def main() -> None:
    """Print medians over the sample queries."""
    encoder = load_encoder()
    queries = [query.query for query in sample_queries()]
    wanted = int(sys.argv[-1]) if sys.argv[-1].isdecimal() else PASSAGES
    with tempfile.TemporaryDirectory() as name:
        folder = index_passages(Path(name), wanted, A_DOCUMENT)
        with Index.open(folder, encoder=encoder) as index:
            status = index.status()
            searcher = Searcher(index)
            for query in queries[:20]:
                searcher.search(query)
            index.vectors.wait()
            whole = _median(lambda query: searcher.search(query), queries)
            filtered = _median(
                lambda query: searcher.search(query, languages=["de", "ja"]), queries
            )
            explained = _median(lambda query: searcher.search(query, explain=True), queries)
            flat = faiss.IndexFlatIP(encoder.dimension)
            ids = np.array([row[0] for row in index.connection.execute("SELECT id FROM passages")])
            flat.add(index.vectors_of(ids))
            alone = _median(lambda query: flat.search(encoder.encode([query]), 50), queries)
    print(
        f"{status.passages:,} passages: median {1e3 * whole:.1f} ms a query, "
        f"{1e3 * filtered:.1f} ms with a language filter, {1e3 * explained:.1f} ms with the first "
        "ten explained; "
        f"encoding and FAISS alone {1e3 * alone:.1f} ms ({whole / alone:.1f} times)"
    )


def _median(search: Callable[[str], object], queries: list[str]) -> float:
    times = []
    for query in queries:
        began = time.perf_counter()
        search(query)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


if __name__ == "__main__":
    main()
