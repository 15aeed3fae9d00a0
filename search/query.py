"""What a person types, taken apart: the text to encode, words and phrases wanted, words unwanted.

Nothing typed is an error: a lone quotation mark, a minus or a caret that means nothing here is text
like any other. Which passages hold the words is `lexical`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Quotation marks as they are typed and as word processors make them, in the scripts that have them.
_MARKS = '"“”„‟«»「」『』'
# A phrase in quotation marks, or what stands between blanks.
_ITEM = re.compile(
    rf"(?:(?<!\S)(?P<without>[-－−]))?[{_MARKS}](?P<phrase>[^{_MARKS}]+)[{_MARKS}]"
    rf"(?P<weight>\^[\d.]+(?!\S))?|(?P<word>[^\s{_MARKS}]+)"
)
# A minus before a number is part of the number.
_WITHOUT = re.compile(r"[-－−](?=[^\W\d_])")
_WEIGHT = re.compile(r"(?<=.)\^(\d{1,3}(?:\.\d{1,3})?)\Z")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Text whose words are looked for.

    :param text: as typed.
    :param weight: how much they count beside the others; 1 unless the person says otherwise.
    :param phrase: whether they are to stand side by side.
    """

    text: str
    weight: float = 1.0
    phrase: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it is asked of an index.

    :param text: what is encoded: the query without what is unwanted, quotation marks and weights.
    :param wanted: what is looked for word by word, in the order of the query.
    :param unwanted: words or phrases that no passage found may hold.
    """

    text: str
    wanted: tuple[Wanted, ...]
    unwanted: tuple[str, ...] = ()


def parse(text: str) -> Query:
    """Take a query apart: `"a phrase"`, `-word`, `-"a phrase"`, `word^2`, `"a phrase"^0.5`.

    A query that names only what is unwanted is taken as it stands.

    :param text: as typed.
    """
    wanted: list[Wanted] = []
    unwanted: list[str] = []
    for item in _ITEM.finditer(text):
        phrase = item["phrase"]
        if phrase is not None:
            weight = _weight(f"x{item['weight'] or ''}")[1]
            if item["without"]:
                unwanted.append(phrase)
            else:
                wanted.append(Wanted(phrase, weight, phrase=True))
            continue
        word = item["word"]
        begins = item.start() == 0 or text[item.start() - 1].isspace()
        if begins and _WITHOUT.match(word):
            unwanted.append(word[1:])
        else:
            wanted.append(Wanted(*_weight(word)))
    if not wanted:
        return Query(text, (Wanted(text),))
    if not unwanted and all(item.weight == 1 and not item.phrase for item in wanted):
        return Query(text, _joined(wanted))
    return Query(" ".join(item.text for item in wanted), _joined(wanted), tuple(unwanted))


def _weight(word: str) -> tuple[str, float]:
    found = _WEIGHT.search(word)
    return (word[: found.start()], float(found[1])) if found else (word, 1.0)


def _joined(wanted: list[Wanted]) -> tuple[Wanted, ...]:
    """Join neighbours that nothing sets apart, for a passage as a query has thousands."""
    joined: list[list[Wanted]] = []
    for item in wanted:
        last = joined[-1][0] if joined else None
        if last and not (last.phrase or item.phrase) and last.weight == item.weight:
            joined[-1].append(item)
        else:
            joined.append([item])
    return tuple(
        Wanted(" ".join(item.text for item in some), some[0].weight, some[0].phrase)
        for some in joined
    )
