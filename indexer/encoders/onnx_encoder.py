"""Encoders that run in ONNX Runtime, from a folder that `export_onnx` wrote.

They need neither torch nor transformers: onnxruntime and tokenizers do. Importing this module loads
neither.
"""

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from indexer.encoders.catalog import EXPORT_DESCRIPTION
from indexer.encoders.protocol import EncoderSpec, Vectors
from indexer.encoders.windowed import BUDGET_CPU, BUDGET_GPU, WindowedEncoder, padded
from indexer.encoders.windows import Cutter, Window
from indexer.errors import EncoderError

INSTALL = "pip install 'crosstongue[onnx]'"
MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
INPUTS = ("input_ids", "attention_mask", "special_tokens_mask")
OUTPUT = "sentence_embedding"
# Raised when the inputs or the description change, so that an old folder is not misread.
FORMAT = 1
_CUDA = "CUDAExecutionProvider"


class OnnxEncoder(WindowedEncoder):
    """An exported encoder; its pooling and its layer are part of the graph.

    :param folder: as `export_onnx` wrote it.
    :param query_prompt: put before a query; None takes the one exported.
    :param document_prompt: put before a passage, likewise.
    :param device: "cpu", "cuda" or "cuda:1"; None takes a GPU if onnxruntime can use one.
    :param name: what its vectors are recorded under; None takes the folder.
    :raises EncoderError: if a file is missing or damaged, onnxruntime is not installed, or there is
        no such device.
    """

    def __init__(
        self,
        folder: Path,
        query_prompt: str | None = None,
        document_prompt: str | None = None,
        device: str | None = None,
        name: str | None = None,
    ) -> None:
        if importlib.util.find_spec("onnxruntime") is None:
            raise EncoderError(
                f"The encoder in {folder} runs in ONNX Runtime, which is not installed: run "
                f"`{INSTALL}`."
            )
        folder = folder.expanduser().resolve()
        try:
            said = json.loads((folder / EXPORT_DESCRIPTION).read_text("utf-8"))
            if said["format"] != FORMAT:
                raise ValueError(f"its format is {said['format']} and not {FORMAT}")
            revision = checksum(folder)
            if said.get("checksum", revision) != revision:
                raise ValueError("its files are not those it was published with")
            layer = said["layer"]
            spec = EncoderSpec(
                name=name or str(folder),
                revision=revision,
                dimension=int(said["dimension"]),
                pooling=said["pooling"],
                layer=tuple(layer) if isinstance(layer, list) else layer,
                query_prompt=said["query_prompt"] if query_prompt is None else query_prompt,
                document_prompt=(
                    said["document_prompt"] if document_prompt is None else document_prompt
                ),
            )
            self.raw = bool(said["raw"])
            tokenizer = PlainTokenizer(folder / TOKENIZER_FILE, int(said["padding"]))
            cutter = Cutter.of(tokenizer, int(said["limit"]))
            self._session = _session(folder / MODEL_FILE, device)
        except EncoderError:
            raise
        except Exception as error:  # tokenizers and onnxruntime raise anything
            reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(". ")
            raise EncoderError(
                f"The export in {folder} cannot be loaded ({reason}): export the encoder again."
            ) from error
        on_gpu = _CUDA in self._session.get_providers()
        super().__init__(spec, cutter, BUDGET_GPU if on_gpu else BUDGET_CPU)

    def check(self, pooling: str | None, layer: int | tuple[int, ...] | None) -> None:
        """Make sure that a pooling and a layer are those of the graph.

        :raises EncoderError: if others are asked for.
        """
        spec = self.spec
        if (pooling or spec.pooling, spec.layer if layer is None else layer) != (
            spec.pooling,
            spec.layer,
        ):
            raise EncoderError(
                f"The encoder in {spec.name} was exported with pooling {spec.pooling} and layer "
                f"{'of its own' if spec.layer is None else spec.layer}: export it again for others."
            )

    def run(self, windows: Sequence[Window], prompt: str) -> Vectors:
        """Run one batch of windows; see `WindowedEncoder.run`."""
        feeds = dict(zip(INPUTS, padded(windows, self._cutter), strict=True))
        [rows] = self._session.run([OUTPUT], feeds)
        found: Vectors = rows
        return found[:, None]


class PlainTokenizer:
    """A tokenizer.json, called as `Cutter` calls the tokenizers of transformers.

    :param file: the tokenizer.json.
    :param padding: the id of the padding token.
    """

    def __init__(self, file: Path, padding: int) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.pad_token_id = padding

    def __call__(
        self, texts: str | list[str], *, add_special_tokens: bool = True, **_: object
    ) -> dict[str, Any]:
        """Return the tokens of a text, or of several, under "input_ids"."""
        if isinstance(texts, str):
            one = self._tokenizer.encode(texts, add_special_tokens=add_special_tokens)
            return {"input_ids": one.ids}
        found = self._tokenizer.encode_batch_fast(texts, add_special_tokens=add_special_tokens)
        return {"input_ids": [one.ids for one in found]}

    @cached_property
    def unk_token_id(self) -> int | None:
        """The id of the token that stands for what the vocabulary lacks."""
        model = json.loads(self._tokenizer.to_str())["model"]
        unknown = model.get("unk_token")  # a Unigram model gives the id itself
        return self._tokenizer.token_to_id(unknown) if unknown else model.get("unk_id")

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        """Return how the vocabulary spells tokens."""
        return [self._tokenizer.id_to_token(id_) or "" for id_ in ids]


def _session(file: Path, device: str | None) -> Any:  # noqa: ANN401 - a library without types
    import onnxruntime

    available = onnxruntime.get_available_providers()
    kind, _, number = (device or ("cuda" if _CUDA in available else "cpu")).partition(":")
    if kind not in ("cpu", "cuda") or (kind == "cuda" and _CUDA not in available):
        raise EncoderError(f"ONNX Runtime has no device {device!r} on this machine: try cpu.")
    providers: list[Any] = ["CPUExecutionProvider"]
    if kind == "cuda":
        providers.insert(0, (_CUDA, {"device_id": int(number or 0)}))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors: its warnings are of no use to a person
    return onnxruntime.InferenceSession(str(file), options, providers=providers)


def checksum(folder: Path) -> str:
    """Return 32 hexadecimal digits that differ whenever a file does that decides the vectors."""
    total = hashlib.sha256()
    for file in [*sorted(folder.glob(f"{MODEL_FILE}*")), folder / TOKENIZER_FILE]:
        with file.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()[:32]
