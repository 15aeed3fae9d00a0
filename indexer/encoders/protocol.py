"""What an encoder is: a name written into the index, and text to unit vectors.

Nothing here loads a model; the embedded encoder and the transformer encoder stand in modules of
their own and satisfy this protocol.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol, TypeGuard, runtime_checkable

import numpy as np
from numpy.typing import NDArray

TextKind = Literal["query", "document"]
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """Everything that decides what vectors an encoder gives; its hash is the fingerprint.

    :param name: what `load_encoder` takes, such as "embedded".
    :param revision: the checkpoint's revision, or the artifact's checksum.
    :param dimension: the width of the vectors.
    :param pooling: how token vectors become one vector.
    :param layer: the hidden layer pooled, several that are averaged, or None where the encoder has
        none or the pooling has its own.
    :param query_prompt: text put before a query.
    :param document_prompt: text put before a passage.
    """

    name: str
    revision: str
    dimension: int
    pooling: str = "mean"
    layer: int | tuple[int, ...] | None = None
    query_prompt: str = ""
    document_prompt: str = ""

    def prompt(self, kind: TextKind) -> str:
        """Return what is put before a text of a kind."""
        return self.query_prompt if kind == "query" else self.document_prompt

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that differ whenever vectors may differ."""
        return _fingerprint(self)


@lru_cache(maxsize=64)
def _fingerprint(spec: EncoderSpec) -> str:
    canonical = json.dumps(asdict(spec), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


class WordPiece(NamedTuple):
    """A piece that a tokenizer cut off a text.

    `text` is as the vocabulary spells it, `known` whether the vocabulary has it: a piece it lacks
    says nothing to the encoder.
    """

    text: str
    known: bool


@runtime_checkable
class CutsPieces(Protocol):
    """What cuts texts into word pieces, as most encoders do."""

    def pieces(self, texts: Sequence[str]) -> list[list[WordPiece]]:
        """Return the pieces of each text, without prompts and special tokens."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """Text to vectors."""

    @property
    def spec(self) -> EncoderSpec:
        """What decides the vectors; `spec.fingerprint` is recorded in every index."""
        ...

    @property
    def dimension(self) -> int:
        """The width of the vectors."""
        ...

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> Vectors:
        """Encode texts.

        :param texts: any strings; empty ones and control characters are allowed.
        :param kind: whether the texts are queries or documents.
        :return: float32 [len(texts), dimension], raw (never centred); each row has unit length,
            except that a text without any token gives zeros.
        """
        ...


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """What a text's vector is made of.

    :param starts: int64 [n], where each token begins in the text, in characters.
    :param ends: int64 [n], where it ends.
    :param vectors: float32 [n, dimension]; their sum has the direction of the text's vector.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    vectors: Vectors


@runtime_checkable
class Explainable(Encoder, Protocol):
    """An encoder whose vectors are sums over tokens."""

    def token_vectors(
        self, texts: Sequence[str], *, kind: TextKind = "document"
    ) -> list[TokenVectors]:
        """Return the parts that each text's vector is the sum of."""
        ...


def sayable(text: str) -> str:
    """Return a text that UTF-8 can hold; half of a surrogate pair becomes a question mark.

    They come from file names, and no tokenizer takes them.
    """
    return str(text).encode("utf-8", "replace").decode()


def can_explain(encoder: Encoder) -> TypeGuard[Explainable]:
    """Whether an encoder gives token vectors; one that may, but not as it pools, says so itself."""
    return isinstance(encoder, Explainable) and bool(getattr(encoder, "explains", True))
