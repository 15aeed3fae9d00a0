"""A few sentences under one encoder: how alike it finds them, and what it cuts them into.

What the Encoders page shows of a configuration; nothing here draws, and nothing here reaches the
network: an encoder that is not on this machine is told, not fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexer.encoders.catalog import CATALOG, DEFAULT_ENCODER, PLUS_ENCODER, CatalogEntry, has_plus
from indexer.encoders.protocol import (
    CutsPieces,
    Encoder,
    EncoderSpec,
    Vectors,
    WordPiece,
    can_explain,
)
from indexer.errors import CrosstongueError, EncoderError
from ui.encoder_choice import EncoderChoice

if TYPE_CHECKING:
    from indexer.encoders.masks import Filled
    from search.explaining import WordShare

# A matrix of more cells is no longer read, and its page no longer quick.
MOST_SENTENCES = 40
# Some four windows of a transformer: a trial is for sentences, and must not keep anyone waiting.
LONGEST_SENTENCE = 4_000
# How a mask may be written, and how many guesses are shown behind it.
_MASKS = ("[MASK]", "<mask>")
GUESSES = 5


@dataclass(frozen=True, slots=True)
class Trial:
    """Some sentences under one encoder.

    :param spec: of the encoder, with the pooling and layer that it took.
    :param similarities: the cosines of every two sentences, float32 [n, n]; 0 where one of them
        has no token.
    :param pieces: the word pieces of each sentence; empty lists where the encoder has none.
    :param shares: of each sentence but the first, what each word adds to its cosine to the first;
        empty where the encoder's pooling is no mean.
    :param filled: what stands behind the masks of sentences that have some, by their places; or
        the sentence that says why none can be guessed.
    """

    spec: EncoderSpec
    similarities: Vectors
    pieces: tuple[tuple[WordPiece, ...], ...]
    shares: tuple[tuple[WordShare, ...], ...] = ()
    filled: tuple[tuple[int, Filled], ...] | str = ()

    @property
    def nearest(self) -> tuple[int | None, ...]:
        """The place of the sentence most like each one, None where there is no other."""
        others = self.similarities.copy()
        np.fill_diagonal(others, -np.inf)
        if len(others) < 2:
            return (None,) * len(others)
        return tuple(int(place) for place in others.argmax(axis=1))


def sentences_of(text: str) -> list[str]:
    """Return the lines of a text that say something.

    :raises EncoderError: if there are more than a matrix can show, or one is too long.
    """
    sentences = [line.strip() for line in text.splitlines() if line.strip()]
    if not sentences:
        raise EncoderError("There is no sentence yet: write some, one a line.")
    if len(sentences) > MOST_SENTENCES:
        raise EncoderError(
            f"{len(sentences)} sentences are too many for one matrix: "
            f"compare {MOST_SENTENCES} at a time."
        )
    longest = max(map(len, sentences))
    if longest > LONGEST_SENTENCE:
        raise EncoderError(
            f"A line of {longest:,} characters is too long to compare: keep each below "
            f"{LONGEST_SENTENCE:,}."
        )
    return sentences


def is_here(entry: CatalogEntry) -> bool:
    """Whether an encoder of the catalog can be loaded without a network."""
    if entry.name == DEFAULT_ENCODER:
        return True
    if entry.name == PLUS_ENCODER:
        return has_plus()
    from indexer.encoders import checkpoint

    return checkpoint.is_here(entry.hub, entry.revision)


def try_encoder(choice: EncoderChoice, sentences: Sequence[str]) -> Trial:
    """Load an encoder and put sentences through it.

    :raises EncoderError: if it is not on this machine, or cannot be loaded as asked.
    """
    _check_here(choice.name or DEFAULT_ENCODER)
    encoder = choice.load()
    vectors = encoder.encode(sentences)
    found = encoder.pieces(sentences) if isinstance(encoder, CutsPieces) else [[]] * len(sentences)
    return Trial(
        encoder.spec,
        vectors @ vectors.T,
        tuple(map(tuple, found)),
        _shares(encoder, sentences),
        _filled(choice.name or DEFAULT_ENCODER, sentences),
    )


def _shares(encoder: Encoder, sentences: Sequence[str]) -> tuple[tuple[WordShare, ...], ...]:
    if len(sentences) < 2 or not can_explain(encoder):
        return ()
    from search.explaining import query_words, shares

    asked = query_words(sentences[0], encoder)
    return tuple(shares(sentences[1:], sentences[1:], asked, encoder))


def _filled(name: str, sentences: Sequence[str]) -> tuple[tuple[int, Filled], ...] | str:
    masked = [place for place, text in enumerate(sentences) if any(m in text for m in _MASKS)]
    if not masked:
        return ()
    from indexer.encoders.masks import load_mask_filler

    try:
        filler = load_mask_filler(name)
        return tuple((place, filler.fill(sentences[place], top=GUESSES)) for place in masked)
    except CrosstongueError as error:
        return str(error)


def _check_here(name: str) -> None:
    """Refuse what would have to be fetched: gigabytes, without a word and without an end in sight.

    :raises EncoderError: with the command that fetches it.
    """
    entry = next((entry for entry in CATALOG if name in (entry.name, entry.hub)), None)
    if entry is not None and entry.name in (DEFAULT_ENCODER, PLUS_ENCODER):
        return  # loading it says whether it is here
    from indexer.encoders import checkpoint

    hub, revision = (entry.hub, entry.revision) if entry is not None else (name, None)
    if not checkpoint.may_be_one(hub):
        return  # loading it says what there is
    checkpoint.require_packages(name)
    if hub.startswith(("/", "~")) or checkpoint.is_here(hub, revision):
        return
    at = f" --revision {revision}" if revision else ""
    size = f" ({entry.megabytes:,} MB)" if entry is not None else ""
    raise EncoderError(
        f"The encoder {name!r} is not on this machine, and the page fetches nothing: run "
        f"`hf download {hub}{at}` where there is a network{size}, then try again."
    )
