"""What a query's cosines are where nothing answers it: a sample of the index, by language.

Two corrections rest on it. Passages of some language lie nearer to a query than those of another,
whatever they say, so each language's mean is taken off before passages are compared (`offsets`).
And a cosine means something only beside those of passages that have nothing to do with the query
(`null`), because they lie in another narrow band for every encoder and every query.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from indexer.centres import Centres
from indexer.encoders.protocol import Vectors

# Passages sampled. More move the means by less than a tenth of what separates two hits.
SAMPLE = 2_048
# A language's mean is drawn towards that of all, as if so many more passages were sampled that lie
# there; a language of one passage would otherwise be measured against itself.
SHRINKING = 5
# Languages were never seen to differ by more; what goes beyond comes of what a language's documents
# are about (all law in German, all recipes in Japanese) and must not count against them.
LARGEST_OFFSET = 0.08
# Where the encoder brings a background of its own, it counts as so many passages of the sample: in
# an index of a few, or on one subject, passages that answer are a large part of the sample.
OWN_WEIGHT = 20
# Of a sample too small to have a deviation.
_USUAL_DEVIATION = 0.1

_SAMPLED = """
SELECT passages.id, coalesce(passages.language, ''), vectors.vector
FROM json_each(?) AS wanted
CROSS JOIN passages ON passages.id = wanted.value
CROSS JOIN vectors ON vectors.key = passages.vector_key
"""


@dataclass(frozen=True)
class Background:
    """A sample of an index.

    :param passages: how many passages the index held.
    :param vectors: float32 [n, d], unit rows; n may be 0.
    :param languages: the language of each row, "" where unknown.
    :param own: the mean vector [d] of unrelated texts that the encoder brings, and the deviation of
        cosines to them; None where it brings none.
    """

    passages: int
    vectors: Vectors
    languages: tuple[str, ...]
    own: tuple[Vectors, float] | None = None

    @classmethod
    def sampled(
        cls,
        connection: sqlite3.Connection,
        dimension: int,
        own: tuple[Vectors, float] | None,
        centres: Centres | None = None,
    ) -> Background:
        """Sample an index evenly, by id; vectors are those compared, without the centres."""
        first, last, passages = connection.execute(
            "SELECT coalesce(min(id), 0), coalesce(max(id), -1), count(*) FROM passages"
        ).fetchone()
        spread = np.linspace(first, last, SAMPLE) if last - first >= SAMPLE else None
        wanted = np.arange(first, last + 1) if spread is None else spread.astype(np.int64)
        rows = connection.execute(_SAMPLED, [json.dumps(wanted.tolist())]).fetchall()
        vectors = np.frombuffer(b"".join(row[2] for row in rows), "<f2").astype(np.float32)
        vectors = vectors.reshape(len(rows), dimension)
        languages = tuple(str(row[1]) for row in rows)
        if centres is not None and rows:
            vectors, own = centres.documents(vectors, languages), None
        return cls(int(passages), vectors, languages, own)

    @cached_property
    def _centres(self) -> tuple[list[str], Vectors, NDArray[np.float64]]:
        """Languages, their mean vectors less that of all languages, and how far each is trusted."""
        codes, which = np.unique(np.array(self.languages, dtype=object), return_inverse=True)
        counts = np.bincount(which, minlength=len(codes)).astype(np.float64)
        means = np.zeros((len(codes), self.vectors.shape[1]), np.float32)
        np.add.at(means, which, self.vectors)
        means /= counts[:, None].astype(np.float32)
        trust = counts / (counts + SHRINKING)
        middle = (trust / trust.sum()) @ means
        return codes.tolist(), (means - middle).astype(np.float32), trust

    def offsets(self, query: Vectors) -> dict[str, float]:
        """Return how much nearer a language's passages lie to a query than those of others.

        :param query: float32 [d], unit length.
        :return: language to what is to be taken off its cosines; a language not in it has 0.
        """
        if not self.languages:
            return {}
        codes, centres, trust = self._centres
        found = np.clip((centres @ query) * trust, -LARGEST_OFFSET, LARGEST_OFFSET)
        return dict(zip(codes, found.tolist(), strict=True))

    @cached_property
    def _mean(self) -> Vectors:
        count = len(self.vectors)
        total = self.vectors.sum(axis=0)
        if self.own is not None:
            total, count = total + OWN_WEIGHT * self.own[0], count + OWN_WEIGHT
        mean: Vectors = (total / max(1, count)).astype(np.float32)
        return mean

    @cached_property
    def deviation(self) -> float:
        """The deviation of cosines between passages that have nothing to do with each other.

        One for the whole index, not one a query: those of single queries are noisier than they
        differ.
        """
        count = len(self.vectors)
        found = 0.0
        if count > 1:
            # Half of the sample against the other half.
            between = self.vectors[0::2][:512] @ self.vectors[1::2][:512].T
            found = float(between.std())
        if self.own is not None:
            weight = OWN_WEIGHT / (OWN_WEIGHT + count)
            return weight * self.own[1] + (1 - weight) * found
        return found or _USUAL_DEVIATION

    def null(self, query: Vectors) -> float:
        """Return the mean cosine of a query to passages that have nothing to do with it."""
        return float(self._mean @ query)
