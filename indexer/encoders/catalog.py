"""The encoders known by name, and the one function that loads any encoder."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.encoders.protocol import Encoder, EncoderSpec
from indexer.errors import EncoderError
from indexer.resources import data_folder

if TYPE_CHECKING:
    from indexer.encoders.checkpoint import Checkpoint

DEFAULT_ENCODER = "embedded"
# The larger encoder of our own: in a checkout's data/plus, too large for the wheel.
PLUS_ENCODER = "embedded-plus"
OWN = "own"
FIRST_LAST = "first-last-mean"
# The file that makes a folder an export for ONNX Runtime.
EXPORT_DESCRIPTION = "onnx_encoder.json"
_XTREME = (
    "a raw masked-language model retrieves best from a middle layer (the protocol of XTREME, "
    "Hu et al., 2020)"
)
_CHOSEN_BY_AUTHORS = "what its authors trained it with"


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """What a person needs to know to choose an encoder.

    :param name: what `load_encoder` takes.
    :param summary: one line.
    :param licence: the licence of the weights.
    :param dimension: the width of its vectors.
    :param hub: the full hub id, "" if it ships.
    :param revision: the hub's commit; None means its main branch.
    :param languages: how many it was trained on.
    :param megabytes: about how much its weights take on disk.
    :param layers: hidden layers, 0 if it is no transformer.
    :param pooling: the pooling taken unless another is asked for; "own" is the model's own modules.
    :param layer: the layer pooled unless another is asked for; None where the pooling has its own.
    :param reason: why that pooling and layer.
    :param query_prompt: put before a query.
    :param document_prompt: put before a passage.
    :param fills_masks: whether it has a masked-language-model head.
    """

    name: str
    summary: str
    licence: str
    dimension: int
    hub: str = ""
    revision: str | None = None
    languages: int = 1
    megabytes: int = 0
    layers: int = 0
    pooling: str = OWN
    layer: int | None = None
    reason: str = _CHOSEN_BY_AUTHORS
    query_prompt: str = ""
    document_prompt: str = ""
    fills_masks: bool = False


CATALOG = (
    CatalogEntry(
        name=DEFAULT_ENCODER,
        summary="static cross-lingual token vectors, ships with Crosstongue, needs no torch",
        licence="CC-BY-SA-4.0",
        dimension=256,
        languages=261,
        megabytes=34,
        pooling="mean",
        reason="it has no layers",
    ),
    CatalogEntry(
        name=PLUS_ENCODER,
        summary="six layers over such a table, better at questions; in a checkout, on ONNX Runtime",
        licence="CC-BY-SA-4.0",
        dimension=384,
        languages=260,
        megabytes=40,
        layers=6,
        pooling="mean",
        reason="what it was trained with",
    ),
    CatalogEntry(
        name="bert-base-multilingual-cased",
        summary="multilingual BERT, WordPiece of 119,547 tokens, a raw masked-language model",
        licence="Apache-2.0",
        dimension=768,
        hub="google-bert/bert-base-multilingual-cased",
        revision="3f076fdb1ab68d5b2880cb87a0886f315b8146f8",
        languages=104,
        megabytes=714,
        layers=12,
        pooling="mean",
        layer=7,
        reason=_XTREME,
        fills_masks=True,
    ),
    CatalogEntry(
        name="bert-base-multilingual-uncased",
        summary="the same without capitals and accents, WordPiece of 105,879 tokens",
        licence="Apache-2.0",
        dimension=768,
        hub="google-bert/bert-base-multilingual-uncased",
        languages=102,
        megabytes=672,
        layers=12,
        pooling="mean",
        layer=7,
        reason=_XTREME,
        fills_masks=True,
    ),
    CatalogEntry(
        name="bert-base-uncased",
        summary="English BERT, a raw masked-language model",
        licence="Apache-2.0",
        dimension=768,
        hub="google-bert/bert-base-uncased",
        revision="86b5e0934494bd15c9632b12f734a8a67f723594",
        megabytes=440,
        layers=12,
        pooling="mean",
        layer=7,
        reason=f"as multilingual BERT: {_XTREME}",
        fills_masks=True,
    ),
    CatalogEntry(
        name="xlm-roberta-large",
        summary="XLM-R, SentencePiece, a raw masked-language model",
        licence="MIT",
        dimension=1024,
        hub="FacebookAI/xlm-roberta-large",
        revision="c23d21b0620b635a76227c604d44e43a9f0ee389",
        languages=100,
        megabytes=2240,
        layers=24,
        pooling="mean",
        layer=13,
        reason=_XTREME,
        fills_masks=True,
    ),
    CatalogEntry(
        name="mdeberta-v3-base",
        summary="multilingual DeBERTa with disentangled attention, trained to tell replaced tokens",
        licence="MIT",
        dimension=768,
        hub="microsoft/mdeberta-v3-base",
        revision="a0484667b22365f84929a935b5e50a51f71f159d",
        languages=100,
        megabytes=560,
        layers=12,
        pooling="mean",
        layer=7,
        reason="the middle, as for multilingual BERT; no published figure was found for it",
        fills_masks=True,
    ),
    CatalogEntry(
        name="paraphrase-multilingual-MiniLM-L12-v2",
        summary="a small sentence encoder taught paraphrases and translations",
        licence="Apache-2.0",
        dimension=384,
        hub="sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        revision="e8f8c211226b894fcb81acc59f3b34ba3efd5f42",
        languages=50,
        megabytes=471,
        layers=12,
    ),
    CatalogEntry(
        name="multilingual-e5-small",
        summary="a small sentence encoder taught questions and their passages",
        licence="MIT",
        dimension=384,
        hub="intfloat/multilingual-e5-small",
        revision="614241f622f53c4eeff9890bdc4f31cfecc418b3",
        languages=100,
        megabytes=471,
        layers=12,
        query_prompt="query: ",
        document_prompt="passage: ",
    ),
    CatalogEntry(
        name="LaBSE",
        summary="a sentence encoder taught translations",
        licence="Apache-2.0",
        dimension=768,
        hub="sentence-transformers/LaBSE",
        revision="836121a0533e5664b21c7aacc5d22951f2b8b25b",
        languages=109,
        megabytes=1880,
        layers=12,
    ),
    CatalogEntry(
        name="bge-m3",
        summary="a large sentence encoder for passages of up to 8,192 tokens",
        licence="MIT",
        dimension=1024,
        hub="BAAI/bge-m3",
        revision="5617a9f61b028005a4858fdac845db406aefb181",
        languages=100,
        megabytes=2270,
        layers=24,
    ),
)
_KNOWN = {key: entry for entry in CATALOG for key in (entry.name, entry.hub) if key}


def load_encoder(
    name: str = DEFAULT_ENCODER,
    *,
    pooling: str | None = None,
    layer: int | Sequence[int] | None = None,
    query_prompt: str | None = None,
    document_prompt: str | None = None,
    revision: str | None = None,
    device: str | None = None,
    dtype: str = "float32",
) -> Encoder:
    """Load an encoder; the same arguments give the same object.

    :param name: a name in `CATALOG`, any hub id, or a folder with a checkpoint, an export, or what
        `python -m indexer.training` wrote.
    :param pooling: cls, mean, max, mean-no-special, first-last-mean, or own for all the modules of
        a sentence-transformers model; None takes the catalog's, else the model's own, else mean.
    :param layer: 0 (the embeddings) to N, -1 for the last, or several to average; None takes the
        catalog's, else the last.
    :param query_prompt: put before a query; None takes the catalog's, else the model's own.
    :param document_prompt: put before a passage, likewise.
    :param revision: of the hub; None takes the catalog's, else the main branch.
    :param device: of torch, such as "cuda:1"; None takes the fastest there is.
    :param dtype: what torch holds the weights in: float32, float16 or bfloat16. The halves take
        half the memory; their vectors differ from float32's by rounding and go into one index.
    :raises EncoderError: if there is no such encoder, pooling, layer or device, if its files are
        damaged, or if what it runs on is not installed.
    """
    several = layer if layer is None or isinstance(layer, int) else tuple(layer)
    if name not in _KNOWN and Path(name).expanduser().is_dir():
        name = str(Path(name).expanduser().resolve())
    return _load(name, pooling, several, query_prompt, document_prompt, revision, device, dtype)


def load_recorded(spec: EncoderSpec, *, latest: bool = False) -> Encoder:
    """Load the encoder that an index records, with its pooling, layer and prompts.

    :param latest: take what stands under its name today rather than the recorded revision.
    """
    if spec.name == DEFAULT_ENCODER:
        return load_encoder(spec.name)
    unpinned = latest or Path(spec.name).is_absolute()
    return load_encoder(
        spec.name,
        pooling=spec.pooling,
        layer=spec.layer,
        query_prompt=spec.query_prompt,
        document_prompt=spec.document_prompt,
        revision=None if unpinned else spec.revision,
    )


@lru_cache(maxsize=2)
def _load(
    name: str,
    pooling: str | None,
    layer: int | tuple[int, ...] | None,
    query_prompt: str | None,
    document_prompt: str | None,
    revision: str | None,
    device: str | None,
    dtype: str,
) -> Encoder:
    if is_table(name):
        if pooling not in (None, "mean") or layer is not None or query_prompt or document_prompt:
            raise EncoderError(
                "The embedded encoder has one pooling (mean), no layers and no prompts: name "
                "another encoder to choose them."
            )
        return _embedded(name)
    if is_exported(name):
        from indexer.encoders.onnx_encoder import OnnxEncoder

        if dtype != "float32":
            raise EncoderError("What an export's weights are held in was chosen when it was made.")
        folder = plus_folder() if name == PLUS_ENCODER else Path(name)
        exported = OnnxEncoder(folder, query_prompt, document_prompt, device, name)
        exported.check(pooling, layer)
        return exported
    entry, found = described(name, revision)
    chosen, layer = settled(entry, pooling, layer)
    own_query, own_document = found.prompts
    prompts = (
        _first(query_prompt, entry.query_prompt or own_query),
        _first(document_prompt, entry.document_prompt or own_document),
    )
    from indexer.encoders.transformer import SentenceEncoder, TransformerEncoder

    if chosen == OWN:
        if not found.is_sentence_model:
            raise EncoderError(f"{name} has no pooling of its own: choose another, such as mean.")
        if layer is not None:
            raise EncoderError("The pooling 'own' has its own layers: name none.")
        return SentenceEncoder(found, name=entry.name, prompts=prompts, device=device, dtype=dtype)
    return TransformerEncoder(
        found,
        name=entry.name,
        pooling=chosen,
        layer=layer,
        prompts=prompts,
        device=device,
        dtype=dtype,
        raw=entry.fills_masks,
    )


def is_table(name: str) -> bool:
    """Whether a name is the embedded encoder, or a folder with one of one's own training."""
    if name == DEFAULT_ENCODER:
        return True
    try:
        config = json.loads((Path(name).expanduser() / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and {"languages", "sha256"} <= config.keys()


def table_folder(name: str) -> Path:
    """Return the folder of an encoder that `is_table`."""
    return data_folder() / DEFAULT_ENCODER if name == DEFAULT_ENCODER else Path(name).expanduser()


def is_exported(name: str) -> bool:
    """Whether a name is a folder that `crosstongue export --to onnx` wrote, or `embedded-plus`."""
    return name == PLUS_ENCODER or (Path(name).expanduser() / EXPORT_DESCRIPTION).is_file()


def has_plus() -> bool:
    """Whether `embedded-plus` is here: a checkout holds it, a wheel does not."""
    return (data_folder() / "plus" / EXPORT_DESCRIPTION).is_file()


def plus_folder() -> Path:
    """Return the folder of `embedded-plus`.

    :raises EncoderError: if it is not here.
    """
    if not has_plus():
        raise EncoderError(
            f"{PLUS_ENCODER} is too large for the package: run Crosstongue from a checkout of its "
            "repository, or give the path of that checkout's data/plus."
        )
    return data_folder() / "plus"


def described(name: str, revision: str | None = None) -> tuple[CatalogEntry, "Checkpoint"]:
    """Find a transformer's checkpoint and its entry, made up for one the catalog does not know.

    :raises EncoderError: if there is none, or what it runs on is not installed.
    """
    from indexer.encoders import checkpoint as checkpoints

    entry = _KNOWN.get(name)
    if entry is None and not checkpoints.may_be_one(name):
        known = ", ".join(entry.name for entry in CATALOG)
        raise EncoderError(
            f"There is no encoder called {name!r}; choose one of: {known}; or give a hub id "
            "(owner/name) or a folder."
        )
    checkpoints.require_packages(name)
    if entry is None:
        found = checkpoints.find_checkpoint(name, revision)
        usual = OWN if found.is_sentence_model else "mean"
        raw = found.is_raw
        return CatalogEntry(found.name, "", "", 0, pooling=usual, fills_masks=raw), found
    return entry, checkpoints.find_checkpoint(entry.hub, revision or entry.revision)


def settled(
    entry: CatalogEntry, pooling: str | None, layer: int | tuple[int, ...] | None
) -> tuple[str, int | tuple[int, ...] | None]:
    """Return the pooling and the layer that are meant; a layer of None is the pooling's own."""
    usual = "mean" if layer is not None and entry.pooling == OWN else entry.pooling
    chosen = pooling or usual
    if layer is None and chosen not in (OWN, FIRST_LAST):
        return chosen, entry.layer
    return chosen, layer


@lru_cache(maxsize=2)
def _embedded(name: str) -> Encoder:
    from indexer.encoders.embedded import EmbeddedEncoder

    return EmbeddedEncoder(table_folder(name), name)


def _first(given: str | None, usual: str) -> str:
    return usual if given is None else given
