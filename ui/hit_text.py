"""Hits as lines for a person and as values for a program."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from search.explaining import WordShare, strongest
from search.hits import Hit, PassageHit
from ui.output import bold, isolated, safe, wrapped
from ui.safe_text import shown_path

# Room for a rank of two digits and a blank.
_INDENT = "   "
# Words named to say why a passage matched.
_MOST_WORDS = 5
_MOST_NAMES = 8


def lines(rank: int, hit: Hit) -> Iterator[str]:
    """Draw a hit: rank, title, language and confidence, where it is, the snippet, and why."""
    passage = hit.passage
    title = isolated(safe(hit.title or "")) or isolated(shown_path(hit.path.name))
    yield f"{rank:>2} {bold(title)}  [{safe(passage.language)}]  {percent(hit.confidence)}"
    yield _INDENT + "  ".join(place(hit, passage))
    yield from wrapped(safe(passage.snippet), _INDENT)
    if len(hit.languages) > 1:
        shares = (f"{safe(language)} {percent(share)}" for language, share in hit.languages)
        yield f"{_INDENT}languages: " + ", ".join(shares)
    if hit.labels:
        yield f"{_INDENT}labels: " + ", ".join(isolated(safe(label)) for label in hit.labels)
    if passage.entities:
        named = passage.entities[:_MOST_NAMES]
        names = (f"{isolated(safe(name))} ({safe(kind)})" for name, kind in named)
        yield f"{_INDENT}names: " + ", ".join(names)
    if hit.copies:
        more = "1 document says" if len(hit.copies) == 1 else f"{len(hit.copies)} documents say"
        yield f"{_INDENT}{more} nearly the same: " + ", ".join(map(shown_path, hit.copies[:3]))
    if why := "  ".join(_why(passage)):
        yield from wrapped(f"why: {why}", _INDENT)


def percent(confidence: float) -> str:
    """Show a confidence on a scale from 0 to 100."""
    return f"{100 * confidence:.0f} %"


def _why(passage: PassageHit) -> Iterator[str]:
    for word in strongest(passage.words, _MOST_WORDS):
        pair = f"{isolated(safe(word.text))} = {isolated(safe(word.answers or ''))}"
        yield f"{pair} ({word.share:.2f})"


def place(hit: Hit, passage: PassageHit) -> Iterator[str]:
    """Name the file and passage (as `crosstongue similar` takes them), the page and the heading."""
    yield isolated(f"{shown_path(hit.path)}#{passage.ordinal}")
    if passage.page is not None:
        yield f"page {passage.page}"
    if passage.heading:
        yield f"§ {isolated(safe(passage.heading))}"


def answer_values(
    query: str, language: tuple[str, float], notice: str | None, hits: list[Hit]
) -> dict[str, Any]:
    """Return what was asked and the hits as JSON has them.

    :param language: of the query, and its probability.
    :param notice: what a person must know about the answer.
    """
    said = {"language": language[0], "probability": round(language[1], 4)}
    return {"query": query, "query_language": said, "notice": notice, "hits": values(hits)}


def values(hits: list[Hit]) -> list[dict[str, Any]]:
    """Return hits as JSON has them; `uri` opens a file whose name is no text."""
    return [
        {
            "rank": rank,
            "path": shown(hit.path),
            "uri": hit.path.as_uri(),
            "title": hit.title,
            "media_type": hit.media_type,
            "modified": hit.modified.isoformat(timespec="seconds"),
            "language": hit.language,
            "score": round(hit.score, 6),
            "cosine": _rounded(hit.cosine),
            "confidence": round(hit.confidence, 4),
            "languages": {language: round(share, 4) for language, share in hit.languages},
            "labels": list(hit.labels),
            "copies": [shown(path) for path in hit.copies],
            "passages": [_passage_values(passage) for passage in hit.passages],
        }
        for rank, hit in enumerate(hits, 1)
    ]


def _rounded(cosine: float | None) -> float | None:
    return None if cosine is None else round(cosine, 6)


def shown(path: Path) -> str:
    """Return a path as JSON text."""
    return str(path).encode("utf-8", "replace").decode()


def _passage_values(passage: PassageHit) -> dict[str, Any]:
    return {
        "ordinal": passage.ordinal,
        "start": passage.start,
        "end": passage.end,
        "page": passage.page,
        "heading": passage.heading,
        "language": passage.language,
        "cosine": _rounded(passage.cosine),
        "snippet": passage.snippet,
        "snippet_start": passage.snippet_start,
        "snippet_end": passage.snippet_end,
        "text": passage.text,
        "reranked": _rounded(passage.reranked),
        "entities": [{"name": name, "kind": kind} for name, kind in passage.entities],
    } | ({"words": [_word_values(word) for word in passage.words]} if passage.words else {})


def _word_values(word: WordShare) -> dict[str, Any]:
    return {
        "text": word.text,
        "start": word.start,
        "share": round(word.share, 6),
        "answers": word.answers,
    }
