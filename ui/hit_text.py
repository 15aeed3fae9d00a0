"""Hits as lines for a person and as values for a program."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from search.hits import Hit, PassageHit
from ui.output import bold, isolated, safe, wrapped
from ui.safe_text import shown_path

# Room for a rank of two digits and a blank.
_INDENT = "   "


def lines(rank: int, hit: Hit) -> Iterator[str]:
    """Draw a hit: its rank, title, language and cosine, then where it is, then the snippet."""
    passage = hit.passage
    title = isolated(safe(hit.title or "")) or isolated(shown_path(hit.path.name))
    line = f"{rank:>2} {bold(title)}  [{safe(passage.language)}]  {_cosine(hit.cosine)}"
    yield line.rstrip()
    yield _INDENT + "  ".join(place(hit, passage))
    yield from wrapped(safe(passage.snippet), _INDENT)


def place(hit: Hit, passage: PassageHit) -> Iterator[str]:
    """Name the file and passage (as `crosstongue similar` takes them), the page and the heading."""
    yield isolated(f"{shown_path(hit.path)}#{passage.ordinal}")
    if passage.page is not None:
        yield f"page {passage.page}"
    if passage.heading:
        yield f"§ {isolated(safe(passage.heading))}"


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
            "confidence": hit.confidence,
            "passages": [_passage_values(passage) for passage in hit.passages],
        }
        for rank, hit in enumerate(hits, 1)
    ]


def _cosine(cosine: float | None) -> str:
    return "" if cosine is None else f"{cosine:.3f}"


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
    }
