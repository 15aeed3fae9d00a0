"""The language identifier: text to (BCP-47 tag, probability).

It is the embedded encoder's language dimensions under a classifier; training stands in
`indexer.training.languages`. Re-exported as `search.LanguageIdentifier`.
"""

from collections.abc import Sequence

from indexer.encoders.catalog import DEFAULT_ENCODER, load_encoder
from indexer.encoders.embedded import EmbeddedEncoder


class LanguageIdentifier:
    """Identifies the language of texts.

    :param encoder: holds the language dimensions.
    """

    def __init__(self, encoder: EmbeddedEncoder) -> None:
        self._encoder = encoder

    @classmethod
    def load(cls) -> "LanguageIdentifier":
        """Return the identifier that ships.

        :raises EncoderError: if its files are damaged.
        """
        encoder = load_encoder(DEFAULT_ENCODER)
        assert isinstance(encoder, EmbeddedEncoder)
        return cls(encoder)

    @property
    def languages(self) -> tuple[str, ...]:
        """The BCP-47 tags it knows."""
        return self._encoder.languages

    def identify(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """Identify the language of each text.

        :param texts: any strings.
        :return: (BCP-47 tag, probability between 0 and 1) a text; ("und", 0.0) where a text has
            no letters that are known.
        """
        return self._encoder.identify(texts)
