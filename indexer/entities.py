"""Named entities in a text: stretches of characters, and the tags of tokens they are learned as.

Tags are those of CoNLL (Ramshaw and Marcus, 1995): `B-PER` begins an entity, `I-PER` goes on with
it, `O` is none. What gives a token its tag is not known here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from indexer.segmentation import is_unspaced

OUTSIDE = "O"
# Other schemes' names for the beginning and the inside: of one token alone, and of the last.
_BEGINS, _GOES_ON = "BSU", "IEL"
_TAG = re.compile(f"([{_BEGINS}{_GOES_ON}])-(.+)")
_CLOSING = ",.;:!?…%"
_BLANKS = {
    "Pe": (False, True),
    "Pf": (False, True),
    "Ps": (True, False),
    "Pi": (True, False),
}


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """A name in a text: `text[start:end]`, of some kind such as "PER"."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """A text and the entities in it, in their order."""

    text: str
    entities: tuple[Entity, ...]


def tagged(words: Sequence[str], tags: Sequence[str]) -> Tagged:
    """Join the words of a sentence as they are written, and find the entities that tags name."""
    text, places = "", []
    for word in words:
        if text and _apart(text[-1], word):
            text += " "
        places.append((len(text), len(text) + len(word)))
        text += word
    return Tagged(text, tuple(_joined(places, tags)))


def read_tag(tag: str) -> tuple[bool, str] | None:
    """Return whether a tag begins an entity, and its kind; None where it is outside of any.

    :raises ValueError: if it is no tag.
    """
    if tag == OUTSIDE:
        return None
    found = _TAG.fullmatch(tag)
    if found is None:
        raise ValueError(tag)
    return found[1] in _BEGINS, found[2]


def tags_of(entities: Sequence[Entity], places: Iterable[tuple[int, int]]) -> list[str]:
    """Return the tags of tokens that stand at some places of a text, (start, end) in characters."""
    tags = []
    begun: set[Entity] = set()
    for start, end in places:
        one = next((one for one in entities if start < one.end and one.start < end), None)
        tags.append(OUTSIDE if one is None else f"{'I' if one in begun else 'B'}-{one.kind}")
        begun |= {one} if one else set()
    return tags


def entities_of(text: str, places: Sequence[tuple[int, int]], tags: Sequence[str]) -> list[Entity]:
    """Return the entities of a text whose tokens have these tags.

    A token that goes on with a word is what the word's first token is: no name ends inside a word.

    :param places: of the tokens, (start, end) in characters.
    """
    whole = list(tags)
    for at in range(1, len(whole)):
        if _same_word(text, places[at - 1][1], places[at][0]):
            before = read_tag(whole[at - 1])
            whole[at] = OUTSIDE if before is None else f"I-{before[1]}"
    found = []
    for one in _joined(places, whole):
        inside = text[one.start : one.end]
        start = one.start + len(inside) - len(inside.lstrip())
        if inside.strip():
            found.append(Entity(start, start + len(inside.strip()), one.kind))
    return found


def f1(found: Sequence[Sequence[Entity]], right: Sequence[Sequence[Entity]]) -> float:
    """Return the F1 of entities found, each counted where place and kind are both right: 0 to 1."""
    both = sum(len(set(one) & set(other)) for one, other in zip(found, right, strict=True))
    count = sum(map(len, found)) + sum(map(len, right))
    return 2 * both / count if count else 0.0


def _joined(places: Sequence[tuple[int, int]], tags: Sequence[str]) -> list[Entity]:
    entities: list[Entity] = []
    inside = False
    for (start, end), tag in zip(places, tags, strict=True):
        one = read_tag(tag)
        if one is not None and inside and not one[0] and entities[-1].kind == one[1]:
            entities[-1] = Entity(entities[-1].start, end, one[1])
        elif one is not None:
            entities.append(Entity(start, end, one[1]))
        inside = one is not None
    return entities


def _apart(last: str, word: str) -> bool:
    """Whether a blank stands between a character and a word after it."""
    if is_unspaced(last) or is_unspaced(word[0]):
        return False
    _, after = _BLANKS.get(unicodedata.category(last), (True, True))
    before, _ = _BLANKS.get(unicodedata.category(word[0]), (True, True))
    return after and before and word[0] not in _CLOSING


def _same_word(text: str, end: int, start: int) -> bool:
    """Whether no word ends between two tokens."""
    if end != start or not 0 < start < len(text):
        return False
    pair = text[start - 1], text[start]
    return all(one.isalnum() or unicodedata.category(one)[0] == "M" for one in pair) and not any(
        map(is_unspaced, pair)
    )
