"""What a person types, taken apart: text to encode, words and phrases wanted, unwanted, filters.

Nothing typed is an error here: a lone quotation mark, a minus or a caret that means nothing is text
like any other. What a filter's value means is `query_filters`, which passages hold the words is
`lexical`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Quotation marks as they are typed and as word processors make them, in the scripts that have them.
_MARKS = '"“”„‟«»「」『』'
# What a filter may be called, and what it is.
_FILTERS = {
    "lang": "lang",
    "language": "lang",
    "script": "script",
    "path": "path",
    "folder": "path",
    "type": "type",
    "after": "after",
    "before": "before",
}
# A filter, whose value alone may stand in quotation marks; a phrase; or what stands between blanks.
_ITEM = re.compile(
    rf"(?<!\S)(?P<not>[-－−])?(?P<filter>(?i:{'|'.join(_FILTERS)}))[:：]"
    rf"(?:[{_MARKS}](?P<quoted>[^{_MARKS}]+)[{_MARKS}]|(?P<value>[^\s{_MARKS}]+))(?!\S)"
    rf"|(?:(?<!\S)(?P<without>[-－−]))?[{_MARKS}](?P<phrase>[^{_MARKS}]+)[{_MARKS}]"
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
class Filter:
    """A filter as it stands in a query, such as `lang:de,ja`.

    :param name: "lang", "script", "path", "type", "after" or "before".
    :param value: as typed, without quotation marks.
    :param without: whether it keeps out what it names.
    """

    name: str
    value: str
    without: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it is asked of an index.

    :param text: what is encoded: the query without what is unwanted, quotation marks, weights and
        filters; "" for filters alone.
    :param wanted: what is looked for word by word, in the order of the query.
    :param unwanted: words or phrases that no passage found may hold.
    :param filters: where is searched.
    """

    text: str
    wanted: tuple[Wanted, ...]
    unwanted: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()


def parse(text: str) -> Query:
    """Take a query apart: `"a phrase"`, `-word`, `word^2`, `lang:de`, `-path:"old reports/"`.

    A query that names only what is unwanted is taken as it stands.

    :param text: as typed.
    """
    wanted: list[Wanted] = []
    unwanted: list[str] = []
    filters: list[Filter] = []
    rest, end = "", 0
    for item in _ITEM.finditer(text):
        if item["filter"]:
            name = _FILTERS[item["filter"].lower()]
            filters.append(Filter(name, item["quoted"] or item["value"], bool(item["not"])))
            rest, end = rest + text[end : item.start()].rstrip(), item.end()
            continue
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
    if filters:
        text = (rest + text[end:]).strip()
    where = tuple(filters)
    if not wanted:
        return Query(text, (Wanted(text),), (), where)
    if not unwanted and all(item.weight == 1 and not item.phrase for item in wanted):
        return Query(text, _joined(wanted), (), where)
    return Query(" ".join(item.text for item in wanted), _joined(wanted), tuple(unwanted), where)


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
