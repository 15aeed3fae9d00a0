"""Hidden states to one vector a text, for encoders that run in torch.

The embedded encoder's pooling stands in `indexer.encoders.pooling` and needs no torch; this module
is loaded only with a transformer.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from indexer.errors import EncoderError

Pooling = Literal["cls", "mean", "max", "mean-no-special", "first-last-mean"]
POOLINGS: tuple[str, ...] = get_args(Pooling)


def pool(
    states: Sequence[Tensor],
    mask: Tensor,
    special: Tensor,
    *,
    pooling: str = "mean",
    layers: Sequence[int] = (-1,),
) -> Tensor:
    """Pool the hidden states of a batch; the sums are done in float32, whatever the states are.

    :param states: the embedding layer and N hidden layers, each [n, tokens, width].
    :param mask: the attention mask, [n, tokens]; a text may have no token.
    :param special: 1 at the tokens that the tokenizer added, such as [CLS]: [n, tokens].
    :param pooling: one of `POOLINGS`. `cls` takes the first token of the mask, wherever the padding
        stands; `mean-no-special` falls back on all tokens for a text of special tokens only;
        `first-last-mean` averages states 0 and N, whatever `layers` says.
    :param layers: the states to average, 0 to N, or -1 for the last.
    :return: float32 [n, width], not of unit length; zeros for a text without any token.
    :raises EncoderError: if the pooling is unknown or a layer is not there.
    """
    check_pooling(pooling)
    hidden, kept = averaged(states, mask, special, pooling=pooling, layers=layers)
    if pooling == "cls":
        first = kept.int().argmax(dim=1)
        vectors = hidden[torch.arange(len(hidden), device=hidden.device), first]
        return torch.where(kept.any(dim=1, keepdim=True), vectors, torch.zeros_like(vectors))
    if pooling == "max":
        highest = hidden.masked_fill(~kept[..., None], -torch.inf).amax(dim=1)
        return torch.where(kept.any(dim=1, keepdim=True), highest, torch.zeros_like(highest))
    # Padding is filled, not multiplied by zero, so that nothing in it can reach the sum.
    total = hidden.masked_fill(~kept[..., None], 0).sum(dim=1)
    return total / kept.sum(dim=1, keepdim=True).clamp(min=1)


def averaged(
    states: Sequence[Tensor],
    mask: Tensor,
    special: Tensor,
    *,
    pooling: str,
    layers: Sequence[int],
) -> tuple[Tensor, Tensor]:
    """Return the hidden states that a pooling is over, and at which tokens; see `pool`.

    :return: float32 [n, tokens, width] and bool [n, tokens].
    """
    last = len(states) - 1
    chosen = [0, last] if pooling == "first-last-mean" else chosen_layers(layers, last)
    hidden = torch.stack([states[place].float() for place in chosen]).mean(dim=0)
    kept = mask.bool()
    if pooling == "mean-no-special":
        words = kept & ~special.bool()
        kept = kept & (words | ~words.any(dim=1, keepdim=True))
    return hidden, kept


def check_pooling(pooling: str) -> None:
    """Make sure that there is such a pooling.

    :raises EncoderError: if there is none.
    """
    if pooling not in POOLINGS:
        known = ", ".join(POOLINGS)
        raise EncoderError(f"There is no pooling called {pooling!r}; choose one of: {known}.")


def chosen_layers(layers: Sequence[int], last: int) -> list[int]:
    """Return the layers as counted from 0.

    :param layers: 0 to `last`, or -1 for the last.
    :raises EncoderError: if one is not there, or there is none.
    """
    if not layers:
        raise EncoderError(f"Name at least one layer to pool, 0 to {last}.")
    for layer in layers:
        if not -1 <= layer <= last:
            raise EncoderError(f"There is no layer {layer}; this encoder has layers 0 to {last}.")
    return [last if layer == -1 else layer for layer in layers]
