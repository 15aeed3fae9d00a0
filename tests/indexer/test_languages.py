"""An identifier trained on an encoder's vectors: what it learns, keeps on disk and refuses."""

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from indexer.encoders.protocol import EncoderSpec, TextKind, Vectors
from indexer.errors import EncoderError
from indexer.languages import LanguageIdentifier, sweep_layers

SENTENCES = {
    "de": "Der Zug fährt heute erst am Abend ab und wir warten auf dem Bahnsteig mit den Koffern "
    "weil die Straßenbahn nicht mehr kommt. Die Kinder spielen im Garten hinter dem Haus und "
    "suchen nach dem Ball der gestern über den Zaun geflogen ist. Morgen wird es wohl regnen.",
    "es": "El tren no sale hasta la noche y esperamos en el andén con las maletas porque ya no "
    "viene el tranvía. Los niños juegan en el jardín detrás de la casa y buscan la pelota que "
    "ayer voló por encima de la valla. Mañana parece que va a llover todo el día.",
    "fi": "Juna lähtee vasta illalla ja odotamme laiturilla matkalaukkujen kanssa koska "
    "raitiovaunu ei enää tule. Lapset leikkivät puutarhassa talon takana ja etsivät palloa "
    "joka eilen lensi aidan yli. Huomenna sataa varmaan koko päivän ja pysymme kotona.",
}


class Trigrams:
    """Counts of hashed runs of characters: a real encoder whose layers know more and more."""

    def __init__(self, layer: int = 3, dimension: int = 256) -> None:
        self.layer = layer
        self.dimension = dimension
        self.spec = EncoderSpec("trigrams", "1", dimension, layer=layer)

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> Vectors:
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for i in range(len(text) - self.layer + 1 if self.layer else 0):
                row[zlib.crc32(text[i : i + self.layer].encode()) % self.dimension] += 1
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)


def runs(size: int, offset: int) -> tuple[list[str], list[str]]:
    """Runs of words of each language, and the languages."""
    texts, languages = [], []
    for language, text in SENTENCES.items():
        words = text.split()
        for start in range(offset, len(words) - size, 2):
            texts.append(" ".join(words[start : start + size]))
            languages.append(language)
    return texts, languages


@pytest.fixture(scope="module")
def identifier() -> LanguageIdentifier:
    return LanguageIdentifier.train(Trigrams(), *runs(4, 0))


def test_it_learns_languages_from_any_encoders_vectors(identifier: LanguageIdentifier) -> None:
    texts, expected = runs(5, 1)
    found = identifier.identify(texts)
    right = [language == name for (language, _), name in zip(found, expected, strict=True)]
    assert np.mean(right) > 0.9
    assert all(0 < probability <= 1 for _, probability in found)
    assert identifier.languages == ("de", "es", "fi")


def test_the_likeliest_languages_come_best_first_and_share_one(
    identifier: LanguageIdentifier,
) -> None:
    [found] = identifier.likeliest(["die Kinder warten im Haus"], 9)
    chances = [probability for _, probability in found]
    assert found[0][0] == "de"
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) == pytest.approx(1, abs=1e-5)


def test_a_text_without_a_vector_is_undetermined(identifier: LanguageIdentifier) -> None:
    assert identifier.identify(["", "Haus"])[0] == ("und", 0.0)
    assert identifier.identify([]) == []


def test_a_saved_identifier_says_the_same(identifier: LanguageIdentifier, tmp_path: Path) -> None:
    identifier.save(tmp_path / "saved")
    loaded = LanguageIdentifier.load(tmp_path / "saved", Trigrams())
    texts, _ = runs(6, 0)
    assert loaded.identify(texts) == identifier.identify(texts)


@pytest.mark.parametrize("name", ["languages.safetensors", "languages.json"])
@pytest.mark.parametrize("damage", ["flipped", "truncated", "missing"])
def test_a_damaged_identifier_is_refused_with_a_sentence(
    identifier: LanguageIdentifier, tmp_path: Path, name: str, damage: str
) -> None:
    identifier.save(tmp_path)
    file = tmp_path / name
    content = bytearray(file.read_bytes())
    if damage == "missing":
        file.unlink()
    elif damage == "truncated":
        file.write_bytes(content[: len(content) // 2])
    else:
        content[content.index(b'"') + 1] ^= 1
        file.write_bytes(content)
    with pytest.raises(EncoderError, match="again"):
        LanguageIdentifier.load(tmp_path, Trigrams())


def test_an_identifier_of_another_encoder_is_refused(
    identifier: LanguageIdentifier, tmp_path: Path
) -> None:
    identifier.save(tmp_path)
    with pytest.raises(EncoderError, match="another version"):
        LanguageIdentifier.load(tmp_path, Trigrams(layer=2))


@pytest.mark.parametrize(
    ("texts", "languages", "message"),
    [
        (["one", "two"], ["en"], r"texts \(2\) and number of languages \(1\)"),
        (["one", "two"], ["en", "en"], "two languages"),
        ([], [], "two languages"),
        (["one", "two", "eins"], ["en", "en", "de"], "fewer than 2 texts in de"),
        (["one", "two"], ["en", "not a code"], "not a language code"),
        (["one", "two"], ["en", ""], "not a language code"),
    ],
)
def test_too_little_to_learn_from_is_refused_with_a_sentence(
    texts: list[str], languages: list[str], message: str
) -> None:
    with pytest.raises(EncoderError, match=message):
        LanguageIdentifier.train(Trigrams(), texts, languages)


def test_an_encoder_without_language_dimensions_is_refused() -> None:
    with pytest.raises(EncoderError, match="no language dimensions"):
        LanguageIdentifier(Trigrams())


def test_a_sweep_shows_in_which_layer_language_lives() -> None:
    layers = ((layer, Trigrams(layer)) for layer in (0, 3))
    nothing, trigrams = sweep_layers(layers, *runs(4, 0), *runs(5, 1))
    assert (nothing.layer, trigrams.layer) == (0, 3)
    assert nothing.accuracy < 0.6 < trigrams.accuracy
    assert trigrams.cross_entropy < nothing.cross_entropy
