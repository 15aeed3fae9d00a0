"""`crosstongue search` from a cold start, beside an empty Python that imports numpy and faiss."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.texts import write_documents
from indexer import Index, load_encoder, sync

TURNS = 7


def main() -> None:
    """Print medians of whole processes, in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "documents"
        write_documents(folder, 2_000, 1_050)
        with Index.create(Path(name) / "index", encoder=load_encoder()) as index:
            sync(index, folder)
        search = ["-m", "ui", "search", "my bicycle has a puncture", "--index", f"{name}/index"]
        commands = {"search": search, "baseline": ["-c", "import numpy, faiss"]}
        seconds: dict[str, list[float]] = {key: [] for key in commands}
        for _ in range(TURNS):
            for key, command in commands.items():
                began = time.perf_counter()
                subprocess.run([sys.executable, *command], capture_output=True, check=True)
                seconds[key].append(time.perf_counter() - began)
    median = {key: statistics.median(values) for key, values in seconds.items()}
    print(
        f"cold search: median {median['search']:.2f} s; importing numpy and faiss alone "
        f"{median['baseline']:.2f} s ({median['search'] / median['baseline']:.1f} times)"
    )


if __name__ == "__main__":
    main()
