"""Pooling, held to numpy and to sentence-transformers on every architecture."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from indexer.encoders.transformer_pooling import POOLINGS, pool  # noqa: E402
from indexer.errors import EncoderError  # noqa: E402

SIZE = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 40,
}
ARCHITECTURES = {
    "bert": lambda: transformers.BertModel(transformers.BertConfig(**SIZE)),
    "xlm-roberta": lambda: transformers.XLMRobertaModel(transformers.XLMRobertaConfig(**SIZE)),
    "deberta-v2": lambda: transformers.DebertaV2Model(
        transformers.DebertaV2Config(
            **SIZE, relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=8
        )
    ),
}
# Three texts of 7, 3 and 2 tokens, the last with special ones only; the second is padded left.
MASK = np.array([[1] * 7, [0] * 4 + [1] * 3, [1, 1] + [0] * 5])
SPECIAL = np.array(
    [[1, 0, 0, 0, 0, 0, 1], [1, 1, 1, 1, 1, 0, 1], [1] * 7],
)


@pytest.fixture(params=ARCHITECTURES)
def states(request):
    torch.manual_seed(7)
    model = ARCHITECTURES[request.param]().eval()
    ids = torch.randint(5, 50, MASK.shape)
    with torch.inference_mode():
        out = model(ids, attention_mask=torch.tensor(MASK), output_hidden_states=True)
    return out.hidden_states


def by_numpy(states, pooling, layers):
    arrays = [state.numpy().astype(np.float64) for state in states]
    if pooling == "first-last-mean":
        layers = [0, len(arrays) - 1]
    hidden = sum(arrays[layer] for layer in layers) / len(layers)
    rows = []
    for text, mask, special in zip(hidden, MASK, SPECIAL, strict=True):
        tokens = text[mask == 1]
        words = text[(mask == 1) & (special == 0)]
        if pooling == "cls":
            rows.append(tokens[0])
        elif pooling == "max":
            rows.append(tokens.max(axis=0))
        elif pooling == "mean-no-special" and len(words):
            rows.append(words.mean(axis=0))
        else:
            rows.append(tokens.mean(axis=0))
    return np.array(rows)


def pooled(states, pooling, layers=(-1,), mask=MASK):
    return pool(
        states, torch.tensor(mask), torch.tensor(SPECIAL), pooling=pooling, layers=layers
    ).numpy()


@pytest.mark.parametrize("layers", [[0], [1], [2], [3], [1, 2, 3]])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_every_pooling_of_every_layer_is_what_numpy_gives(states, pooling, layers):
    found = pooled(states, pooling, layers)
    np.testing.assert_allclose(found, by_numpy(states, pooling, layers), atol=1e-5)


@pytest.mark.parametrize("pooling", ["cls", "mean", "max"])
def test_pooling_is_what_sentence_transformers_gives(states, pooling):
    from sentence_transformers.sentence_transformer.modules import Pooling as Theirs

    theirs = Theirs(16, pooling_mode=pooling)(
        {"token_embeddings": states[-1].clone(), "attention_mask": torch.tensor(MASK)}
    )["sentence_embedding"]
    np.testing.assert_allclose(pooled(states, pooling), theirs.numpy(), atol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_nothing_in_the_padding_reaches_a_vector(states, pooling):
    spoilt = [state.clone() for state in states]
    for state in spoilt:
        state[torch.tensor(MASK) == 0] = torch.nan
    np.testing.assert_array_equal(pooled(spoilt, pooling), pooled(states, pooling))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_text_without_any_token_gives_zeros(states, pooling):
    mask = MASK.copy()
    mask[1] = 0
    found = pooled(states, pooling, mask=mask)
    assert not found[1].any()
    assert found[0].any()


def test_a_pooling_or_layer_that_is_not_there_is_named(states):
    with pytest.raises(EncoderError, match=r"no pooling called 'median'; choose one of: cls, mean"):
        pooled(states, "median")
    with pytest.raises(EncoderError, match="no layer 4; this encoder has layers 0 to 3"):
        pooled(states, "mean", [4])
    with pytest.raises(EncoderError, match="at least one layer to pool, 0 to 3"):
        pooled(states, "mean", [])
