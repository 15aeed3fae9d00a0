"""Text to unit vectors: the protocol, the catalog of known names and the encoders themselves."""

from indexer.encoders.catalog import load_encoder
from indexer.encoders.protocol import Encoder, EncoderSpec, TextKind, Vectors

__all__ = ["Encoder", "EncoderSpec", "TextKind", "Vectors", "load_encoder"]
