"""Tatoeba's test sets: `python -m benchmarks.tatoeba FOLDER [ENCODER]`."""

import sys
from pathlib import Path

from indexer import load_encoder
from indexer.parallel_text import XTREME_LANGUAGES
from indexer.training.measure import tatoeba_figures


def main() -> None:
    """Print an encoder's accuracy on a folder of `tatoeba.<iso3>-eng.<iso3>` files."""
    folder = Path(sys.argv[1])
    encoder = load_encoder(*sys.argv[2:3])
    if not any(folder.glob("tatoeba.*-eng.eng")):
        sys.exit(f"{folder} holds no tatoeba.<language>-eng.eng file.")
    figures = tatoeba_figures(folder, encoder.encode)
    for name, codes in (("Tatoeba-36", XTREME_LANGUAGES), ("all", tuple(figures.to_english))):
        there, back = figures.mean(codes)
        print(f"{name}: {len(codes)} languages, to English {there:.1f}, from English {back:.1f}")
    print(" ".join(f"{code} {value:.0f}" for code, value in figures.to_english.items()))


if __name__ == "__main__":
    main()
