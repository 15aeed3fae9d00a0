"""What a search finds, by meaning, by words and by both, by language pair.

    python -m benchmarks.quality [TATOEBA] [--json]

Sample queries: how far up each document that answers stands, the others that answer left out, by
the query's and the document's language. With a folder of Tatoeba's test sets: sentences of many
languages in one pool, each asked for its translation, by the query's language, and what stands
above the translation in that language; the same without taking off what a language adds to cosines
(raw), in all languages and within one. Queries that nothing answers: how well confidence tells
their first hits from right ones. The closing half of the sample queries gives these figures alone.
"""

import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any, get_args

from benchmarks.confidence import auc
from benchmarks.hybrid import samples
from benchmarks.samples import SampleQuery, sample_documents, sample_queries
from indexer import Index, load_encoder, sync
from indexer.parallel_text import XTREME_LANGUAGES
from search import Searcher, asking
from search.searcher import Mode

MODES: tuple[Mode, ...] = get_args(Mode)
LIMIT = 40
# Sentences of a language in the pool: of 36 languages, 7,200 documents.
SENTENCES = 100


def main() -> None:
    """Print the figures as tables, or as JSON."""
    folders = [Path(one) for one in sys.argv[1:] if one != "--json" and Path(one).is_dir()]
    found: dict[str, Any] = {"samples": sample_figures()}
    if folders:
        found["pool"] = pool_figures(folders[0])
    if "--json" in sys.argv:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for half in ("tuning", "closing"):
        print(f"sample queries, {half} half: mean reciprocal rank; confidence, ROC AUC")
        for mode, figures in found["samples"][half].items():
            sure = "none found" if figures["auc"] is None else f"{figures['auc']:5.1f}"
            print(f"  {mode:8} {figures['all']:5.1f}; {sure}")
            best = sorted(figures["pairs"].items(), key=lambda one: -one[1])
            for name, some in (("best", best[:6]), ("worst", best[-6:])):
                print(f"    {name}: " + ", ".join(f"{pair} {value:.0f}" for pair, value in some))
    if folders:
        print(
            "pool of Tatoeba's sentences: mean reciprocal rank; of what stands above, own language"
        )
        for mode, figures in found["pool"].items():
            print(f"  {mode:25} {figures['all']:5.1f}; {figures['own']:5.1f}")
            print("    " + ", ".join(f"{code} {v:.0f}" for code, v in figures["languages"].items()))


def sample_figures() -> dict[str, Any]:
    """Return mean reciprocal ranks in percent, in all and by language pair, and the ROC AUC."""
    languages = {row["path"]: row["language"] for row in sample_documents()}
    found: dict[str, Any] = {"tuning": {}, "closing": {}}
    with samples() as (searcher, folder):
        for mode in MODES:
            by_half: dict[str, list[tuple[str, float]]] = defaultdict(list)
            sure: dict[str, dict[bool, list[float]]] = {
                half: {True: [], False: []} for half in found
            }
            for query in sample_queries():
                ranked = [
                    (hit.path.relative_to(folder).as_posix(), hit.confidence)
                    for hit in searcher.search(query.query, limit=LIMIT, mode=mode)
                ]
                by_half[query.half] += _by_pair(query, [name for name, _ in ranked], languages)
                for answerable in (True, False):
                    first = [one for one in ranked if answerable or one[0] not in query.answers][:1]
                    for name, confidence in first:
                        is_right = answerable and name in query.answers
                        sure[query.half][is_right].append(confidence)
            for half, pairs in by_half.items():
                values: dict[str, list[float]] = defaultdict(list)
                for pair, value in pairs:
                    values[pair].append(value)
                right, wrong = sure[half][True], sure[half][False]
                found[half][mode] = {
                    "all": 100 * mean(value for _, value in pairs),
                    "auc": auc(right, wrong) if right and wrong else None,
                    "pairs": {pair: 100 * mean(some) for pair, some in sorted(values.items())},
                }
    return found


def _by_pair(
    query: SampleQuery, names: list[str], languages: dict[str, str]
) -> Iterator[tuple[str, float]]:
    """Yield the reciprocal rank of each answer among all that do not answer."""
    for answer in sorted(query.answers):
        others = [name for name in names if name == answer or name not in query.answers]
        rank = others.index(answer) + 1 if answer in others else 0
        yield f"{query.language}-{languages[answer]}", 1 / rank if rank else 0.0


def pool_figures(folder: Path) -> dict[str, Any]:
    """Index sentences and their English translations in one pool; ask each for its translation."""
    texts: dict[str, str] = {}
    pairs: list[tuple[str, str, str]] = []  # language, name of the query's file, of the answer's
    for code in XTREME_LANGUAGES:
        stem = f"tatoeba.{code}-eng"
        both = [(folder / f"{stem}.{end}").read_text("utf-8").split("\n") for end in (code, "eng")]
        for number in range(SENTENCES):
            names = [f"{end}/{code}-{number}.txt" for end in (code, "eng")]
            texts.update(zip(names, (side[number] for side in both), strict=True))
            pairs.append((code, names[0], names[1]))
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "pool"
        for name, text in texts.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        with Index.create(Path(place) / "index", encoder=load_encoder()) as index:
            sync(index, root)
            even, raw = Searcher(index), Searcher(index, even=False)
            ways: dict[str, tuple[Searcher, Mode, str | None]] = {
                **{mode: (even, mode, None) for mode in MODES},
                "hybrid, raw": (raw, "hybrid", None),
                "dense, raw": (raw, "dense", None),
                "dense, English alone": (even, "dense", "en"),
                "dense, English alone, raw": (raw, "dense", "en"),
            }
            return {name: _pooled(root, texts, pairs, *way) for name, way in ways.items()}


def _pooled(
    root: Path,
    texts: dict[str, str],
    pairs: list[tuple[str, str, str]],
    searcher: Searcher,
    mode: Mode,
    language: str | None,
) -> dict[str, Any]:
    """Return the figures of one way to search.

    :param language: of the passages that are searched; None searches all.
    """
    ranks: dict[str, list[float]] = defaultdict(list)
    own: list[float] = []
    for code, asked, answer in pairs:
        query = asking.passage(texts[asked])
        hits = searcher.search(query, limit=LIMIT, languages=language, mode=mode)
        names = [hit.path.relative_to(root).as_posix() for hit in hits]
        names = [name for name in names if texts[name] != texts[asked]]
        # The same English sentence may stand with several languages.
        right = [at for at, name in enumerate(names, 1) if texts[name] == texts[answer]]
        ranks[code].append(1 / right[0] if right else 0.0)
        above = names[: right[0] - 1] if right else names
        if above:
            own.append(sum(name.startswith(f"{code}/") for name in above) / len(above))
    return {
        "all": 100 * mean(value for some in ranks.values() for value in some),
        "own": 100 * mean(own) if own else 0.0,
        "languages": {code: 100 * mean(some) for code, some in ranks.items()},
    }


if __name__ == "__main__":
    main()
