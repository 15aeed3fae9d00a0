"""How well confidence tells answers from noise, and the mixed pool with and without correction.

Every query is asked twice: once of everything, and once with the documents that answer it taken
away, so that nothing answers. What is measured is the ROC AUC: how often a right first hit is given
more than a wrong one or one to an unanswerable query. The logistic function's two numbers are
fitted on the tuning halves; the closing halves only ever give the figure.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.hybrid import Asked, questions, samples
from benchmarks.samples import sample_queries
from search import Searcher
from search.best_sentences import BestSentences, added

# Enough documents that one that does not answer is always among them.
LIMIT = 40
STEPS = 4_000


@dataclass(frozen=True)
class Judged:
    """The first hit of a query.

    :param answerable: whether anything answers the query.
    :param right: whether this hit does.
    :param cosine: the measure without calibration.
    :param excess: what the logistic function is given.
    :param confidence: what people are shown.
    """

    answerable: bool
    right: bool
    cosine: float
    excess: float
    confidence: float


def judged(searcher: Searcher, folder: str, asked: list[Asked]) -> Iterator[Judged]:
    """Ask each query twice and yield its first hits."""
    for query, answers in asked:
        vector = searcher.index.encoder.encode([query], kind="query")[0]
        judge = searcher.judge(vector)
        sentences = BestSentences(searcher.index.connection, vector)
        hits = [
            (hit, answers(hit.path.relative_to(folder).as_posix()))
            for hit in searcher.search(query, limit=LIMIT)
        ]
        for answerable in (True, False):
            hit, right = next(one for one in hits if answerable or not one[1])
            cosine = hit.cosine or 0.0
            ids = np.array([passage.id for passage in hit.passages])
            languages = [passage.language for passage in hit.passages]
            even = map(judge.even, sentences.best(ids).tolist(), languages)
            more = added(np.fromiter(even, np.float32, len(ids))).tolist()
            excess = max(
                judge.excess((passage.cosine or 0.0) + plus, passage.language)
                for passage, plus in zip(hit.passages, more, strict=True)
            )
            yield Judged(answerable, right, cosine, excess, hit.confidence)


def auc(positive: list[float], negative: list[float]) -> float:
    """Return the share of pairs in which the positive one is greater; ties count half."""
    one, other = np.array(positive)[:, None], np.array(negative)[None, :]
    return 100 * float((one > other).mean() + (one == other).mean() / 2)


def fitted(excess: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[float, float]:
    """Fit slope and middle of a logistic function by gradient descent."""
    mean, deviation = excess.mean(), excess.std()
    x = (excess - mean) / deviation
    slope, shift = 1.0, 0.0
    for _ in range(STEPS):
        error = 1 / (1 + np.exp(-(slope * x + shift))) - right
        slope -= 0.5 * float((error * x).mean())
        shift -= 0.5 * float(error.mean())
    return slope / deviation, mean - shift * deviation / slope


def main() -> None:
    """Print the figures, and the two numbers that the tuning halves give."""
    for half in ("tuning", "closing"):
        found: list[Judged] = []
        with samples() as (searcher, folder):
            asked: list[Asked] = [
                (one.query, one.answers.__contains__)
                for one in sample_queries()
                if one.half == half
            ]
            found += judged(searcher, str(folder), asked)
        with questions(half) as (searcher, folder, asked):
            found += judged(searcher, str(folder), asked)
        for measure in ("cosine", "confidence"):
            values = [float(getattr(one, measure)) for one in found]
            right = [value for value, one in zip(values, found, strict=True) if one.right]
            wrong = [value for value, one in zip(values, found, strict=True) if not one.right]
            some = [value for value, one in zip(values, found, strict=True) if one.answerable]
            none = [value for value, one in zip(values, found, strict=True) if not one.answerable]
            print(
                f"{half}: {measure:<10} right hit above any other {auc(right, wrong):.1f}, "
                f"answerable above unanswerable {auc(some, none):.1f} (ROC AUC, {len(found)} hits)"
            )
        print(f"{half}: {_calibration(found)}")
        if half == "tuning":
            slope, middle = fitted(
                np.array([one.excess for one in found]),
                np.array([float(one.right) for one in found]),
            )
            print(f"{half}: fitted slope {slope:.2f}, middle {middle:.2f}")


def _calibration(found: list[Judged]) -> str:
    """Say how often hits of each band of confidence are right."""
    parts = []
    for low, high in ((0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01)):
        band = [one for one in found if low <= one.confidence < high]
        if band:
            right = 100 * sum(one.right for one in band) / len(band)
            parts.append(f"{100 * low:.0f}-{min(100, 100 * high):.0f}: {right:.0f} of {len(band)}")
    return "right, in percent, by confidence: " + ", ".join(parts)


if __name__ == "__main__":
    main()
