"""Texts to windows of tokens, and windows to batches; neither needs torch.

A transformer reads a limited number of tokens. A longer text is cut into windows of about equal
length, each with the prompt and the special tokens of a text of its own, so nothing of it is lost.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.protocol import WordPiece, sayable
from indexer.errors import EncoderError

_PROBE = "a"


class Window(NamedTuple):
    """A stretch of a text that a transformer reads at once.

    `text` is its text's place among the texts, `ids` its tokens with special ones and the prompt,
    `own` how many of them are the text's: its share where windows are put together.
    """

    text: int
    ids: list[int]
    own: int


@dataclass(frozen=True)
class Cutter:
    """Cuts texts into windows.

    :param tokenizer: a tokenizer of transformers.
    :param limit: the most tokens of a window, special ones included.
    :param prefix: the special tokens before a text.
    :param suffix: the special tokens after it.
    """

    tokenizer: Any
    limit: int
    prefix: tuple[int, ...]
    suffix: tuple[int, ...]

    @classmethod
    def of(cls, tokenizer: Any, limit: int) -> "Cutter":  # noqa: ANN401 - a library without types
        """Find out which special tokens a tokenizer puts around a text."""
        bare = tokenizer(_PROBE, add_special_tokens=False)["input_ids"]
        whole = tokenizer(_PROBE)["input_ids"]
        for start in range(len(whole) - len(bare) + 1):
            end = start + len(bare)
            if bare and whole[start:end] == bare:
                return cls(tokenizer, limit, tuple(whole[:start]), tuple(whole[end:]))
        raise EncoderError("The tokenizer gives no token for the letter a: its files are damaged.")

    def prompt_tokens(self, prompt: str) -> list[int]:
        """Return the tokens of a prompt, without special ones."""
        return self._tokens([prompt])[0] if prompt else []

    def pieces(self, texts: Sequence[str]) -> list[list[WordPiece]]:
        """Return the word pieces of each text, without special ones."""
        unknown = self.tokenizer.unk_token_id
        spelled: Callable[[list[int]], list[str]] = self.tokenizer.convert_ids_to_tokens
        return [
            [WordPiece(piece, id_ != unknown) for piece, id_ in zip(spelled(ids), ids, strict=True)]
            for ids in self._tokens(list(texts))
        ]

    def cut(self, texts: Sequence[str], prompt: str = "") -> list[Window]:
        """Cut texts into windows; a text without a token of its own has none.

        :param texts: any strings.
        :param prompt: put before every text, and before every window of a long one.
        :raises EncoderError: if the prompt fills a window.
        """
        asked = self.prompt_tokens(prompt)
        room = self.limit - len(self.prefix) - len(self.suffix)
        if len(asked) >= room:
            raise EncoderError(
                f"The prompt {prompt!r} is {len(asked)} tokens long; with this encoder it must be "
                f"shorter than {room}."
            )
        windows = []
        for place, ids in enumerate(self._tokens([prompt + text for text in texts])):
            if len(ids) <= len(asked):
                continue
            if len(ids) <= room:
                windows.append(self._window(place, ids, len(ids) - len(asked)))
                continue
            own = ids[len(asked) :]
            pieces = -(-len(own) // (room - len(asked)))
            size = -(-len(own) // pieces)
            for start in range(0, len(own), size):
                piece = own[start : start + size]
                windows.append(self._window(place, [*asked, *piece], len(piece)))
        return windows

    def places(self, texts: Sequence[str], prompt: str = "") -> list[NDArray[np.int64]]:
        """Return where the own tokens of each text begin and end in it, in characters: [n, 2]."""
        asked = len(self.prompt_tokens(prompt))
        found = self.tokenizer(
            [sayable(prompt + text) for text in texts],
            add_special_tokens=False,
            return_attention_mask=False,
            return_offsets_mapping=True,
            verbose=False,
        )["offset_mapping"]
        own = (np.array(one[asked:], np.int64).reshape(-1, 2) for one in found)
        return [np.maximum(one - len(prompt), 0) for one in own]

    def _window(self, place: int, ids: list[int], own: int) -> Window:
        return Window(place, [*self.prefix, *ids, *self.suffix], own)

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        clean = [sayable(text) for text in texts]
        found: list[list[int]] = self.tokenizer(
            clean, add_special_tokens=False, return_attention_mask=False, verbose=False
        )["input_ids"]
        return found


def batches(windows: Sequence[Window], budget: int) -> Iterator[list[int]]:
    """Yield the places of windows, the longest first, so that those of a length go together.

    :param budget: the most tokens of a batch, padding included; a longer window goes alone.
    """
    batch: list[int] = []
    for place in sorted(range(len(windows)), key=lambda place: -len(windows[place].ids)):
        if batch and (len(batch) + 1) * len(windows[batch[0]].ids) > budget:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
