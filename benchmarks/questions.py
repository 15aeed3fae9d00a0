"""Questions against passages in other languages, by vectors alone: one pool, every passage in it.

`questions.tsv` holds 320 questions in 20 languages with an answering passage in another one. The
tuning half may be looked at; the closing half only ever gives the figure.
"""

import csv
from pathlib import Path

import numpy as np

from indexer import load_encoder
from indexer.encoders import Encoder
from indexer.encoders.catalog import DEFAULT_ENCODER, PLUS_ENCODER

FILE = Path(__file__).with_name("questions.tsv")


def question_figures(encoder: Encoder) -> dict[str, tuple[int, float, float, float]]:
    """Measure an encoder.

    :return: for each half: the number of questions, the percentage whose passage is first, and in
        the first five, and the mean reciprocal rank (percent), all among the half's passages.
    """
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    figures = {}
    for half in ("tuning", "closing"):
        chosen = [row for row in rows if row["half"] == half]
        passages = list(dict.fromkeys(row["passage"] for row in chosen))
        questions = encoder.encode([row["question"] for row in chosen], kind="query")
        scores = questions @ encoder.encode(passages).T
        right = np.array([passages.index(row["passage"]) for row in chosen])
        # The other passage on the same subject answers the question too.
        subject = {row["passage"]: row["subject"] for row in chosen}
        same = np.array(
            [[subject[passage] == row["subject"] for passage in passages] for row in chosen]
        )
        same[np.arange(len(right)), right] = False
        own = scores[np.arange(len(right)), right]
        rank = 1 + ((scores > own[:, None]) & ~same).sum(axis=1)
        figures[half] = (
            len(chosen),
            100 * float((rank == 1).mean()),
            100 * float((rank <= 5).mean()),
            100 * float((1 / rank).mean()),
        )
    return figures


def main() -> None:
    """Print the figures of both encoders of our own."""
    for name in (DEFAULT_ENCODER, PLUS_ENCODER):
        figures = question_figures(load_encoder(name))
        for half, (count, first, five, reciprocal) in figures.items():
            print(
                f"{name}, {half}: {count} questions, right passage first {first:.1f} %, in the "
                f"first five {five:.1f} %, mean reciprocal rank {reciprocal:.1f}"
            )


if __name__ == "__main__":
    main()
