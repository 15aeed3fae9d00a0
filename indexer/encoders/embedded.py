"""The encoder that ships: a tokenizer, a table of token vectors, their mean, unit length.

A static encoder needs neither torch nor transformers. The table also holds, beside the semantic
dimensions, the language dimensions, so a text's language comes from the same pass. How it is
trained stands in `indexer.training`.
"""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors
from tokenizers import Tokenizer

from indexer.encoders.pooling import mean_rows
from indexer.encoders.protocol import EncoderSpec, TextKind, Vectors
from indexer.errors import EncoderError

MODEL_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"
CONFIG_FILE = "config.json"
UNDETERMINED = "und"
# Numbers and code reach 0.05 to 0.15 in their likeliest language, single words 0.25 and more.
MINIMUM_PROBABILITY = 0.2
# Texts tokenized at a time: large enough to keep every core busy, small enough that pooling one
# block overlaps tokenizing the next.
_BLOCK = 4_096
# Up to this many tokens rows are dequantised one by one; past it the whole table is, once.
_FEW_TOKENS = 32_768


@dataclass(frozen=True)
class EmbeddedModel:
    """The arrays of the artifact.

    :param table: int8 [vocabulary, dimension], a token's semantic vector in units of its scale.
    :param scale: float32 [vocabulary].
    :param language_table: int8 [vocabulary, language dimension].
    :param language_scale: float32 [vocabulary].
    :param language_weight: float32 [languages, language dimension], the classifier.
    :param language_bias: float32 [languages].
    :param languages: BCP-47 tags, one a row of the classifier.
    """

    table: NDArray[np.int8]
    scale: NDArray[np.float32]
    language_table: NDArray[np.int8]
    language_scale: NDArray[np.float32]
    language_weight: Vectors
    language_bias: Vectors
    languages: tuple[str, ...]


def quantise(vectors: Vectors) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round rows to int8, each with the scale that maps its largest value to 127."""
    scale = np.abs(vectors).max(axis=1) / 127
    scale[scale == 0] = 1
    return np.rint(vectors / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def save_embedded(
    folder: Path, model: EmbeddedModel, tokenizer: Tokenizer, name: str = "embedded"
) -> None:
    """Write an artifact that `EmbeddedEncoder` loads, with the checksums it is held to."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = save_tensors(
        {
            "table": model.table,
            "scale": model.scale,
            "language_table": model.language_table,
            "language_scale": model.language_scale,
            "language_weight": model.language_weight.astype(np.float32),
            "language_bias": model.language_bias.astype(np.float32),
        }
    )
    (folder / MODEL_FILE).write_bytes(tensors)
    tokenizer.save(str(folder / TOKENIZER_FILE), pretty=False)
    config = {
        "name": name,
        "dimension": model.table.shape[1],
        "languages": list(model.languages),
        "sha256": {
            file: hashlib.sha256((folder / file).read_bytes()).hexdigest()
            for file in (MODEL_FILE, TOKENIZER_FILE)
        },
    }
    text = json.dumps(config, ensure_ascii=False, indent=1) + "\n"
    (folder / CONFIG_FILE).write_text(text, "utf-8")


class EmbeddedEncoder:
    """Texts to unit vectors and languages by a table of token vectors.

    :param folder: holds model.safetensors, tokenizer.json and config.json.
    :raises EncoderError: if a file is missing or is not the one that was written.
    """

    def __init__(self, folder: Path) -> None:
        config, files = _read_checked(folder)
        tensors = load_tensors(files[MODEL_FILE])
        self.model = EmbeddedModel(languages=tuple(config["languages"]), **tensors)
        self.tokenizer = Tokenizer.from_buffer(files[TOKENIZER_FILE])
        self.spec = EncoderSpec(
            name=config["name"],
            revision=config["sha256"][MODEL_FILE][:16] + config["sha256"][TOKENIZER_FILE][:16],
            dimension=int(config["dimension"]),
        )

    @property
    def dimension(self) -> int:
        """The width of the vectors."""
        return self.spec.dimension

    @property
    def languages(self) -> tuple[str, ...]:
        """The BCP-47 tags the identifier knows."""
        return self.model.languages

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> Vectors:
        """Encode texts; equal texts give bitwise equal vectors, whatever batch they are in.

        :param texts: any strings.
        :param kind: queries and documents are encoded alike.
        :return: float32 [n, dimension], unit rows; zeros for a text without any token.
        """
        return _unit(self._pooled(texts)[:, : self.dimension])

    def encode_with_languages(
        self, texts: Sequence[str], *, kind: TextKind = "document"
    ) -> tuple[Vectors, list[tuple[str, float]]]:
        """Encode texts and identify their languages in the same pass.

        :return: float32 [n, dimension] unit rows, and (BCP-47 tag, probability) a text.
        """
        pooled = self._pooled(texts)
        return _unit(pooled[:, : self.dimension]), self._identified(pooled)

    def identify(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """Return (BCP-47 tag, probability) for each text; ("und", 0.0) where none is likely."""
        return self._identified(self._pooled(texts))

    def _identified(self, pooled: Vectors) -> list[tuple[str, float]]:
        if not len(pooled):
            return []
        model = self.model
        scores = pooled[:, self.dimension :] @ model.language_weight.T + model.language_bias
        scores -= scores.max(axis=1, keepdims=True)
        probability = np.exp(scores)
        probability /= probability.sum(axis=1, keepdims=True)
        best = probability.argmax(axis=1)
        chance = probability[np.arange(len(best)), best]
        filled = np.any(pooled, axis=1)
        return [
            (model.languages[place], float(p))
            if some and p >= MINIMUM_PROBABILITY
            else (UNDETERMINED, 0.0)
            for place, p, some in zip(best.tolist(), chance.tolist(), filled.tolist(), strict=True)
        ]

    def _pooled(self, texts: Sequence[str]) -> Vectors:
        """Return the mean token row of each text: float32 [n, dimension + language dimension]."""
        texts = [text if isinstance(text, str) else str(text) for text in texts]
        width = self.dimension + self.model.language_table.shape[1]
        pooled = np.zeros((len(texts), width), np.float32)
        starts = range(0, len(texts), _BLOCK)
        if len(starts) <= 1:
            for _ in starts:
                self._pool_into(pooled, *self._tokens(texts))
            return pooled
        # Tokenizing releases the interpreter lock, so one thread pools while the next block is cut.
        with ThreadPoolExecutor(max_workers=1) as pool:
            pending = []
            for start in starts:
                tokens, lengths = self._tokens(texts[start : start + _BLOCK])
                rows = pooled[start : start + _BLOCK]
                pending.append(pool.submit(self._pool_into, rows, tokens, lengths))
            for future in pending:
                future.result()
        return pooled

    def _tokens(self, texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        try:
            encodings = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        except (TypeError, UnicodeEncodeError):  # a lone surrogate, which no UTF-8 can hold
            clean = [text.encode("utf-8", "replace").decode() for text in texts]
            encodings = self.tokenizer.encode_batch_fast(clean, add_special_tokens=False)
        ids = [encoding.ids for encoding in encodings]
        lengths = np.fromiter(map(len, ids), np.int64, len(ids))
        return np.fromiter(chain.from_iterable(ids), np.int32, int(lengths.sum())), lengths

    def _pool_into(
        self, out: Vectors, tokens: NDArray[np.int32], lengths: NDArray[np.int64]
    ) -> None:
        known = tokens != self._unknown
        if not known.all():
            text = np.repeat(np.arange(len(lengths)), lengths)
            lengths = np.bincount(text[known], minlength=len(lengths))
            tokens = tokens[known]
        many = len(tokens) > _FEW_TOKENS
        mean_rows(out, tokens, lengths, lambda some: self._rows(some, many=many))

    def _rows(self, tokens: NDArray[np.int32], *, many: bool) -> Vectors:
        if many or "_dequantised" in self.__dict__:
            return self._dequantised[tokens]
        return _dequantise(self.model, tokens)

    @cached_property
    def _dequantised(self) -> Vectors:
        return _dequantise(self.model, slice(None))

    @cached_property
    def _unknown(self) -> int:
        return -1 if (number := self.tokenizer.token_to_id("<unk>")) is None else number


def _dequantise(model: EmbeddedModel, rows: "NDArray[np.int32] | slice") -> Vectors:
    semantic = model.table[rows] * model.scale[rows, None]
    return np.hstack([semantic, model.language_table[rows] * model.language_scale[rows, None]])


def _unit(vectors: Vectors) -> Vectors:
    # einsum adds in one fixed order a row; a matrix product may not.
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    unit: Vectors = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    return unit


def _read_checked(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    try:
        config = json.loads((folder / CONFIG_FILE).read_text("utf-8"))
        checksums = config["sha256"]
        files = {name: (folder / name).read_bytes() for name in (MODEL_FILE, TOKENIZER_FILE)}
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(
            f"The encoder in {folder} cannot be read ({error}): reinstall crosstongue."
        ) from error
    for name, content in files.items():
        if hashlib.sha256(content).hexdigest() != checksums[name]:
            raise EncoderError(
                f"{folder / name} is not the file this encoder was published with "
                "(its checksum differs): reinstall crosstongue."
            )
    return config, files
