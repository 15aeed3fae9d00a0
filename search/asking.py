"""Queries made ready for a search: what a person types, or a file, checked and encoded.

Several queries are encoded in one call. How what is typed is taken apart is `query`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from indexer import paths
from indexer.encoders.protocol import Encoder, Vectors
from indexer.errors import QueryError, UnreadableFileError
from indexer.language_tags import UNDETERMINED
from search.query import Query, parse, plain

# What no keyboard types and no encoder knows: control characters and halves of surrogate pairs.
_UNSAYABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def typed(text: str) -> Query:
    """Take a query apart, without what cannot be encoded.

    :raises QueryError: if it is empty, or filters alone.
    """
    found = parse(_sayable(text))
    if found.filters and not found.text:
        raise QueryError("The query has filters alone; add what to look for.")
    return found


def passage(text: str) -> Query:
    """Return a text that is a query as a whole, whatever marks stand in it.

    :raises QueryError: if it is empty.
    """
    return plain(_sayable(text))


def file(path: str | Path) -> Query:
    """Return the text of a file of any format that is read, as a query; it need not be indexed.

    :raises QueryError: if it cannot be read.
    """
    from indexer.readers.registry import read

    try:
        return passage(read(Path(path)).text)
    except UnreadableFileError as error:
        raise QueryError(f"{paths.display(path)} cannot be the query: {error}.") from error
    except OSError as error:
        raise QueryError(f"{paths.display(path)} cannot be read ({error.strerror}).") from error


def encoded(queries: Sequence[Query], encoder: Encoder, languages: bool = True) -> list[Query]:
    """Encode queries and guess their languages, in one call of the encoder.

    A query of several texts has the direction of their weighted sum. A text longer than the encoder
    reads at once is the mean of its windows.

    :param languages: whether the languages are wanted, which take a third of the time.
    :return: the same queries, each with its vector; zeros where the encoder knows nothing of it.
    """
    texts = [text for query in queries for text, _ in query.weighted]
    # The language is that of the whole.
    wholes = [place for place, query in enumerate(queries) if query.texts and languages]
    asked = [*texts, *(queries[place].text for place in wholes)]
    if languages:
        vectors, guessed = _with_languages(asked, encoder)
    else:
        vectors, guessed = encoder.encode(asked, kind="query"), []
    whole_at = {place: len(texts) + at for at, place in enumerate(wholes)}
    found = []
    first = 0
    for place, query in enumerate(queries):
        weights = np.array([weight for _, weight in query.weighted], np.float32)
        rows = vectors[first : first + len(weights)]
        vector = unit(weights @ rows) if query.texts else rows[0]
        language = guessed[whole_at.get(place, first)] if guessed else query.language
        found.append(replace(query, vector=vector, language=language))
        first += len(weights)
    return found


def unit(vector: Vectors) -> Vectors:
    """Return a vector of unit length, or zeros for zeros."""
    length = float(np.linalg.norm(vector))
    return (vector / length if length > 0 else vector).astype(np.float32)


def _with_languages(texts: list[str], encoder: Encoder) -> tuple[Vectors, list[tuple[str, float]]]:
    both = getattr(encoder, "encode_with_languages", None)
    if both is None:
        return encoder.encode(texts, kind="query"), [(UNDETERMINED, 0.0)] * len(texts)
    vectors, languages = both(texts, kind="query")
    return vectors, [(str(language), float(probability)) for language, probability in languages]


def _sayable(text: str) -> str:
    if not text.strip():
        raise QueryError("The query is empty; ask a question or name a subject.")
    return _UNSAYABLE.sub(" ", text)
