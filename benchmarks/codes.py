"""Vectors held in int8 and in binary codes: what they find beside all vectors, memory and time.

`python -m benchmarks.codes FOLDER` takes test sentences in many languages as documents, and asks
with some that are not among them. Times are of one search after the other in turns, and count the
vectors that are read from SQLite to compare again.
"""

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from indexer import Index, load_encoder, sync
from indexer.viewfile import CODES, FILE_NAME

PASSAGES, QUERIES, SEED, A_FOLDER = 50_000, 300, 1, 500
LIMITS = (10, 50, 800)


def main() -> None:
    """Print bytes a passage, recall at some depths and the time beside vectors as stored."""
    texts = _sentences(Path(sys.argv[-1]))
    encoder = load_encoder()
    queries = encoder.encode(texts[:QUERIES], kind="query")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "documents"
        for number, text in enumerate(texts[QUERIES:]):
            place = folder / f"{number // A_FOLDER}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{number}.txt").write_text(text, "utf-8")
        with Index.create(Path(name) / "index", encoder=encoder) as index:
            sync(index, folder)
            passages = index.status().passages
            found, times, sizes = {}, {}, {}
            for codes in CODES:
                index.set_codes(codes)
                sizes[codes] = (index.folder / FILE_NAME).stat().st_size
                for limit in LIMITS:
                    found[codes, limit], times[codes, limit] = [], []
                index.vectors.search(queries[:1], 1)
                for query in queries:
                    for limit in LIMITS:
                        began = time.perf_counter()
                        ids, _ = index.vectors.search(query[None], limit)
                        times[codes, limit].append(time.perf_counter() - began)
                        found[codes, limit].append(set(ids[0].tolist()))
    for codes in CODES:
        figures = []
        for limit in LIMITS:
            pairs = zip(found[codes, limit], found[CODES[0], limit], strict=True)
            recall = statistics.fmean(len(mine & exact) / limit for mine, exact in pairs)
            milliseconds = 1e3 * statistics.median(times[codes, limit])
            figures.append(f"first {limit} recall {recall:.4f}, {milliseconds:.1f} ms")
        size = sizes[codes] / passages
        print(f"{codes} over {passages:,} passages: {size:.0f} bytes each; {'; '.join(figures)}")


def _sentences(folder: Path) -> list[str]:
    files = sorted(folder.glob("tatoeba.*-eng.*"))
    if not files:
        sys.exit(f"{folder} holds no tatoeba.<language>-eng file.")
    texts = sorted({line for file in files for line in file.read_text("utf-8").splitlines()})
    random.Random(SEED).shuffle(texts)
    return texts[: PASSAGES + QUERIES]


if __name__ == "__main__":
    main()
