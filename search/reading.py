"""The best passages of a page of hits: their snippets, and why they matched.

To cut passages into tokens is most of the work, and Python takes no part in it, so it goes on
beside what Python does for the same page.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future

from indexer.encoders.protocol import Encoder, TokenVectors, Vectors, can_explain
from indexer.segmentation import word_bounds
from search.explaining import WordShare, placed, query_words, shares
from search.snippets import Span, best_spans, choosable


class Reading:
    """Passages that are being read.

    :param texts: the passages as they are shown.
    :param embedded: the same as they were embedded, after title and heading.
    :param encoder: of the index.
    :param beside: runs what goes on beside.
    """

    def __init__(
        self, texts: Sequence[str], embedded: Sequence[str], encoder: Encoder, beside: Executor
    ) -> None:
        self._texts, self._embedded, self._encoder = texts, embedded, encoder
        self._explaining = encoder if can_explain(encoder) else None
        self._begun: Future[list[TokenVectors]] | None = None
        if self._explaining and getattr(encoder, "works_beside", False):
            self._begun = beside.submit(self._explaining.token_vectors, embedded, kind="document")

    def done(
        self,
        query: Vectors,
        asked: Sequence[tuple[str, float]] = (),
        compared: tuple[Vectors, Vectors] | None = None,
    ) -> tuple[list[Span], list[tuple[WordShare, ...]]]:
        """Return the snippet of each passage, and its words with their shares.

        :param query: float32 [d], the query's unit vector.
        :param asked: its texts with their weights, if the shares are wanted.
        :param compared: float32 [d] and [n, d], the vectors that were compared, where they are not
            those that the encoder made of the query and of the passages.
        """
        # What needs no tokens comes first.
        spans = list(map(choosable, self._texts))
        explaining = self._explaining if asked else None
        target, targets = compared or (None, None)
        if explaining:
            words = query_words(asked, explaining, target)
            spaced = list(map(word_bounds, self._embedded))
        tokens = self._tokens()
        own: list[TokenVectors | None] = []
        if tokens is not None:
            own = list(map(placed, self._texts, self._embedded, tokens))
        chosen = best_spans(self._texts, query, self._encoder, own, spans)
        if not explaining:
            return chosen, [()] * len(chosen)
        found = shares(self._texts, self._embedded, words, explaining, targets, tokens, spaced)
        return chosen, found

    def _tokens(self) -> list[TokenVectors] | None:
        """Return the passages' tokens, or None where snippets are not chosen by them."""
        if self._begun is not None:
            return self._begun.result()
        # The words of a text in context are all near its query; a sentence says more by itself.
        if self._explaining and not getattr(self._encoder, "contextual", False):
            return self._explaining.token_vectors(self._embedded, kind="document")
        return None
