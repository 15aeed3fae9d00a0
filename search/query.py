"""What a person types, taken apart: text to encode, words and phrases wanted, unwanted, filters.

Nothing typed is an error here: a lone quotation mark, a minus or a caret that means nothing is text
like any other. What a filter's value means is `query_filters`, which passages hold the words is
`lexical`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from indexer.encoders.protocol import Vectors

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
    "label": "label",
    "entity": "entity",
    "after": "after",
    "before": "before",
}
# A filter, whose value alone may stand in quotation marks; a phrase; or what stands between blanks.
_ITEM = re.compile(
    rf"(?<!\S)(?P<not>[-－−])?(?P<filter>(?i:{'|'.join(_FILTERS)}))[:：]"
    rf"(?:[{_MARKS}](?P<quoted>[^{_MARKS}]+)[{_MARKS}]|(?P<value>[^\s{_MARKS}]+))(?!\S)"
    rf"|(?:(?<!\S)(?P<sign>[-－−+＋]))?[{_MARKS}](?P<phrase>[^{_MARKS}]+)[{_MARKS}]"
    rf"(?P<weight>\^[\d.]+(?!\S))?|(?P<word>[^\s{_MARKS}]+)"
)
# A sign before a number is part of the number.
_SIGN = re.compile(r"[-－−+＋](?=[^\W\d_])")
_PLUS = "+＋"
# What is unwanted pushes less than what is wanted pulls, as in Rocchio's feedback: most of what its
# vector says, it shares with what is wanted.
UNWANTED_WEIGHT = -0.5
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

    :param name: what it is about: one of the values of `_FILTERS`.
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
    :param texts: where `+` or `-` sets something apart, the texts encoded one by one and their
        weights; else there is none, and `text` is encoded as a whole.
    :param vector: float32 [d], once the query is encoded.
    :param language: BCP-47 code and probability, once the query is encoded.
    """

    text: str
    wanted: tuple[Wanted, ...]
    unwanted: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    texts: tuple[tuple[str, float], ...] = ()
    vector: Vectors | None = field(default=None, compare=False, repr=False)
    language: tuple[str, float] | None = field(default=None, compare=False)

    @property
    def weighted(self) -> tuple[tuple[str, float], ...]:
        """The texts that are encoded, and their weights."""
        return self.texts or ((self.text, 1.0),)


def parse(text: str) -> Query:
    """Take a query apart: `"a phrase"`, `+word`, `-word`, `word^2`, `lang:de`, `-path:drafts/`.

    A query that names only what is unwanted is taken as it stands.

    :param text: as typed.
    """
    wanted: list[Wanted] = []
    together: list[Wanted] = []
    apart: list[Wanted] = []
    unwanted: list[Wanted] = []
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
            one = Wanted(phrase, _weight(f"x{item['weight'] or ''}")[1], phrase=True)
            sign = item["sign"]
        else:
            word = item["word"]
            begins = item.start() == 0 or text[item.start() - 1].isspace()
            sign = word[0] if begins and _SIGN.match(word) else None
            one = Wanted(*_weight(word[1:] if sign else word))
        if sign and sign not in _PLUS:
            unwanted.append(one)
            continue
        wanted.append(one)
        (apart if sign else together).append(one)
    if filters:
        text = (rest + text[end:]).strip()
    where = tuple(filters)
    if not wanted:
        return Query(text, (Wanted(text),), (), where)
    if not (unwanted or apart) and all(item.weight == 1 and not item.phrase for item in wanted):
        return Query(text, _joined(wanted), (), where)
    return Query(
        " ".join(item.text for item in wanted),
        _joined(wanted),
        tuple(item.text for item in unwanted),
        where,
        _texts(together, apart, unwanted),
    )


def plain(text: str) -> Query:
    """Return a text as a query in which no mark means anything, as for a passage or a file.

    :param text: any text.
    """
    return Query(text, (Wanted(text),))


def _texts(
    together: list[Wanted], apart: list[Wanted], unwanted: list[Wanted]
) -> tuple[tuple[str, float], ...]:
    if not (apart or unwanted):
        return ()
    joined = " ".join(item.text for item in together)
    return (
        *([(joined, 1.0)] if joined else []),
        *((item.text, item.weight) for item in apart),
        *((item.text, UNWANTED_WEIGHT * item.weight) for item in unwanted),
    )


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
