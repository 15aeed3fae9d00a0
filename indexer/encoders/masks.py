"""Masked tokens: what a masked-language model expects where a text has a [MASK].

It is a look into an encoder rather than a way to search: how a text is cut into word pieces, and
what the model makes of their surroundings. Importing this module loads neither torch nor
transformers.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from indexer.encoders.catalog import described, is_exported, is_table
from indexer.encoders.checkpoint import Checkpoint
from indexer.encoders.protocol import sayable
from indexer.errors import EncoderError, QueryError

if TYPE_CHECKING:
    import torch

MASK = "[MASK]"
# What BERT and DeBERTa, and RoBERTa and XLM-R, call it.
_SPELLINGS = (MASK, "<mask>")
_DEBERTAS = {"deberta", "deberta-v2"}


@dataclass(frozen=True, slots=True)
class Guess:
    """A token that may stand where a mask stands.

    :param token: as the vocabulary spells it: `##ing`, `▁Paris`.
    :param text: as it reads.
    :param probability: among all tokens of the vocabulary, at that mask.
    """

    token: str
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with what its masks may stand for.

    :param tokens: the word pieces of the text, with the special tokens around it.
    :param masks: the places of the masks among `tokens`.
    :param guesses: the likeliest tokens of each mask, the likeliest first. Each mask is guessed
        while the others stay masked.
    """

    tokens: tuple[str, ...]
    masks: tuple[int, ...]
    guesses: tuple[tuple[Guess, ...], ...]


class MaskFiller:
    """A masked-language model with its own head.

    :param checkpoint: in hub layout.
    :param name: what errors call it.
    :param device: such as "cpu" or "cuda:0"; None takes the fastest there is.
    :raises EncoderError: if the checkpoint cannot be loaded, or is one without a head.
    """

    def __init__(self, checkpoint: Checkpoint, *, name: str, device: str | None = None) -> None:
        from indexer.encoders.transformer import choose_device, loading, token_limit

        self.name = name
        self._device = choose_device(device)
        with loading(checkpoint):
            self._tokenizer, model = _load(checkpoint, name)
        self._model = model.to(self._device)
        self._limit = token_limit(model.config, self._tokenizer)
        self.mask_token: str = self._tokenizer.mask_token
        spellings = "|".join(map(re.escape, {*_SPELLINGS, self.mask_token}))
        self._mask = re.compile(spellings)

    def fill(self, text: str, *, top: int = 5) -> Filled:
        """Guess what each mask of a text stands for.

        :param text: with `[MASK]`, `<mask>` or the model's own mask token where a token is missing.
        :param top: how many guesses a mask.
        :raises QueryError: if there is no mask in it, or more tokens than the model reads.
        """
        import torch

        clean = sayable(text)
        clean = self._mask.sub(lambda _: self.mask_token, clean)
        ids: list[int] = self._tokenizer(clean, verbose=False)["input_ids"]
        masks = [place for place, one in enumerate(ids) if one == self._tokenizer.mask_token_id]
        if not masks:
            raise QueryError(f"The text has no {MASK}: write one where a word is missing.")
        if len(ids) > self._limit:
            raise QueryError(
                f"The text is {len(ids)} tokens long and {self.name} reads {self._limit}: "
                "shorten it."
            )
        batch = torch.tensor([ids], device=self._device)
        with torch.inference_mode():
            out = self._model(input_ids=batch, attention_mask=torch.ones_like(batch))
        found = out.logits[0, masks].float().softmax(dim=-1).cpu()
        return Filled(
            tuple(self._tokenizer.convert_ids_to_tokens(ids)),
            tuple(masks),
            tuple(self._guesses(row, top) for row in found),
        )

    def _guesses(self, probabilities: "torch.Tensor", top: int) -> tuple[Guess, ...]:
        # A model may have rows to spare, for which the tokenizer has no token.
        known = probabilities[: len(self._tokenizer)]
        best = known.topk(min(top, len(known)))
        tokens = self._tokenizer.convert_ids_to_tokens(best.indices.tolist())
        texts = [self._tokenizer.decode([one]).strip() for one in best.indices.tolist()]
        chosen = zip(tokens, texts, best.values.tolist(), strict=True)
        return tuple(Guess(token, text or token, chance) for token, text, chance in chosen)


def load_mask_filler(
    name: str, *, revision: str | None = None, device: str | None = None
) -> MaskFiller:
    """Load a masked-language model with its head.

    :param name: a name in `CATALOG`, any hub id, or a folder with a checkpoint.
    :param revision: of the hub; None takes the catalog's, else the main branch.
    :param device: of torch, such as "cuda:1"; None takes the fastest there is.
    :raises EncoderError: if there is no such checkpoint, if it has no such head or lacks some of
        its weights, or if what it runs on is not installed.
    """
    if is_table(name) or is_exported(name):
        what = (
            "The embedded encoder is a table of token vectors"
            if is_table(name)
            else f"{name} gives vectors alone"
        )
        raise EncoderError(
            f"{what} and fills no masks: name a masked-language model, such as "
            "bert-base-multilingual-cased."
        )
    entry, checkpoint = described(name, revision)
    return MaskFiller(checkpoint, name=entry.name, device=device)


def _load(checkpoint: Checkpoint, name: str) -> tuple[Any, Any]:
    """Load the tokenizer and the model with its head, safetensors first and never any code."""
    from transformers import AutoConfig, AutoModelForMaskedLM, AutoTokenizer
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING

    from indexer.encoders.transformer import load_weights, warn_of_bin

    warn_of_bin(checkpoint)
    folder = str(checkpoint.transformer_folder)
    safe = {"trust_remote_code": False, "local_files_only": True}
    tokenizer: Any = AutoTokenizer.from_pretrained(folder, **safe)
    config: Any = AutoConfig.from_pretrained(folder, **safe)
    if type(config) not in MODEL_FOR_MASKED_LM_MAPPING or tokenizer.mask_token_id is None:
        raise EncoderError(
            f"{name} fills no masks: its kind, {config.model_type}, has no masked-language-model "
            "head, or its tokenizer no mask token."
        )
    model, report = load_weights(AutoModelForMaskedLM, checkpoint, config=config)
    # DeBERTa v3 keeps its head elsewhere than v2, and its configuration need not say so.
    elsewhere = any(key.startswith("lm_predictions.") for key in report["unexpected_keys"])
    if config.model_type in _DEBERTAS and report["missing_keys"] and elsewhere:
        config.legacy = False
        model, report = load_weights(AutoModelForMaskedLM, checkpoint, config=config)
    missing = sorted(report["missing_keys"])
    if missing:
        body = f"{model.base_model_prefix}."
        part = "weights" if missing[0].startswith(body) else "masked-language-model head"
        raise EncoderError(
            f"{name} fills no masks: its checkpoint lacks the {part} ({len(missing)} missing, such "
            f"as {missing[0]}), and random ones would only guess; name another, such as "
            "bert-base-multilingual-cased."
        )
    return tokenizer, model.eval()
