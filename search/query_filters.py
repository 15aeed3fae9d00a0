"""The filters that stand in a query, checked: which must let a passage through, and which must not.

`query` finds them, `filters` applies them; the arguments of a search are checked in `filters`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from indexer.errors import QueryError
from search.dates import nanoseconds
from search.filters import Filters
from search.query import Filter


def asked(found: Sequence[Filter]) -> tuple[Filters, tuple[Filters, ...]]:
    """Check the filters of a query.

    Several of a kind are alternatives, as after a comma; of dates the narrowest counts.

    :return: what must let a passage through, and those of which none may.
    :raises QueryError: if a value means nothing.
    """
    for one in found:
        if not one.value.strip(", "):
            raise QueryError(f"“{one.name}:{one.value}” names nothing; write it as `{one.name}:…`.")
    within = _filters([one for one in found if not one.without])
    return within, tuple(_filters([one]) for one in found if one.without)


def _filters(found: Sequence[Filter]) -> Filters:
    def values(name: str) -> list[str]:
        return [one.value for one in found if one.name == name]

    absolute = [path for path in values("path") if path.startswith("~") or Path(path).is_absolute()]
    return Filters.asked(
        languages=values("lang"),
        scripts=values("script"),
        folders=absolute,
        parts=[path.removeprefix("./") for path in values("path") if path not in absolute],
        types=values("type"),
        labels=values("label"),
        entities=values("entity"),
        after=_narrowest(values("after"), "after", max),
        before=_narrowest(values("before"), "before", min),
    )


def _narrowest(found: list[str], name: str, narrowest: Callable[..., str]) -> str | None:
    return narrowest(found, key=lambda when: nanoseconds(when, name)) if found else None
