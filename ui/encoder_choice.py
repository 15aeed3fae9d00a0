"""`--encoder`, `--pooling` and `--layer`: which encoder a person asked for."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from indexer import Encoder, EncoderSpec


def layer_numbers(text: str | None) -> tuple[int, ...] | None:
    """Read what `--layer` was given.

    :raises typer.BadParameter: if it is no number and not several with commas between.
    """
    if text is None:
        return None
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no layer: give a number, or several with commas between, such as 6,7,8."
        ) from None


EncoderOption = Annotated[
    str | None,
    typer.Option(
        "--encoder",
        metavar="NAME",
        help="What to embed a new index with, or all of it again with --re-embed: a name from "
        "`crosstongue encoders`, a hub id or a folder.",
    ),
]
PoolingOption = Annotated[
    str | None,
    typer.Option(
        "--pooling",
        metavar="P",
        help="How its token vectors become one: cls, mean, max, mean-no-special, first-last-mean "
        "or own.",
    ),
]
LayerOption = Annotated[
    str | None,
    typer.Option(
        "--layer",
        metavar="N",
        help="The layer to pool, 0 to the encoder's last, or several to average: 6,7,8.",
    ),
]


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """What was asked for; what was not is the encoder's default.

    :param name: a name from the catalog, a hub id or a folder.
    :param pooling: as `load_encoder` takes it.
    :param layer: one layer or several.
    """

    name: str | None = None
    pooling: str | None = None
    layer: tuple[int, ...] | None = None

    def __bool__(self) -> bool:
        return (self.name, self.pooling, self.layer) != (None, None, None)

    def load(self, recorded: "EncoderSpec | None" = None) -> "Encoder":
        """Load it; where nothing was asked for, the recorded encoder as it is today.

        :param recorded: the encoder of the index there is, whose name stands unless another was
            given.
        """
        from indexer.encoders.catalog import DEFAULT_ENCODER, load_encoder, load_recorded

        if recorded is not None and not self:
            return load_recorded(recorded, latest=True)
        usual = DEFAULT_ENCODER if recorded is None else recorded.name
        one = self.layer[0] if self.layer is not None and len(self.layer) == 1 else self.layer
        return load_encoder(self.name or usual, pooling=self.pooling, layer=one)
