"""The best passages of a page of hits: their snippets, and why they matched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from indexer.encoders.protocol import Encoder, TokenVectors, Vectors, can_explain
from indexer.passage_sentences import Span
from search.columns import Ids
from search.explaining import WordShare, placed, query_words, shares
from search.snippets import best_spans

# Passages whose words are met beforehand: 50,000 take some four seconds of one core, and of more
# the words that are not among theirs are seldom met.
MET = 50_000
_AT_ONCE = 64

_TEXTS = """
SELECT passages.text FROM json_each(?) AS wanted
CROSS JOIN passages ON passages.id = wanted.value
"""


def meet_words(connection: sqlite3.Connection, encoder: Encoder | None, ids: Ids) -> None:
    """Let an encoder that keeps words meet those of an index, before a page of hits needs them.

    :param ids: int64 [n], all passages; of more than 50,000 so many are read, spread evenly.
    """
    meet = getattr(encoder, "meet_words", None)
    if meet is None:
        return
    chosen = ids[:: -(-len(ids) // MET) or 1].tolist()
    for first in range(0, len(chosen), _AT_ONCE):
        wanted = json.dumps(chosen[first : first + _AT_ONCE])
        texts = [row[0] for row in connection.execute(_TEXTS, [wanted])]
        if not meet(texts):
            return


def read(
    texts: Sequence[str],
    embedded: Sequence[str],
    encoder: Encoder,
    query: Vectors,
    asked: Sequence[tuple[str, float]] = (),
    compared: tuple[Vectors, Vectors] | None = None,
    told: Sequence[Vectors | None] = (),
) -> tuple[list[Span], list[tuple[WordShare, ...]]]:
    """Return the snippet of each passage, and its words with their shares.

    :param texts: the passages as they are shown.
    :param embedded: the same as they were embedded, after title and heading.
    :param encoder: of the index.
    :param query: float32 [d], the query's unit vector.
    :param asked: its texts with their weights, if the shares are wanted.
    :param compared: float32 [d] and [n, d], the vectors that were compared, where they are not
        those that the encoder made of the query and of the passages.
    :param told: of each passage, the cosines of its sentences; None where they are not at hand.
    """
    explaining = encoder if can_explain(encoder) else None
    tokens: list[TokenVectors] | None = None
    own: list[TokenVectors | None] = []
    at_hand = bool(told) and all(cosines is not None for cosines in told)
    # The words of a text in context are all near its query; a sentence says more by itself.
    if explaining and not getattr(encoder, "contextual", False) and (asked or not at_hand):
        tokens = explaining.token_vectors(embedded, kind="document")
        own = list(map(placed, texts, embedded, tokens))
    chosen = best_spans(texts, query, encoder, own, told)
    if not explaining or not asked:
        return chosen, [()] * len(chosen)
    target, targets = compared or (None, None)
    words = query_words(asked, explaining, target)
    return chosen, shares(texts, embedded, words, explaining, targets, tokens)
