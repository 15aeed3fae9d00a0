"""Encoders that run in torch: any transformer checkpoint, under any pooling of any layer.

What stands here is loaded only when such an encoder is asked for. Cutting texts into windows is
`windows`, pooling is `transformer_pooling`, and where the files come from is `checkpoint`.
"""

import warnings
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from indexer.encoders.checkpoint import Checkpoint
from indexer.encoders.contextual import token_vectors
from indexer.encoders.protocol import (
    EncoderSpec,
    TextKind,
    TokenVectors,
    Vectors,
    WordPiece,
    sayable,
)
from indexer.encoders.transformer_pooling import averaged, check_pooling, chosen_layers, pool
from indexer.encoders.windowed import BUDGET_CPU, BUDGET_GPU, WindowedEncoder, padded, unit
from indexer.encoders.windows import Cutter, Window
from indexer.errors import EncoderError

# Where neither the tokenizer nor the model names a limit.
_USUAL_LIMIT = 512
# Their positions are counted from the padding token's id on, so they have that many fewer.
_POSITIONS_AFTER_PADDING = {
    "roberta",
    "xlm-roberta",
    "xlm-roberta-xl",
    "camembert",
    "mpnet",
    "xmod",
}
# What weights may be held in, whatever the checkpoint has.
DTYPES = ("float32", "float16", "bfloat16")
_OVERFLOWING = {"deberta", "deberta-v2"}
# Encoders whose layers follow one another in `encoder.layer`, so that those above the one pooled
# need not run.
_STACKED = {"bert", "roberta", "xlm-roberta", "camembert", "electra", "deberta-v2"}


class TorchEncoder(WindowedEncoder):
    """Runs windows in torch; what a batch's vectors are is for a subclass to say.

    :param spec: what decides the vectors.
    :param cutter: how texts become windows.
    :param device: where the model is.
    :param dtype: what its weights are held in.
    """

    _model: Any
    # A token's vector also holds what its text says around it.
    contextual = True

    def __init__(
        self, spec: EncoderSpec, cutter: Cutter, device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__(spec, cutter, BUDGET_CPU if device.type == "cpu" else BUDGET_GPU)
        self._device = device
        self._dtype = dtype

    def run(self, windows: Sequence[Window], prompt: str) -> Vectors:
        """Run one batch of windows; see `WindowedEncoder.run`."""
        with self._batch(windows) as (ids, mask, special):
            found = self._vectors(ids, mask, special, prompt)
        rows: Vectors = found.float().cpu().numpy()
        return rows if rows.ndim == 3 else rows[:, None]

    @contextmanager
    def _batch(self, windows: Sequence[Window]) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Put a batch on the device, for as long as it is run there."""
        place_on = self._device
        arrays = padded(windows, self._cutter)
        ids, mask, special = (torch.from_numpy(one).to(place_on) for one in arrays)
        # bfloat16, not float16: DeBERTa's attention overflows in float16.
        whole = self._dtype == torch.float32
        mixed = whole and place_on.type == "cuda" and torch.cuda.is_bf16_supported()
        with torch.inference_mode(), torch.autocast(place_on.type, torch.bfloat16, enabled=mixed):
            yield ids, mask, special

    @property
    def explains(self) -> bool:
        """Whether a text's vector is a sum over its tokens, so that `token_vectors` gives them."""
        return self._averages and bool(self._cutter.tokenizer.is_fast)

    @property
    @abstractmethod
    def _averages(self) -> bool: ...

    def token_vectors(
        self, texts: Sequence[str], *, kind: TextKind = "document"
    ) -> list[TokenVectors]:
        """Return the token vectors of each text, whose sum has the direction of its vector.

        :raises EncoderError: if its pooling is no mean.
        """
        if not self.explains:
            raise EncoderError(f"{self.spec.name} has no vectors of single words to explain by.")
        return token_vectors(self, texts, kind)

    def hidden(self, windows: Sequence[Window], prompt: str) -> tuple[Vectors, NDArray[np.bool_]]:
        """Run a batch; see `contextual.Hidden`."""
        with self._batch(windows) as (ids, mask, special):
            states, kept = self._states(ids, mask, special, prompt)
        return states.float().cpu().numpy(), kept.cpu().numpy()

    @abstractmethod
    def _states(
        self, ids: Tensor, mask: Tensor, special: Tensor, prompt: str
    ) -> tuple[Tensor, Tensor]: ...

    @property
    def module(self) -> torch.nn.Module:
        """The model itself."""
        model: torch.nn.Module = self._model
        return model

    @property
    def no_graph(self) -> str:
        """Why `vectors_of` is no graph of its three tensors alone; "" if it is one."""
        return ""

    def vectors_of(self, ids: Tensor, mask: Tensor, special: Tensor) -> Tensor:
        """Return the vectors of a batch without a prompt of its own: [n, width], any length."""
        found = self._vectors(ids, mask, special, "")
        return found[:, 0] if found.dim() == 3 else found

    @abstractmethod
    def _vectors(self, ids: Tensor, mask: Tensor, special: Tensor, prompt: str) -> Tensor: ...


class TransformerEncoder(TorchEncoder):
    """A transformer under a pooling and a layer of one's choice.

    :param checkpoint: in hub layout.
    :param name: what the index records.
    :param pooling: one of `transformer_pooling.POOLINGS`.
    :param layer: 0 (the embeddings) to N, several to average, or None for the last; the pooling
        `first-last-mean` has its own.
    :param prompts: what is put before a query and before a document.
    :param device: such as "cpu" or "cuda:0"; None takes the fastest there is.
    :param dtype: one of `DTYPES`.
    :param raw: whether it is a masked-language model as pretrained, whose indexes are centred.
    :raises EncoderError: if the checkpoint cannot be loaded, or there is no such pooling or layer.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        name: str,
        pooling: str,
        layer: int | tuple[int, ...] | None,
        prompts: tuple[str, str],
        device: str | None = None,
        dtype: str = "float32",
        raw: bool = False,
    ) -> None:
        self.raw = raw
        if pooling == "first-last-mean" and layer is not None:
            raise EncoderError("The pooling 'first-last-mean' has its own layers: name none.")
        folder = checkpoint.transformer_folder
        place = choose_device(device)
        self._layers = (layer,) if isinstance(layer, int) else (-1,) if layer is None else layer
        with loading(checkpoint):
            tokenizer, model = _load(checkpoint, folder, chosen_dtype(dtype))
        _check_half(model.config, dtype)
        self._choices: tuple[tuple[str, tuple[int, ...]], ...] = ((pooling, self._layers),)
        self._model = model.to(place)
        limits = [token_limit(model.config, tokenizer)]
        limits += [checkpoint.json("sentence_bert_config.json").get("max_seq_length") or limits[0]]
        cutter = Cutter.of(tokenizer, min(limits))
        spec = EncoderSpec(name, checkpoint.revision, 0, pooling, None, *prompts)
        super().__init__(spec, cutter, place, model.dtype)
        self._settle(pooling)

    def _settle(self, pooling: str) -> None:
        """Run one text to learn the width and the layers, and take off those that are not used."""
        self._last = 0
        width = self.run(self._cutter.cut(["a"]), "").shape[2]
        recorded: int | tuple[int, ...] | None = None
        if pooling != "first-last-mean":
            self._layers = tuple(chosen_layers(self._layers, self._last))
            self._choices = ((pooling, self._layers),)
            recorded = self._layers[0] if len(self._layers) == 1 else self._layers
            if self._model.config.model_type in _STACKED:
                self._model.encoder.layer = self._model.encoder.layer[: max(max(self._layers), 1)]
        old = self.spec
        self.spec = EncoderSpec(
            old.name, old.revision, width, pooling, recorded, old.query_prompt, old.document_prompt
        )

    def _vectors(self, ids: Tensor, mask: Tensor, special: Tensor, prompt: str) -> Tensor:
        out = self._model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        self._last = len(out.hidden_states) - 1
        rows = [
            pool(out.hidden_states, mask, special, pooling=pooling, layers=layers)
            for pooling, layers in self._choices
        ]
        return torch.stack(rows, dim=1)

    @property
    def _averages(self) -> bool:
        return self.spec.pooling in ("mean", "mean-no-special", "first-last-mean")

    def _states(
        self, ids: Tensor, mask: Tensor, special: Tensor, prompt: str
    ) -> tuple[Tensor, Tensor]:
        out = self._model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        pooling, layers = self._choices[0]
        return averaged(out.hidden_states, mask, special, pooling=pooling, layers=layers)

    @property
    def last_layer(self) -> int:
        """The number of the last layer there is."""
        return self._last

    def spec_of(self, pooling: str, layer: int | tuple[int, ...] | None) -> EncoderSpec:
        """Return the spec of the same checkpoint under another pooling, or of another layer.

        :param layer: none that is above the encoder's own; None for the pooling `first-last-mean`,
            which an encoder of its last layer alone can give.
        :raises EncoderError: if there is no such pooling or layer.
        """
        check_pooling(pooling)
        if layer is not None:
            layers = (layer,) if isinstance(layer, int) else layer
            found = tuple(chosen_layers(layers, self._last))
            layer = found[0] if len(found) == 1 else found
        return replace(self.spec, pooling=pooling, layer=layer)

    def encode_several(
        self, texts: Sequence[str], specs: Sequence[EncoderSpec], *, kind: TextKind = "document"
    ) -> Vectors:
        """Encode texts under several poolings and layers in one pass through the model.

        :param specs: made by `spec_of`.
        :return: float32 [n, specs, dimension], each row as `encode` gives it under that spec.
        """
        other = copy(self)
        other._choices = tuple((spec.pooling, _layers_of(spec)) for spec in specs)
        return other._encode(texts, kind, len(specs))


class SentenceEncoder(TorchEncoder):
    """A sentence-transformers model with all of its own modules.

    :param checkpoint: with a modules.json.
    :param name: what the index records.
    :param prompts: what is put before a query and before a document.
    :param device: such as "cpu" or "cuda:0"; None takes the fastest there is.
    :param dtype: one of `DTYPES`.
    :raises EncoderError: if the checkpoint cannot be loaded.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        name: str,
        prompts: tuple[str, str],
        device: str | None = None,
        dtype: str = "float32",
    ) -> None:
        from sentence_transformers import SentenceTransformer

        place = choose_device(device)
        self._model = load_safely(SentenceTransformer, checkpoint, place).eval()
        with loading(checkpoint):
            self._model.to(chosen_dtype(dtype))
            first: Any = self._model[0]
            self._reads_tokens = hasattr(first, "auto_model")
            tokenizer = self._model.tokenizer
            limit = min(self._model.max_seq_length or _USUAL_LIMIT, 10**6)
        if self._reads_tokens:
            _check_half(first.auto_model.config, dtype)
            limit = min(limit, token_limit(first.auto_model.config, tokenizer))
        cutter = Cutter.of(tokenizer, limit) if self._reads_tokens else Cutter(tokenizer, 0, (), ())
        with loading(checkpoint):
            width = self._model.encode(["a"], show_progress_bar=False).shape[1]
        spec = EncoderSpec(name, checkpoint.revision, width, "own", None, *prompts)
        super().__init__(spec, cutter, place, chosen_dtype(dtype))

    @property
    def _averages(self) -> bool:
        from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

        pooling, *rest = list(self._model)[1:] or [None]
        means = isinstance(pooling, Pooling) and pooling.pooling_mode == "mean"
        return self._reads_tokens and means and all(isinstance(one, Normalize) for one in rest)

    def _states(
        self, ids: Tensor, mask: Tensor, special: Tensor, prompt: str
    ) -> tuple[Tensor, Tensor]:
        found = self._model[0]({"input_ids": ids, "attention_mask": mask})["token_embeddings"]
        kept = mask.bool().clone()
        if not self._model[1].include_prompt:
            kept[:, : len(self._cutter.prefix) + len(self._cutter.prompt_tokens(prompt))] = False
        return found[..., : self.dimension], kept

    @property
    def no_graph(self) -> str:
        """Why `vectors_of` is no graph of its three tensors alone; "" if it is one."""
        if not self._reads_tokens:
            return "it is no transformer"
        counts = any(getattr(part, "include_prompt", True) is False for part in self._model)
        if counts and (self.spec.query_prompt or self.spec.document_prompt):
            return "its pooling leaves out its prompts"
        return ""

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> Vectors:
        """Encode texts; see `WindowedEncoder.encode`. What reads no windows reads texts whole."""
        if self._reads_tokens or not texts:
            return super().encode(texts, kind=kind)
        prompt = self.spec.prompt(kind)
        clean = [sayable(text) for text in texts]
        found = self._model.encode(clean, prompt=prompt or None, show_progress_bar=False)
        vectors = np.nan_to_num(np.asarray(found, np.float32))
        vectors[[not text.strip() for text in clean]] = 0
        return unit(vectors)

    def pieces(self, texts: Sequence[str]) -> list[list[WordPiece]]:
        """Return the word pieces of each text; none where no subword tokenizer cuts it."""
        if self._reads_tokens:
            return super().pieces(texts)
        if not isinstance(self._cutter.tokenizer, Tokenizer):
            return [[] for _ in texts]
        clean = [sayable(text) for text in texts]
        found = self._cutter.tokenizer.encode_batch(clean, add_special_tokens=False)
        return [[WordPiece(piece, True) for piece in one.tokens] for one in found]

    def _vectors(self, ids: Tensor, mask: Tensor, special: Tensor, prompt: str) -> Tensor:
        features: dict[str, Any] = {"input_ids": ids, "attention_mask": mask}
        if prompt:
            # Some models leave the prompt out of their pooling; sentence-transformers asks how long
            # it is.
            before = len(self._cutter.prefix) + len(self._cutter.prompt_tokens(prompt))
            features["prompt_length"] = before
        found: Tensor = self._model(features)["sentence_embedding"]
        return found[:, : self._model.truncate_dim] if self._model.truncate_dim else found


def choose_device(name: str | None) -> torch.device:
    """Return the device of that name, or the fastest there is.

    :raises EncoderError: if this machine has no such device.
    """
    if name is None:
        if torch.cuda.is_available():
            name = "cuda"
        else:
            name = "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        return torch.zeros(1, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise EncoderError(f"This machine has no device {name!r} for torch: try cpu.") from error


def chosen_dtype(name: str) -> torch.dtype:
    """Return what weights are held in.

    :raises EncoderError: if it is none of `DTYPES`.
    """
    if name not in DTYPES:
        known = ", ".join(DTYPES)
        raise EncoderError(f"Weights cannot be held in {name!r}; choose one of: {known}.")
    found: torch.dtype = getattr(torch, name)
    return found


def _check_half(config: Any, dtype: str) -> None:  # noqa: ANN401 - a library without types
    if dtype == "float16" and config.model_type in _OVERFLOWING:
        raise EncoderError("DeBERTa's attention overflows in float16: choose bfloat16.")


@contextmanager
def loading(checkpoint: Checkpoint) -> Iterator[None]:
    """Turn whatever a loader raises into one sentence, and keep its progress bars quiet.

    :raises EncoderError: if loading fails.
    """
    from transformers.utils import logging as untyped

    logging: Any = untyped
    before, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    except EncoderError:
        raise
    except Exception as error:  # loaders of tokenizers, weights and configurations raise anything
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(". ")
        raise EncoderError(
            f"The encoder in {checkpoint.folder} cannot be loaded ({reason}): fetch it again, or "
            "choose another."
        ) from error
    finally:
        logging.set_verbosity(before)
        if bars:
            logging.enable_progress_bar()


def _load(checkpoint: Checkpoint, folder: Path, dtype: torch.dtype) -> tuple[Any, Any]:
    """Load the tokenizer and the model, safetensors first and never any code."""
    from transformers import AutoModel, AutoTokenizer

    warn_of_bin(checkpoint)
    tokenizer = AutoTokenizer.from_pretrained(
        str(folder), trust_remote_code=False, local_files_only=True
    )
    model, report = load_weights(AutoModel, checkpoint, dtype=dtype)
    # The pooler is a head: no pooling here uses it, and masked-language models come without.
    check_whole(folder, [key for key in report["missing_keys"] if not key.startswith("pooler.")])
    if model.config.is_encoder_decoder:
        model = model.get_encoder()
    return tokenizer, model.eval()


def load_weights(
    kind: Any,  # noqa: ANN401 - a library without types
    checkpoint: Checkpoint,
    *,
    dtype: torch.dtype = torch.float32,
    **settings: Any,  # noqa: ANN401
) -> tuple[Any, dict[str, Any]]:
    """Load a model of transformers and what loading reports: safetensors first, never any code.

    :param kind: one of transformers' classes that load by a configuration, such as `AutoModel`.
    :param settings: of the configuration, or one of its own.
    """
    found: tuple[Any, dict[str, Any]] = kind.from_pretrained(
        str(checkpoint.transformer_folder),
        use_safetensors=checkpoint.has_safetensors,
        weights_only=True,
        output_loading_info=True,
        dtype=dtype,
        trust_remote_code=False,
        local_files_only=True,
        **settings,
    )
    return found


def check_whole(folder: Path, missing: Sequence[str]) -> None:
    """Refuse a checkpoint that lacks weights, which would be drawn by chance.

    :raises EncoderError: if any is missing.
    """
    if missing:
        raise EncoderError(
            f"The checkpoint in {folder} lacks {len(missing)} of the weights its configuration "
            f"asks for, such as {sorted(missing)[0]}: it is incomplete, or another model's."
        )


def load_safely(kind: Any, checkpoint: Checkpoint, place: torch.device) -> Any:  # noqa: ANN401
    """Load a model of sentence-transformers: safetensors first, never any code or the network.

    :param kind: its class, `SentenceTransformer` or `CrossEncoder`.
    :raises EncoderError: if it cannot be loaded.
    """
    warn_of_bin(checkpoint)
    with loading(checkpoint):
        return kind(
            str(checkpoint.folder),
            device=str(place),
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": checkpoint.has_safetensors},
        )


def warn_of_bin(checkpoint: Checkpoint) -> None:
    """Warn that a checkpoint's weights are a pickle."""
    if not checkpoint.has_safetensors:
        warnings.warn(
            f"{checkpoint.name} has no safetensors: its pytorch_model.bin is read by torch's "
            "restricted loader.",
            stacklevel=3,
        )


def _layers_of(spec: EncoderSpec) -> tuple[int, ...]:
    if spec.layer is None:
        return (-1,)
    return (spec.layer,) if isinstance(spec.layer, int) else spec.layer


def token_limit(config: Any, tokenizer: Any) -> int:  # noqa: ANN401 - a library without types
    """Return how many tokens a model reads at once, special ones included."""
    positions = getattr(config, "max_position_embeddings", None) or _USUAL_LIMIT
    if config.model_type in _POSITIONS_AFTER_PADDING:
        positions -= (config.pad_token_id or 0) + 1
    return int(min(positions, tokenizer.model_max_length))
