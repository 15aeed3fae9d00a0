"""Filtered search over 200,000 vectors: recall beside a scan of the allowed rows, and its time.

The vectors are random, unit rows 384 wide, in the view that indexes use; what is measured is the
selection alone, in turns with the search that allows everything.
"""

import statistics
import time

import numpy as np

from indexer.neighbours import State, search
from indexer.viewfile import Stamp, build_base

ROWS, WIDTH, QUERIES, TOP = 200_000, 384, 60, 10
SHARES = (0.001, 0.01, 0.1, 0.5, 0.9)


def main() -> None:
    """Print recall at 10 and the time beside an unfiltered search, for each share allowed."""
    draw = np.random.default_rng(1)
    vectors = draw.standard_normal((ROWS, WIDTH), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    stored = vectors.astype(np.float16)
    ids = np.arange(1, ROWS + 1)
    base = build_base(Stamp("g", "f", 1, ROWS, ROWS), ids, stored)
    empty = np.empty(0, np.int64), np.empty((0, WIDTH), np.float32)
    state = State(base, "g", 1, ROWS, *empty, None)
    queries = draw.standard_normal((QUERIES, WIDTH), np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    for share in SHARES:
        allowed = np.sort(draw.choice(ids, int(share * ROWS), replace=False))
        exact = stored[allowed - 1].astype(np.float32)
        found, whole, part = 0, [], []
        for query in queries:
            began = time.perf_counter()
            search(state, query[None], TOP, None)
            middle = time.perf_counter()
            nearest, _ = search(state, query[None], TOP, allowed)
            part.append(time.perf_counter() - middle)
            whole.append(middle - began)
            best = allowed[np.argsort(-(exact @ query))[:TOP]]
            found += len(set(best.tolist()) & set(nearest[0].tolist()))
        ratio = statistics.median(part) / statistics.median(whole)
        print(
            f"{100 * share:5.1f} % allowed ({len(allowed):,}): recall {found / QUERIES / TOP:.4f}, "
            f"{1e3 * statistics.median(part):.1f} ms, {ratio:.2f} times the unfiltered search"
        )


if __name__ == "__main__":
    main()
