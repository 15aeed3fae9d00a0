"""What a person asks: the query and the filters, as the address of the page holds them.

The address can be reloaded, kept and passed on. Short names and plain values, so that a person can
read it too. Nothing here draws.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from search import Hit, Searcher

# A server may refuse an address beyond some 8,000 characters, of which a letter of another script
# takes nine; a longer query works and is not kept in the address.
LONGEST_IN_ADDRESS = 800
# What SQLite can hold as an id.
_ID = re.compile("[0-9]{1,18}", re.ASCII)
# The dates that can be chosen; no file system stamps a file earlier.
EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and its filters; an empty filter lets everything through.

    :param query: as typed.
    :param languages: BCP-47 codes.
    :param types: media types.
    :param folders: absolute paths.
    :param after: the file was last changed on this date or later.
    :param before: the file was last changed before this date.
    :param balance: whether the hits are spread over languages.
    :param words: whether words are searched beside meaning.
    :param labels: labels of the index.
    :param entities: names that a head of the index found.
    :param like: a passage's id; what is like it is looked for instead of what answers the query.
    """

    query: str = ""
    languages: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    after: date | None = None
    before: date | None = None
    balance: bool = False
    words: bool = True
    like: int | None = None
    labels: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()

    @classmethod
    def from_address(cls, parameters: Mapping[str, Sequence[str]]) -> "Asked":
        """Read the parameters of an address; what is not known there is passed over."""
        query, after, before, balance, words, like = (
            (parameters.get(name) or [""])[-1]
            for name in ("q", "after", "before", "balance", "words", "like")
        )
        return cls(
            query,
            tuple(parameters.get("lang", ())),
            tuple(parameters.get("type", ())),
            tuple(parameters.get("in", ())),
            _date(after),
            _date(before),
            balance == "1",
            words != "0",
            int(like) if _ID.fullmatch(like) else None,
            tuple(parameters.get("label", ())),
            tuple(parameters.get("entity", ())),
        )

    @property
    def address(self) -> dict[str, list[str]]:
        """The parameters that bring this back."""
        query = [self.query] if 0 < len(self.query) <= LONGEST_IN_ADDRESS else []
        folders = [folder for folder in self.folders if _is_text(folder)]
        named = {
            "q": query,
            "lang": self.languages,
            "type": self.types,
            "in": folders,
            "label": self.labels,
            "entity": self.entities,
            "after": [str(self.after)] if self.after else [],
            "before": [str(self.before)] if self.before else [],
            "balance": ["1"] if self.balance else [],
            "words": [] if self.words else ["0"],
            "like": [] if self.like is None else [str(self.like)],
        }
        return {name: list(values) for name, values in named.items() if values}

    @property
    def filtered(self) -> bool:
        """Whether any filter is set."""
        documents = self.types or self.folders or self.labels or self.entities
        return bool(self.languages or documents)

    def within(
        self,
        languages: Sequence[str],
        types: Sequence[str],
        folders: Sequence[Path],
        labels: Sequence[str] = (),
        entities: Sequence[str] = (),
    ) -> "Asked":
        """Return this without the filters that the index has no documents for."""
        known = {str(folder) for folder in folders}
        return replace(
            self,
            languages=tuple(language for language in self.languages if language in languages),
            types=tuple(type_ for type_ in self.types if type_ in types),
            folders=tuple(folder for folder in self.folders if folder in known),
            labels=tuple(label for label in self.labels if label in labels),
            entities=tuple(name for name in self.entities if name in entities),
        )


def answers(
    searcher: "Searcher", asked: Asked, limit: int, *, explain: bool = False
) -> "list[Hit]":
    """Search for what is asked.

    :raises CrosstongueError: as `Searcher.search`.
    """
    return searcher.search(
        asked.query,
        limit=limit,
        languages=asked.languages or None,
        types=asked.types or None,
        folders=asked.folders or None,
        labels=asked.labels or None,
        entities=asked.entities or None,
        after=asked.after,
        before=asked.before,
        mode="hybrid" if asked.words else "dense",
        balance=asked.balance,
        explain=explain,
    )


def _is_text(path: str) -> bool:
    """Whether a path's bytes are UTF-8; another one has no spelling in an address."""
    return not any("\ud800" <= char <= "\udfff" for char in path)


def _date(written: str) -> date | None:
    with suppress(ValueError):
        read = date.fromisoformat(written)
        return read if EARLIEST <= read <= LATEST else None
    return None
