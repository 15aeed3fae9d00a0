"""The contextual student: transformer layers over a token table, for training and for export.

In training the texts of a batch stand end to end, so that no computation goes to padding; the
exported graph takes them padded, as every export does. Both hold the same weights.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from indexer.encoders.few_bits import FewBits, quantise
from indexer.encoders.protocol import Vectors
from indexer.training.tokens import gather_runs

MAXIMUM_TOKENS = 512  # that positions are made for; twice what a passage of the training holds
_FREQUENCY = 10_000.0


class Block(nn.Module):
    """A pre-norm transformer layer that starts as the identity.

    Su and others (2021) for the rotary positions, Xiong and others (2020) for the norms.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.n1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.o = nn.Linear(width, width)
        self.n2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)
        for linear in (self.qkv, self.up):
            nn.init.normal_(linear.weight, std=0.03)
        # With these at zero the student is, at the start, the table it starts from.
        for linear in (self.o, self.down):
            nn.init.zeros_(linear.weight)
        for linear in (self.qkv, self.o, self.up, self.down):
            nn.init.zeros_(linear.bias)

    def asked(self, x: torch.Tensor) -> torch.Tensor:
        """Return queries, keys and values: [..., 3, heads, width / heads]."""
        made: torch.Tensor = self.qkv(self.n1(x))
        return made.view(*x.shape[:-1], 3, self.heads, x.shape[-1] // self.heads)

    def told(self, x: torch.Tensor, attended: torch.Tensor) -> torch.Tensor:
        """Return the layer's output from its input and what the heads attended to."""
        x = x + self.o(attended)
        out: torch.Tensor = x + self.down(functional.gelu(self.up(self.n2(x)), approximate="tanh"))
        return out


def rotated(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Turn halves of each head's vector by its token's place."""
    one, other = x.chunk(2, -1)
    return torch.cat([one * cos - other * sin, other * cos + one * sin], -1)


def _angles(width: int) -> tuple[torch.Tensor, torch.Tensor]:
    step = _FREQUENCY ** (-torch.arange(0, width, 2) / width)
    angle = torch.outer(torch.arange(MAXIMUM_TOKENS), step)
    return angle.cos(), angle.sin()


class Student(nn.Module):
    """The student in training.

    :param table: float32 [pieces, width].
    :param layers: how many.
    :param heads: of each layer; they divide the width into even parts.
    """

    cos: torch.Tensor
    sin: torch.Tensor

    def __init__(self, table: Vectors, layers: int, heads: int) -> None:
        super().__init__()
        width = table.shape[1]
        self.table = nn.Embedding(len(table), width, _weight=torch.from_numpy(table))
        self.layers = [Block(width, heads) for _ in range(layers)]
        self.blocks = nn.ModuleList(self.layers)
        cos, sin = _angles(width // heads)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, tokens: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
        """Encode texts that stand end to end.

        :param tokens: int [all tokens].
        :param offsets: int64 [n + 1]; text i is tokens[offsets[i] : offsets[i + 1]], never empty.
        :return: float32 [n, width], unit rows.
        """
        length = offsets[1:] - offsets[:-1]
        text = torch.repeat_interleave(torch.arange(len(length), device=tokens.device), length)
        place = torch.arange(len(tokens), device=tokens.device) - offsets[:-1][text]
        x: torch.Tensor = self.table(tokens)
        cos, sin = self.cos[place][:, None], self.sin[place][:, None]
        fast = x.is_cuda and torch.is_autocast_enabled("cuda")
        for block in self.layers:
            query, key, value = block.asked(x).unbind(1)
            query, key = rotated(query, cos, sin), rotated(key, cos, sin)
            attend = _attend_packed if fast else _attend_padded
            x = block.told(x, attend(query, key, value, offsets).flatten(1))
        pooled = torch.zeros(len(length), x.shape[1], device=x.device)
        return functional.normalize(pooled.index_add_(0, text, x.float()), dim=1)

    def encode(
        self, tokens: NDArray[np.int32], start: NDArray[np.int64], length: NDArray[np.int64]
    ) -> torch.Tensor:
        """Encode runs of a token array; see `forward`."""
        found, offsets = gather_runs(tokens, start, length)
        device = self.table.weight.device
        made: torch.Tensor = self(
            torch.from_numpy(found).to(device), torch.from_numpy(offsets).to(device)
        )
        return made

    def round_table(self) -> FewBits:
        """Round the table as it will be stored, and train it no further."""
        rounded = quantise(self.table.weight.detach().float().cpu().numpy())
        self.table.weight.data.copy_(torch.from_numpy(rounded.rows(slice(None))))
        self.table.weight.requires_grad_(False)
        return rounded


def _attend_packed(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, offsets: torch.Tensor
) -> torch.Tensor:
    """FlashAttention (Dao, 2023) over texts end to end; it takes half precision alone."""
    longest = int((offsets[1:] - offsets[:-1]).max())
    edges = offsets.int()
    half = [part.bfloat16().contiguous() for part in (query, key, value)]
    found: torch.Tensor = torch.ops.aten._flash_attention_forward(
        *half, edges, edges, longest, longest, 0.0, False, False
    )[0]
    return found


def _attend_padded(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, offsets: torch.Tensor
) -> torch.Tensor:
    length = offsets[1:] - offsets[:-1]
    longest = int(length.max())
    there = torch.arange(longest, device=query.device) < length[:, None]

    def padded(part: torch.Tensor) -> torch.Tensor:
        out = part.new_zeros(len(length), longest, *part.shape[1:])
        out[there] = part
        return out.transpose(1, 2)

    found = functional.scaled_dot_product_attention(
        padded(query), padded(key), padded(value), attn_mask=there[:, None, None, :]
    )
    return found.transpose(1, 2)[there]


class StudentGraph(nn.Module):
    """The student as it is exported: the table at four bits, texts padded.

    :param table: as `Student.round_table` returned it.
    :param blocks: the layers.
    :param unknown: the token that stands for what the vocabulary lacks, and counts nothing.
    """

    codes: torch.Tensor
    scale: torch.Tensor
    both: torch.Tensor
    cos: torch.Tensor
    sin: torch.Tensor

    def __init__(self, table: FewBits, blocks: Sequence[Block], unknown: int) -> None:
        super().__init__()
        low, high = np.meshgrid(table.levels, table.levels)
        self.register_buffer("codes", torch.from_numpy(table.codes))
        self.register_buffer("scale", torch.from_numpy(table.scale))
        both = np.stack([low.ravel(), high.ravel()], axis=1)
        self.register_buffer("both", torch.from_numpy(both))
        self.layers = list(blocks)
        self.blocks = nn.ModuleList(self.layers)
        cos, sin = _angles(table.width // blocks[0].heads)
        self.register_buffer("cos", cos)
        self.register_buffer("sin", sin)
        self.unknown = unknown

    def forward(
        self, tokens: torch.Tensor, mask: torch.Tensor, special: torch.Tensor
    ) -> torch.Tensor:
        """Encode padded texts: int64 [n, tokens] three times; float32 [n, width], not unit."""
        counted = mask * (tokens != self.unknown).to(mask.dtype) * (1 - special)
        x = functional.embedding(self.codes[tokens].to(torch.int64), self.both).flatten(-2)
        x = x * self.scale[tokens].float()[..., None]
        texts, size, width = x.shape
        cos, sin = self.cos[:size], self.sin[:size]
        bias = ((1 - counted) * -1e9).to(x.dtype)[:, None, None, :]
        for block in self.layers:
            query, key, value = block.asked(x).permute(2, 0, 3, 1, 4)
            query, key = rotated(query, cos, sin), rotated(key, cos, sin)
            scores = (query @ key.transpose(-1, -2)) * (width // block.heads) ** -0.5
            attended = (scores + bias).softmax(-1) @ value
            x = block.told(x, attended.transpose(1, 2).reshape(texts, size, width))
        weight = counted.to(x.dtype)[..., None]
        pooled: torch.Tensor = (x * weight).sum(1) / weight.sum(1).clamp(min=1)
        return pooled
