"""What a search returns: one hit a document, with the passages that matched.

Plain frozen values that the command line and the page draw. How they are found and ordered is not
decided here.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from search.explaining import WordShare


@dataclass(frozen=True, slots=True)
class PassageHit:
    """One matched passage of a document.

    :param id: the passage's id in the index, never reused.
    :param ordinal: its position in the document, from 0; `crosstongue similar FILE#ordinal`.
    :param text: the passage as the document has it.
    :param start: where it begins in the document's text, in characters.
    :param end: where it ends.
    :param page: the page it begins on, or None where the format has no pages.
    :param heading: the headings above it, joined by " › ", or None.
    :param language: its BCP-47 code, "und" where unknown.
    :param cosine: its cosine similarity to the query; None where the query has no vector.
    :param snippet: the sentence or two of `text` nearest to the query, exactly as they stand; the
        first sentence where the document has a better passage.
    :param snippet_start: where the snippet begins in the document's text, in characters.
    :param words: each word's share of the cosine, title and heading first; only where a search was
        asked to explain, and of a document's best passage.
    :param reranked: what the reranker gave it, in its own unit; None where it was not read.
    :param entities: the names in it and their kinds, such as ("Paris", "LOC"), the most frequent
        first; none where no head finds any.
    """

    id: int
    ordinal: int
    text: str
    start: int
    end: int
    page: int | None
    heading: str | None
    language: str
    cosine: float | None
    snippet: str
    snippet_start: int
    words: tuple[WordShare, ...] = ()
    reranked: float | None = None
    entities: tuple[tuple[str, str], ...] = ()

    @property
    def snippet_end(self) -> int:
        """Where the snippet ends in the document's text, in characters."""
        return self.snippet_start + len(self.snippet)


@dataclass(frozen=True, slots=True)
class Hit:
    """One document that answers a query.

    :param path: the file, absolute.
    :param title: the title the file gives, or None.
    :param media_type: such as "text/markdown", or None where unknown.
    :param modified: when the file was last changed, in local time.
    :param language: the document's BCP-47 code, "und" where unknown.
    :param score: orders the hits of one search and means nothing beside another search's.
    :param cosine: the cosine similarity of the best passage to the query; None where the query has
        no vector, because the index's encoder has changed.
    :param confidence: how sure it is that the document answers, from 0 to 1.
    :param copies: documents that say nearly the same in the same language, and are no hits.
    :param passages: the matched passages, best first; never empty.
    :param labels: the labels the document has, the clearest first.
    :param languages: the languages of its passages, with the share of them each is in, the largest
        first; passages whose language is a guess are left out.
    """

    path: Path
    title: str | None
    media_type: str | None
    modified: datetime
    language: str
    score: float
    cosine: float | None
    confidence: float
    copies: tuple[Path, ...]
    passages: tuple[PassageHit, ...]
    labels: tuple[str, ...] = ()
    languages: tuple[tuple[str, float], ...] = ()

    @property
    def passage(self) -> PassageHit:
        """The best matched passage."""
        return self.passages[0]
