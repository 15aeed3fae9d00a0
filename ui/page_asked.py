"""What a person asks: the query and the filters, as the address of the page holds them.

The address can be reloaded, kept and passed on. Short names and plain values, so that a person can
read it too. Nothing here draws.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

# A server may refuse an address beyond some 8,000 characters, of which a letter of another script
# takes nine; a longer query works and is not kept in the address.
LONGEST_IN_ADDRESS = 800


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and its filters; an empty filter lets everything through.

    :param query: as typed.
    :param languages: BCP-47 codes.
    :param types: media types.
    :param folders: absolute paths.
    """

    query: str = ""
    languages: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    @classmethod
    def from_address(cls, parameters: Mapping[str, Sequence[str]]) -> "Asked":
        """Read the parameters of an address; what is not known there is passed over."""
        query = parameters.get("q") or [""]
        return cls(
            query[-1],
            tuple(parameters.get("lang", ())),
            tuple(parameters.get("type", ())),
            tuple(parameters.get("in", ())),
        )

    @property
    def address(self) -> dict[str, list[str]]:
        """The parameters that bring this back."""
        query = [self.query] if 0 < len(self.query) <= LONGEST_IN_ADDRESS else []
        folders = [folder for folder in self.folders if _is_text(folder)]
        named = {"q": query, "lang": self.languages, "type": self.types, "in": folders}
        return {name: list(values) for name, values in named.items() if values}

    @property
    def filtered(self) -> bool:
        """Whether any filter is set."""
        return bool(self.languages or self.types or self.folders)

    def within(
        self, languages: Sequence[str], types: Sequence[str], folders: Sequence[Path]
    ) -> "Asked":
        """Return this without the filters that the index has no documents for."""
        known = {str(folder) for folder in folders}
        return replace(
            self,
            languages=tuple(language for language in self.languages if language in languages),
            types=tuple(type_ for type_ in self.types if type_ in types),
            folders=tuple(folder for folder in self.folders if folder in known),
        )


def _is_text(path: str) -> bool:
    """Whether a path's bytes are UTF-8; another one has no spelling in an address."""
    return not any("\ud800" <= char <= "\udfff" for char in path)
