import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from indexer.encoders.unigram import UnigramCutter
from indexer.resources import data_folder

STORED = (data_folder() / "embedded" / "tokenizer.json").read_bytes()
CUTTER = UnigramCutter(STORED)
TOKENIZER = Tokenizer.from_buffer(STORED)


def cut_alike(text: str) -> bool:
    found, wanted = CUTTER.encode(text), TOKENIZER.encode(text, add_special_tokens=False)
    return (found.ids, found.offsets, found.tokens) == (wanted.ids, wanted.offsets, wanted.tokens)


def test_every_line_of_the_samples_is_cut_as_the_tokenizer_cuts_it() -> None:
    lines = [
        line
        for path in sorted((data_folder() / "samples").rglob("*"))
        if path.suffix in {".md", ".txt", ".rst", ".html", ".srt", ".csv"}
        for line in path.read_text("utf-8", "replace").splitlines()
    ]
    assert len(lines) > 1_000
    assert [line for line in lines if not cut_alike(line)] == []


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60).filter(CUTTER.can_cut))
@settings(max_examples=300)
def test_any_text_is_cut_as_the_tokenizer_cuts_it(text: str) -> None:
    assert cut_alike(text)


def test_a_text_with_a_special_token_is_left_to_the_tokenizer() -> None:
    assert not CUTTER.can_cut("what does <unk> mean?")


def test_another_kind_of_model_is_refused() -> None:
    other = Tokenizer(models.BPE()).to_str().encode()
    with pytest.raises(ValueError, match="BPE"):
        UnigramCutter(other)
