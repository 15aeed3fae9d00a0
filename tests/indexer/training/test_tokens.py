import numpy as np
import pytest
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from indexer.training.tokens import as_shipped, token_weights

PIECES = [("<unk>", 0.0), ("▁", -2.0), ("▁the", -3.0), ("▁cat", -4.0), ("s", -5.0), ("'", -5.0)]
LETTERS = [(letter, -9.0) for letter in "abcdefghijklmnopqrtuvwxyz0123456789.,!€"]


def test_the_tokenizer_that_ships_cuts_as_the_trained_one() -> None:
    trained = Tokenizer(models.Unigram([*PIECES, *LETTERS], unk_id=0))
    trained.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    trained.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="always", split=True),
            pre_tokenizers.Split(Regex(r"[[\p{P}\p{S}\p{N}]&&[^▁]]"), behavior="isolated"),
        ]
    )
    shipped = as_shipped(trained)
    for text in ("The cat's 2024 toys!", "cats, the 'cat'", "€12.50the", "...", "ＴＨＥ ｃａｔ"):
        assert shipped.encode(text).ids == trained.encode(text).ids


def test_line_ends_and_tabs_part_words_like_spaces() -> None:
    shipped = as_shipped(Tokenizer(models.Unigram([*PIECES, *LETTERS], unk_id=0)))
    assert shipped.encode("the\n\tcat ").tokens == ["▁the", "▁cat"]


def test_the_commoner_a_piece_the_less_it_counts() -> None:
    vocabulary = [("<unk>", 0.0), ("▁the", -2.0), ("▁zebra", -12.0)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=0))
    _, common, rare = token_weights(tokenizer)
    assert common == pytest.approx(0.001 / (0.001 + np.exp(-2.0)), rel=1e-2)
    assert rare > 0.99
