"""One encoder under several poolings and layers, for whoever wants to compare them.

A pass through a transformer gives every hidden layer, so all of a checkpoint's variants cost about
what one costs. Each has the spec, and so the fingerprint, of the encoder that `load_encoder` gives.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from indexer.encoders.catalog import (
    FIRST_LAST,
    OWN,
    CatalogEntry,
    described,
    is_exported,
    is_table,
    load_encoder,
    settled,
)
from indexer.encoders.protocol import Encoder, EncoderSpec, TextKind, Vectors
from indexer.errors import EncoderError

if TYPE_CHECKING:
    from indexer.encoders.transformer import TransformerEncoder

Layer = int | tuple[int, ...]
Layers = Sequence[Layer] | Literal["all"]
_LAST = -1


class EncoderVariants:
    """Encoders that share their text, made by `load_variants`.

    :param alone: encoders that run by themselves.
    :param shared: the encoder that gives every variant in `pooled`, or None.
    :param pooled: specs that `shared` makes in one pass.
    """

    def __init__(
        self,
        alone: Sequence[Encoder],
        shared: "TransformerEncoder | None" = None,
        pooled: Sequence[EncoderSpec] = (),
    ) -> None:
        self._alone = tuple(alone)
        self._shared = shared
        self._pooled = tuple(pooled)

    @property
    def specs(self) -> tuple[EncoderSpec, ...]:
        """The variants, in the order of what `encode` yields."""
        return (*(encoder.spec for encoder in self._alone), *self._pooled)

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> Iterator[Vectors]:
        """Yield each variant's vectors, float32 [n, dimension] with unit rows, as `specs` lists."""
        for encoder in self._alone:
            yield encoder.encode(texts, kind=kind)
        if self._shared is not None:
            several = self._shared.encode_several(texts, self._pooled, kind=kind)
            for place in range(len(self._pooled)):
                yield several[:, place]


def load_variants(
    name: str, poolings: Sequence[str] = (), layers: Layers = (), *, device: str | None = None
) -> EncoderVariants:
    """Load an encoder under every pooling of every layer asked for.

    :param name: as `load_encoder` takes it.
    :param poolings: as `load_encoder` takes them; none means the encoder's default.
    :param layers: layers, each 0 to N, or several to average; "all" means 0 to N, none the
        default. Poolings with layers of their own (own, first-last-mean) are taken once, and so is
        an encoder without a choice of them: the embedded one and any export.
    :raises EncoderError: as `load_encoder`.
    """
    if is_table(name) or is_exported(name):
        return EncoderVariants([load_encoder(name)])
    folder = Path(name).expanduser()
    entry, _ = described(str(folder.resolve()) if folder.is_dir() else name)
    whole = None
    if layers == "all":
        whole = _whole(name, device)
        layers = range(whole.last_layer + 1)
    chosen = _choices(entry, poolings, layers)
    if len(chosen) == 1:
        [(pooling, layer)] = chosen
        return EncoderVariants([load_encoder(name, pooling=pooling, layer=layer, device=device)])
    alone = [
        load_encoder(name, pooling=OWN, device=device) for pooling, _ in chosen if pooling == OWN
    ]
    if whole is None and len(alone) < len(chosen):
        whole = _whole(name, device)
    if whole is None:
        return EncoderVariants(alone)
    specs = [
        whole.spec_of(pooling, _LAST if layer is None and pooling != FIRST_LAST else layer)
        for pooling, layer in chosen
        if pooling != OWN
    ]
    return EncoderVariants(alone, whole, tuple(dict.fromkeys(specs)))


def _choices(
    entry: CatalogEntry, poolings: Sequence[str], layers: Sequence[Layer]
) -> list[tuple[str, Layer | None]]:
    """Return the poolings and layers that are meant, each once."""
    asked: list[str | None] = list(poolings) or [None]
    found = []
    for pooling in asked:
        for layer in layers or (None,):
            own_layers = pooling in (OWN, FIRST_LAST)
            found.append(settled(entry, pooling, None if own_layers else layer))
    return list(dict.fromkeys(found))


def _whole(name: str, device: str | None) -> "TransformerEncoder":
    """Load a checkpoint with all of its layers."""
    from indexer.encoders.transformer import TransformerEncoder

    loaded = load_encoder(name, pooling="mean", layer=_LAST, device=device)
    if not isinstance(loaded, TransformerEncoder):
        raise EncoderError(f"{name} has no layers to choose from.")
    return loaded
