"""Tiny checkpoints in hub layout, random weights and real tokenizers, built where they are used."""

import json
import shutil
from pathlib import Path

import pytest

CORPUS = [
    "The cat sat on the mat and watched the rain.",
    "Die Katze saß auf der Matte und sah dem Regen zu.",
    "Le chat était assis sur le tapis et regardait la pluie.",
    "猫はマットに座って雨を見ていた。",
    "Кошка сидела на коврике и смотрела на дождь.",
] * 4
SPECIAL = {
    "bert": ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
    "xlm-roberta": ["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
    "deberta-v2": ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"],
}
ARCHITECTURES = tuple(SPECIAL)
LAYERS = 4


def build(architecture: str, folder: Path) -> Path:
    """Train a tokenizer, make a model of that architecture, and save both as the hub holds them."""
    import tokenizers as tk
    import torch
    import transformers

    names = SPECIAL[architecture]
    if architecture == "bert":
        made = tk.Tokenizer(tk.models.WordPiece(unk_token="[UNK]"))
        made.normalizer = tk.normalizers.BertNormalizer(lowercase=False)
        made.pre_tokenizer = tk.pre_tokenizers.BertPreTokenizer()
        trainer = tk.trainers.WordPieceTrainer(vocab_size=300, special_tokens=names)
        first, last, pad, unknown = "[CLS]", "[SEP]", "[PAD]", "[UNK]"
    else:
        made = tk.Tokenizer(tk.models.Unigram())
        made.normalizer = tk.normalizers.NFKC()
        made.pre_tokenizer = tk.pre_tokenizers.Metaspace()
        unknown = "<unk>" if architecture == "xlm-roberta" else "[UNK]"
        trainer = tk.trainers.UnigramTrainer(
            vocab_size=200, special_tokens=names, unk_token=unknown, show_progress=False
        )
        first, last, pad = (
            ("<s>", "</s>", "<pad>")
            if architecture == "xlm-roberta"
            else ("[CLS]", "[SEP]", "[PAD]")
        )
    made.train_from_iterator(CORPUS, trainer)
    made.post_processor = tk.processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} $B {last}",
        special_tokens=[(first, made.token_to_id(first)), (last, made.token_to_id(last))],
    )
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made,
        cls_token=first,
        sep_token=last,
        pad_token=pad,
        unk_token=unknown,
        mask_token=names[-1],
        model_max_length=512,
    )
    wrapped.save_pretrained(folder)
    torch.manual_seed(3)
    size = {
        "vocab_size": made.get_vocab_size(),
        "hidden_size": 32,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "max_position_embeddings": 48,
        "pad_token_id": made.token_to_id(pad),
        # Wide enough that no two texts look alike to an untrained model.
        "initializer_range": 0.3,
    }
    if architecture == "bert":
        model = transformers.BertForMaskedLM(transformers.BertConfig(**size))
    elif architecture == "xlm-roberta":
        model = transformers.XLMRobertaForMaskedLM(transformers.XLMRobertaConfig(**size))
    else:
        model = transformers.DebertaV2Model(
            transformers.DebertaV2Config(
                **size,
                relative_attention=True,
                pos_att_type=["p2c", "c2p"],
                position_buckets=8,
                position_biased_input=False,
                share_att_key=True,
                norm_rel_ebd="layer_norm",
            )
        )
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A checkpoint of every architecture; copy one before changing it."""
    place = tmp_path_factory.mktemp("checkpoints")
    return {name: build(name, place / name) for name in ARCHITECTURES}


@pytest.fixture(scope="session")
def sentence_model(checkpoints: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model with a dense layer and prompts of its own."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    torch.manual_seed(5)
    transformer = modules.Transformer(str(checkpoints["bert"]), max_seq_length=40)
    model = SentenceTransformer(
        modules=[
            transformer,
            modules.Pooling(32, pooling_mode="cls"),
            modules.Dense(32, 24),
            modules.Normalize(),
        ],
        prompts={"query": "cat: ", "document": "rain: "},
        device="cpu",
    )
    folder = tmp_path_factory.mktemp("sentence") / "model"
    model.save(str(folder))
    return folder


@pytest.fixture
def bert(checkpoints: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of the BERT checkpoint, to be changed."""
    return Path(shutil.copytree(checkpoints["bert"], tmp_path / "bert"))


@pytest.fixture
def change_json() -> object:
    """Set keys of a JSON file."""

    def change(file: Path, **values: object) -> None:
        file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), **values}), "utf-8")

    return change
