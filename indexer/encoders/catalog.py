"""The encoders known by name, and the one function that loads any of them."""

from dataclasses import dataclass
from functools import lru_cache

from indexer.encoders.protocol import Encoder
from indexer.errors import EncoderError
from indexer.resources import data_folder

DEFAULT_ENCODER = "embedded"


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What a person needs to know to choose an encoder.

    :param name: what `load_encoder` takes.
    :param summary: one line.
    :param licence: the licence of the weights.
    :param dimension: the width of its vectors.
    """

    name: str
    summary: str
    licence: str
    dimension: int


CATALOG = (
    CatalogEntry(
        name=DEFAULT_ENCODER,
        summary="static cross-lingual token vectors, ships with Crosstongue, needs no torch",
        licence="CC-BY-SA-4.0",
        dimension=256,
    ),
)


def load_encoder(name: str = DEFAULT_ENCODER) -> Encoder:
    """Load an encoder by name; the same name gives the same object.

    :param name: a name in `CATALOG`.
    :raises EncoderError: if the name is unknown or the encoder's files are damaged.
    """
    if name not in {entry.name for entry in CATALOG}:
        known = ", ".join(entry.name for entry in CATALOG)
        raise EncoderError(f"There is no encoder called {name!r}; choose one of: {known}.")
    return _load(name)


@lru_cache(maxsize=2)
def _load(name: str) -> Encoder:
    from indexer.encoders.embedded import EmbeddedEncoder

    return EmbeddedEncoder(data_folder() / name)
