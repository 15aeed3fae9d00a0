"""Run the benchmarks: all, or those named."""

import sys
from importlib import import_module

# The first group needs nothing but the checkout; the second a folder of test sentences; the third
# Chromium.
BENCHMARKS = (
    "samples",
    "questions",
    "hybrid",
    "confidence",
    "labels",
    "encoding",
    "indexing",
    "searching",
    "filtered",
    "cold_search",
    "runtimes",
)
WITH_DATA = ("tatoeba", "languages", "quality", "codes")
IN_A_BROWSER = ("map_panning", "page_search")


def main() -> None:
    """Run the benchmarks named on the command line, or all that need no data."""
    names = sys.argv[1:] or BENCHMARKS
    for name in names:
        if name not in BENCHMARKS + WITH_DATA + IN_A_BROWSER:
            sys.exit(f"There is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}.")
        print(f"# {name}", flush=True)
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
