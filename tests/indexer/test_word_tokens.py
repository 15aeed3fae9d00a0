"""The tokens of words that were met before are those the tokenizer gives whole texts."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from indexer.encoders import word_tokens
from indexer.encoders.embedded import EmbeddedEncoder
from indexer.encoders.word_tokens import WordTokens, split, split_in_place
from indexer.resources import data_folder

# White space of all kinds, marks at the start of a word, what NFKC writes with a space, tokens
# outside the vocabulary, scripts without spaces, nothing at all.
ODD = [
    "a\x1cb c", "a\x1f\x1f b", "  x ¨ y¨z ", "\u3000日本 語\u2028x", "a\xa0b\x85c\td\ne",
    "<unk> x<unk>y", "e\u0301 \u0301x", "ﷺ a", "", "   ", "\x1c", "▁a ▁ b▁c", "ΣΑΣ ΟΔΟΣ", "İi",
    "ﬁn ①② ｶﾞ", "การเดินทางไปยังประเทศญี่ปุ่นในฤดูใบไม้ร่วง", "x" * 5_000, "a\ufeffb \u200bc",
    "我们明天早上八点在火车站门口见面好吗我会带上所有的行李和车票",
    "Guten Morgen, wie geht's? 12.345,67 €", "naïve Straße 위험은 ความเสี่ยง",
]  # fmt: skip


@pytest.fixture
def encoder() -> EmbeddedEncoder:
    made = EmbeddedEncoder(data_folder() / "embedded")
    assert made.tokenizer
    return made


def vectors_and_places(encoder: EmbeddedEncoder, texts: list[str]) -> list[bytes]:
    found = encoder.token_vectors(texts)
    parts = [part for one in found for part in (one.starts, one.ends, one.vectors)]
    return [part.tobytes() for part in (*parts, encoder.encode(texts))]


@pytest.mark.parametrize("together", [False, True])
def test_tokens_are_those_of_the_tokenizer(encoder: EmbeddedEncoder, together: bool) -> None:
    texts = ["\n".join(ODD), " ".join(ODD)] if together else ODD
    expected = encoder.tokenizer.encode_batch(texts, add_special_tokens=False)
    for _ in range(2):  # with words that are new, then with words that are known
        tokens, lengths = encoder._tokens(texts)
        assert tokens.tolist() == [id for one in expected for id in one.ids]
        assert lengths.tolist() == list(map(len, expected))
        for one, found in zip(expected, encoder.token_vectors(texts), strict=True):
            assert list(zip(found.starts.tolist(), found.ends.tolist(), strict=True)) == one.offsets


def test_what_is_kept_is_forgotten_in_time_and_changes_nothing(
    encoder: EmbeddedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = vectors_and_places(encoder, ODD)
    monkeypatch.setattr(word_tokens, "MOST_WORDS", 3)
    for text in ODD:
        encoder.encode([text])
    assert vectors_and_places(encoder, ODD) == before
    assert len(encoder._words._numbers) < 100


def test_threads_ask_at_once(encoder: EmbeddedEncoder) -> None:
    texts = [f"word{number % 97} {text} {number}" for number in range(300) for text in ODD]
    expected = encoder.encode(texts)
    other = EmbeddedEncoder(data_folder() / "embedded")
    assert other.tokenizer
    runs = [texts[start::8] for start in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(other.encode, runs))
    for start, vectors in enumerate(found):
        assert np.array_equal(vectors, expected[start::8])


def test_words_that_could_not_be_cut_are_not_kept() -> None:
    fail = [True]

    def cut(words: list[str]) -> tuple[np.ndarray, np.ndarray]:
        if fail.pop():
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates")
        counts = np.array(list(map(len, words)), np.int64)
        return np.array([ord(char) for char in "".join(words)], np.int32), counts

    placed: list[list[str]] = []

    def place(words: list[str], ids: np.ndarray, counts: np.ndarray) -> np.ndarray:
        placed.append(words)
        return np.stack([ids, ids], axis=1)

    words = WordTokens(cut, place)
    with pytest.raises(UnicodeEncodeError):
        words.of(["ab", "c"])
    fail += [False]
    ids, counts = words.of(["c", "ab", "c", "z" * 30])
    assert ("".join(map(chr, ids)), counts.tolist()) == ("cabc" + "z" * 30, [1, 2, 1, 30])
    ids, counts = words.of(["ab", "c"])  # known: nothing is left to pop
    assert ("".join(map(chr, ids)), counts.tolist()) == ("abc", [2, 1])
    for _ in range(2):
        ids, places, counts = words.in_place(["ab", "c", "ab"])
        assert places.tolist() == [[id, id] for id in ids.tolist()]
    assert sorted(placed[0]) == ["ab", "c"] and len(placed) == 1
    # A long word is not kept, so its places are not either.
    for letter in "xy":
        fail += [False]
        ids, places, _ = words.in_place([letter * 30])
        assert set(map(chr, places.ravel())) == {letter}


def test_words_are_placed_where_they_stand() -> None:
    for text in ODD:
        words, starts = split_in_place([text, "und mehr"])
        assert words == split([text, "und mehr"])
        placed = zip(words[0], starts.tolist(), strict=False)
        assert all(text[start : start + len(word)] == word for word, start in placed)
        assert starts.tolist()[-2:] == [0, 4]
