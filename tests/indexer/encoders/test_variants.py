"""One pass under several poolings and layers gives what each encoder gives by itself."""

import numpy as np
import pytest

pytest.importorskip("sentence_transformers")

from indexer import load_encoder
from indexer.encoders.variants import load_variants
from indexer.errors import EncoderError

LONG = "The cat sat on the mat and watched the rain. " * 12
TEXTS = ["The cat sat on the mat.", "雨", LONG, "", "Кошка сидела"]


def passes(variants):
    """How many batches go through each of the models that variants hold."""
    counted = []
    for encoder in [*variants._alone, variants._shared]:
        if encoder is not None:
            encoder._model.register_forward_hook(lambda *_: counted.append(1))
    return counted


@pytest.mark.parametrize("architecture", ["bert", "xlm-roberta", "deberta-v2"])
def test_variants_are_what_load_encoder_gives(checkpoints, architecture):
    name = str(checkpoints[architecture])
    variants = load_variants(
        name, ["mean", "cls", "first-last-mean"], [0, 2, 4, (1, 3)], device="cpu"
    )
    assert len(variants.specs) == 9
    for spec, vectors in zip(variants.specs, variants.encode(TEXTS), strict=True):
        one = load_encoder(name, pooling=spec.pooling, layer=spec.layer, device="cpu")
        assert spec.fingerprint == one.spec.fingerprint
        np.testing.assert_allclose(vectors, one.encode(TEXTS), atol=1e-5)


def test_all_layers_take_one_pass(checkpoints):
    variants = load_variants(str(checkpoints["bert"]), ["mean", "cls"], "all")
    assert [spec.layer for spec in variants.specs] == [0, 1, 2, 3, 4] * 2
    counted = passes(variants)
    list(variants.encode(["The cat", "Die Katze"]))
    assert len(counted) == 1


def test_nothing_asked_for_is_the_encoder_as_it_is(checkpoints, sentence_model):
    for name in ("embedded", str(checkpoints["bert"]), str(sentence_model)):
        [spec] = load_variants(name).specs
        assert spec == load_encoder(name).spec


def test_a_model_s_own_pooling_stands_beside_its_layers(sentence_model):
    name = str(sentence_model)
    variants = load_variants(name, ["own", "mean"], [1, -1])
    assert [(spec.pooling, spec.layer) for spec in variants.specs] == [
        ("own", None),
        ("mean", 1),
        ("mean", 4),
    ]
    own, *_ = variants.encode(TEXTS, kind="query")
    np.testing.assert_allclose(own, load_encoder(name).encode(TEXTS, kind="query"), atol=1e-6)


def test_the_embedded_encoder_has_one_variant():
    assert len(load_variants("embedded", ["mean", "cls"], [1, 2]).specs) == 1


@pytest.mark.parametrize(
    ("poolings", "layers", "said"),
    [
        (["mean"], [1, 9], "no layer 9; this encoder has layers 0 to 4"),
        (["mean", "median"], [1], "no pooling called 'median'"),
        (["own", "mean"], [1], "no pooling of its own"),
    ],
)
def test_a_variant_that_is_not_there_is_refused_before_anything_is_encoded(
    checkpoints, poolings, layers, said
):
    with pytest.raises(EncoderError, match=said):
        load_variants(str(checkpoints["bert"]), poolings, layers)
