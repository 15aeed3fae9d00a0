import dataclasses
import hashlib
import itertools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from indexer import CrosstongueError, load_encoder
from indexer.encoders import Encoder, TextKind, embedded
from indexer.encoders.embedded import EmbeddedEncoder, save_embedded
from indexer.encoders.few_bits import quantise
from indexer.languages import LanguageIdentifier
from indexer.resources import data_folder

ARTIFACT = data_folder() / "embedded"

TRANSLATIONS = [
    ("Where is the nearest hospital?", "Wo ist das nächste Krankenhaus?"),
    ("The cat sleeps on the chair.", "Кошка спит на стуле."),
    ("It will rain tomorrow.", "明日は雨が降ります。"),
    ("I would like a cup of tea.", "我想喝一杯茶。"),
    ("My brother is a teacher.", "Mi hermano es profesor."),
    ("The window is broken.", "النافذة مكسورة."),
]


@pytest.fixture(scope="module")
def encoder() -> EmbeddedEncoder:
    loaded = load_encoder("embedded")
    assert isinstance(loaded, EmbeddedEncoder)
    return loaded


def test_it_is_an_encoder_with_a_fingerprint_of_its_own(encoder: EmbeddedEncoder) -> None:
    assert isinstance(encoder, Encoder)
    assert encoder.spec.name == "embedded"
    assert len(encoder.spec.fingerprint) == 16


def test_translations_are_each_others_nearest(encoder: EmbeddedEncoder) -> None:
    english = encoder.encode([one for one, _ in TRANSLATIONS], kind="query")
    foreign = encoder.encode([other for _, other in TRANSLATIONS])
    assert (english @ foreign.T).argmax(axis=1).tolist() == list(range(len(TRANSLATIONS)))


def test_vectors_are_unit_rows_of_the_promised_shape(encoder: EmbeddedEncoder) -> None:
    vectors = encoder.encode(["one", "two words", "三つ"])
    assert vectors.shape == (3, encoder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_words_are_met_until_half_of_those_it_keeps(
    encoder: EmbeddedEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "MOST_WORDS", 6)
    encoder.forget_words()
    assert encoder.meet_words(["one two", "two \ud800", ""]) is False
    encoder.forget_words()
    assert encoder.meet_words(["one two", "two"]) is True
    assert encoder.meet_words([]) is True
    assert encoder.meet_words(["three"]) is False


def test_no_texts_give_no_vectors(encoder: EmbeddedEncoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimension)
    assert encoder.identify([]) == []


def test_a_text_without_letters_or_signs_gives_zeros_and_no_language(
    encoder: EmbeddedEncoder,
) -> None:
    vectors, languages = encoder.encode_with_languages(["", "  \n\t"])
    assert not vectors.any()
    assert languages == [("und", 0.0), ("und", 0.0)]


@pytest.mark.parametrize(
    "text",
    ["\ud800 half a pair", "\x00\x01\x7f", "\u202eright to left\u202c", "👩‍👩‍👧‍👦", "a" * 100_000],
    ids=["lone surrogate", "control", "bidi", "emoji", "long"],
)
def test_odd_texts_encode_without_error(encoder: EmbeddedEncoder, text: str) -> None:
    vectors = encoder.encode(["plain", text])
    assert np.isfinite(vectors).all()
    assert vectors[0].any()


def test_a_line_of_ten_megabytes_encodes_as_exactly_as_a_short_one(
    encoder: EmbeddedEncoder,
) -> None:
    long, short = encoder.encode(
        ["the quick brown fox " * 500_000, "the quick brown fox"], kind="query"
    )
    assert np.allclose(long, short, atol=1e-5)


def test_line_ends_tabs_and_many_spaces_count_as_one_space(encoder: EmbeddedEncoder) -> None:
    one, other = encoder.encode(["the  quick\tbrown\nfox\r\n jumps ", "the quick brown fox jumps"])
    assert np.array_equal(one, other)


def test_equal_texts_give_bitwise_equal_vectors_whatever_batch_they_are_in(
    encoder: EmbeddedEncoder,
) -> None:
    fresh = EmbeddedEncoder(ARTIFACT)  # has not yet dequantised its table
    text = "Ein Satz, der in jedem Stapel gleich aussieht. 猫が好き。"
    alone = fresh.encode([text])[0]
    filler = [f"{other} {number}" for number in range(1_500) for _, other in TRANSLATIONS]
    assert "tokenizer" not in vars(fresh)  # and has cut without its tokenizer
    crowd = fresh.encode([*filler[:4_500], text, *filler[4_500:]])
    assert np.array_equal(alone, crowd[4_500])
    assert np.array_equal(alone, fresh.encode([text])[0])


def test_a_text_of_some_length_is_the_same_beside_one_whose_words_are_weighted(
    encoder: EmbeddedEncoder,
) -> None:
    middling, long = " ".join(["Der Wasserhahn in der Küche tropft"] * 4), "Kurz und gut. " * 90
    assert np.array_equal(encoder.encode([middling])[0], encoder.encode([long, middling])[1])


def test_vectors_with_languages_are_the_same_vectors(encoder: EmbeddedEncoder) -> None:
    texts = [text for pair in TRANSLATIONS for text in pair]
    vectors, languages = encoder.encode_with_languages(texts)
    assert np.array_equal(vectors, encoder.encode(texts))
    assert languages == encoder.identify(texts)


def summed(encoder: EmbeddedEncoder, text: str, weigh: bool) -> NDArray[np.float64]:
    """Return the unit sum of the rows of a text's tokens and of its pairs of them, one by one."""
    model = encoder.model
    ids = encoder.tokenizer.encode(text, add_special_tokens=False).ids
    weight = dict.fromkeys(ids, 1.0)
    if weigh:
        weight = {id_: float(model.token_weight[id_]) for id_ in ids}
    pairs = {(first, second): row for row, (first, second) in enumerate(model.bigrams.tolist())}
    total = np.zeros(encoder.dimension)
    for id_ in ids:
        total += weight[id_] * model.table.rows(np.array([id_]))[0]
    for pair in itertools.pairwise(ids):
        if pair in pairs:
            row = model.bigram_table.rows(np.array([pairs[pair]]))[0]
            total += (weight[pair[0]] + weight[pair[1]]) / 2 * row
    return total / np.linalg.norm(total)


@pytest.mark.parametrize("text", ["El grifo de la cocina gotea", "Chúc mừng năm mới!", "猫が好き"])
def test_a_vector_is_the_unit_mean_of_the_rows_of_its_tokens_and_pairs(
    encoder: EmbeddedEncoder, text: str
) -> None:
    expected = summed(encoder, text, weigh=False)
    assert np.allclose(encoder.encode([text])[0], expected, atol=1e-5)


def test_words_in_another_order_are_another_text(encoder: EmbeddedEncoder) -> None:
    one, other = encoder.encode(["good night, see you", "you see, night good"])
    assert one @ other < 0.99


def test_pairs_are_stored_ascending_and_once(encoder: EmbeddedEncoder) -> None:
    pairs = encoder.model.bigrams
    assert len(pairs) == len(encoder.model.bigram_table.codes) == len(encoder.model.bigram_share)
    assert np.array_equal(np.unique(pairs, axis=0), pairs)
    assert len(pairs) > 20_000
    assert ((encoder.model.bigram_share > 0) & (encoder.model.bigram_share <= 1)).all()


def test_a_table_that_was_trained_without_pairs_still_works(
    encoder: EmbeddedEncoder, tmp_path: Path
) -> None:
    without = dataclasses.replace(
        encoder.model,
        bigrams=np.empty((0, 2), np.int32),
        bigram_share=np.empty((0, 2), np.float16),
        bigram_table=quantise(np.empty((0, encoder.dimension), np.float32), 2),
    )
    save_embedded(tmp_path, without, encoder.tokenizer)
    tensors = load_file(tmp_path / "model.safetensors")
    old = {name: tensor for name, tensor in tensors.items() if not name.startswith("bigram")}
    save_file(old, tmp_path / "model.safetensors")
    config = json.loads((tmp_path / "config.json").read_text("utf-8"))
    content = (tmp_path / "model.safetensors").read_bytes()
    config["sha256"]["model.safetensors"] = hashlib.sha256(content).hexdigest()
    (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")
    ids = encoder.tokenizer.encode("good night", add_special_tokens=False).ids
    mean = encoder.model.table.rows(np.array(ids)).mean(axis=0)
    found = EmbeddedEncoder(tmp_path)
    assert np.allclose(found.encode(["good night"])[0], mean / np.linalg.norm(mean), atol=1e-5)
    assert len(found.token_vectors(["good night"])[0].vectors) == len(ids)


def test_common_words_count_less_in_a_query_and_in_a_long_text(encoder: EmbeddedEncoder) -> None:
    text = "Why is it that the tap in the kitchen is dripping all of the time?"
    subject = encoder.encode(["kitchen tap dripping"])[0]
    as_sentence, as_query = (encoder.encode([text], kind=k)[0] for k in ("document", "query"))
    assert as_query @ subject > as_sentence @ subject
    long = " ".join([text] * 8)
    assert np.allclose(encoder.encode([long])[0], as_query, atol=1e-5)
    assert np.allclose(as_query, summed(encoder, text, weigh=True), atol=1e-5)


@pytest.mark.parametrize("kind", ["query", "document"])
def test_the_vectors_of_tokens_add_up_to_that_of_the_text(
    encoder: EmbeddedEncoder, kind: TextKind
) -> None:
    for text in ("Der Wasserhahn in der Küche tropft.", "Der Wasserhahn tropft. " * 9):
        total = encoder.token_vectors([text], kind=kind)[0].vectors.sum(axis=0)
        vector = encoder.encode([text], kind=kind)[0]
        assert np.allclose(total / np.linalg.norm(total), vector, atol=1e-5)


def test_it_knows_what_unrelated_passages_look_like(encoder: EmbeddedEncoder) -> None:
    mean, deviation = encoder.background
    assert mean.shape == (encoder.dimension,)
    assert np.linalg.norm(mean) < 1
    assert 0.02 < deviation < 0.3


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Zug fährt heute erst am Abend ab.", "de"),
        ("The train does not leave until this evening.", "en"),
        ("Le train ne part que ce soir.", "fr"),
        ("Поезд отправляется только вечером.", "ru"),
        ("Потяг вирушає лише ввечері.", "uk"),
        ("列车今晚才出发，请在站台等候。", "zh-Hans"),
        ("列車今晚才出發，請在月台等候。", "zh-Hant"),
        ("列車は今晩まで出発しません。", "ja"),
        ("기차는 오늘 저녁에야 출발합니다.", "ko"),
        ("القطار لن يغادر حتى هذا المساء.", "ar"),
        ("قطار تا امشب حرکت نمی‌کند.", "fa"),
        ("הרכבת יוצאת רק הערב.", "he"),
        ("रेलगाड़ी आज शाम को ही चलेगी।", "hi"),
        ("รถไฟจะออกเดินทางเย็นนี้", "th"),
        ("Το τρένο φεύγει απόψε.", "el"),
        ("Воз полази тек вечерас, чекајте на перону.", "sr-Cyrl"),
    ],
)
def test_the_identifier_names_the_language(text: str, language: str) -> None:
    ((named, probability),) = LanguageIdentifier.load().identify([text])
    assert named == language
    assert 0.5 < probability <= 1


@pytest.mark.parametrize("text", ["12345 67890", "%$#@!", "a1b2c3d4e5f6"])
def test_numbers_and_noise_are_undetermined(text: str) -> None:
    assert LanguageIdentifier.load().identify([text])[0][0] == "und"


def test_loading_and_encoding_import_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from indexer import load_encoder; load_encoder('embedded').encode(['a']);"
        "sys.exit(bool({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["flipped", "truncated", "missing"])
def test_a_damaged_artifact_is_refused_with_a_sentence(
    tmp_path: Path, name: str, damage: str
) -> None:
    shutil.copytree(ARTIFACT, tmp_path / "embedded")
    file = tmp_path / "embedded" / name
    content = bytearray(file.read_bytes())
    if damage == "missing":
        file.unlink()
    elif damage == "truncated":
        file.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    with pytest.raises(CrosstongueError, match="reinstall"):
        EmbeddedEncoder(tmp_path / "embedded")


def test_an_unknown_encoder_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(CrosstongueError, match="embedded"):
        load_encoder("no-such-encoder")


def test_the_card_says_what_it_was_trained_on_how_and_under_which_licence() -> None:
    card = (ARTIFACT / "README.md").read_text("utf-8")
    config = json.loads((ARTIFACT / "config.json").read_text("utf-8"))
    assert "python -m indexer.training" in card
    assert "CC-BY-SA-4.0" in card
    assert "Tatoeba-36" in card
    for source in ("tatoeba", "ebible", "wordnet", "tico19", "storybooks"):
        assert f"| {source} |" in card
    assert len(config["languages"]) >= 100


def test_the_likeliest_languages_begin_with_the_one_identified(encoder):
    texts = ["Der Zug fährt um acht Uhr ab.", "日本語の文章です。"]
    found = encoder.likeliest_languages([*texts, ""], 3)
    assert [one[0] for one in found[:2]] == encoder.identify(texts)
    assert [len(one) for one in found] == [3, 3, 1]
    assert found[2] == [("und", 0.0)]
    assert sum(chance for _, chance in found[0]) <= 1.0001
    assert found[0] == sorted(found[0], key=lambda pair: -pair[1])


def test_token_vectors_are_the_same_with_and_without_the_tokenizer() -> None:
    encoder, other = EmbeddedEncoder(ARTIFACT), EmbeddedEncoder(ARTIFACT)
    texts = [text for pair in TRANSLATIONS for text in pair] + [
        "",
        "😀😀 İstanbul ﬁne 𒀀𒀁",
        "a\ud800b",
    ]
    assert other.tokenizer
    found, wanted = (one.token_vectors(texts) for one in (encoder, other))
    assert "tokenizer" not in vars(encoder)  # a search in a process of its own never loads it
    for one, same in zip(found, wanted, strict=True):
        for part in ("starts", "ends", "vectors"):
            np.testing.assert_array_equal(getattr(one, part), getattr(same, part))
