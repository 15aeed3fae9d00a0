"""`fill` as a person gives it, on a small checkpoint of random weights."""

import json

import pytest

pytest.importorskip("transformers")

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "die", "katze", "sa", "##ß", "אבג", "."]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    import torch
    import transformers

    folder = tmp_path_factory.mktemp("fill")
    (folder / "vocab.txt").write_text("\n".join(WORDS), "utf-8")
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(1)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.BertConfig(
        vocab_size=len(WORDS), intermediate_size=16, initializer_range=1.0, **size
    )
    transformers.BertForMaskedLM(config).save_pretrained(folder)
    return folder


def test_each_mask_gets_its_guesses(crosstongue, model):
    done = crosstongue("fill", "Die <mask> saß [MASK].", "--encoder", model, "--top", "2")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["mask", "probability", "word"]
    assert [row[0] for row in rows[1:]] == ["1", "1", "2", "2"]
    assert 1 >= float(rows[1][1]) >= float(rows[2][1]) >= 0


def test_the_word_pieces_are_shown_when_asked_for(crosstongue, model):
    done = crosstongue("fill", "-", "--encoder", model, "--tokens", stdin="Die [MASK] saß.\n")
    assert done.stdout.splitlines()[0] == "[CLS] die [MASK] sa ##ß . [SEP]"
    assert done.stdout.splitlines()[2].split() == ["mask", "probability", "word", "piece"]


def test_json_holds_all_of_it(crosstongue, model):
    done = crosstongue("fill", "die [MASK]", "--encoder", model, "--top", "99", "--json")
    said = json.loads(done.stdout)
    assert said["tokens"] == ["[CLS]", "die", "[MASK]", "[SEP]"]
    [mask] = said["masks"]
    assert mask["place"] == 2
    assert {guess["token"] for guess in mask["guesses"]} == set(WORDS)
    assert sum(guess["probability"] for guess in mask["guesses"]) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["die katze", "--encoder", "MODEL"], "no [MASK]"),
        (["[MASK]", "--encoder", "embedded"], "fills no masks"),
        (["[MASK]", "--encoder", "xlm-roberta-large"], "hf download FacebookAI/xlm-roberta-large"),
        (["[MASK]", "--encoder", "/no/such"], "no folder /no/such"),
    ],
)
def test_what_cannot_be_filled_is_told_in_one_line(crosstongue, model, arguments, said):
    done = crosstongue("fill", *[model if part == "MODEL" else part for part in arguments])
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert said in done.stderr
