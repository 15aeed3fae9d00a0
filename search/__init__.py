"""A query to ranked passages, across languages.

The public names load when they are first used, so that importing this package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indexer.languages import LanguageIdentifier
    from search.hits import Hit, PassageHit
    from search.reranking import Reranker
    from search.searcher import Searcher

_HOMES = {
    "Hit": "search.hits",
    "LanguageIdentifier": "indexer.languages",
    "PassageHit": "search.hits",
    "Reranker": "search.reranking",
    "Searcher": "search.searcher",
}

__all__ = ["Hit", "LanguageIdentifier", "PassageHit", "Reranker", "Searcher"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
