"""The language identifier: text to (BCP-47 tag, probability).

What ships is the embedded encoder's language dimensions under a classifier, trained by
`indexer.training.languages`. One can also be trained here on any encoder's vectors, and a sweep
over a model's layers shows where language lives in it. Re-exported as `search.LanguageIdentifier`.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import langcodes
import numpy as np
from langcodes.tag_parser import LanguageTagError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from indexer.encoders.catalog import DEFAULT_ENCODER, load_encoder
from indexer.encoders.embedded import EmbeddedEncoder
from indexer.encoders.language_head import LanguageHead
from indexer.encoders.protocol import Encoder, Vectors
from indexer.errors import EncoderError
from indexer.language_tags import UNDETERMINED
from indexer.logistic import fit

HEAD_FILE, CONFIG_FILE = "languages.safetensors", "languages.json"
FEWEST_TEXTS = 2  # of a language, to train on
# The share of texts kept apart to fit the temperature, and the penalties tried on them: for columns
# of unit deviation, the least over-fits a hundred texts a language, the most still learns.
_APART = 0.2
_PENALTIES = (1e-5, 1e-4, 1e-3, 1e-2)
_SHARPNESS = tuple(np.geomspace(0.2, 5, 41).tolist())


class LanguageIdentifier:
    """Identifies the language of texts.

    :param encoder: gives the vectors.
    :param head: classifies them; None for the embedded encoder's own language dimensions.
    """

    def __init__(self, encoder: Encoder, head: LanguageHead | None = None) -> None:
        self._encoder, self._head = encoder, head
        if head is None and not isinstance(encoder, EmbeddedEncoder):
            raise EncoderError(
                f"The encoder {encoder.spec.name!r} has no language dimensions; "
                "LanguageIdentifier.train makes an identifier from its vectors."
            )

    @classmethod
    def load(
        cls, folder: Path | None = None, encoder: Encoder | None = None
    ) -> "LanguageIdentifier":
        """Return the identifier that ships, or one that was saved.

        :param folder: what `save` wrote; None for the one that ships.
        :param encoder: the encoder it was trained on, where the catalog does not know its name.
        :raises EncoderError: if the files are damaged or the encoder is another one.
        """
        if folder is None:
            return cls(load_encoder(DEFAULT_ENCODER))
        config, tensors = _read_checked(folder)
        encoder = encoder or load_encoder(config["encoder"])
        if encoder.spec.fingerprint != config["fingerprint"]:
            raise EncoderError(
                f"The identifier in {folder} was trained on another version of the encoder "
                f"{config['encoder']!r}: train it again."
            )
        return cls(encoder, LanguageHead(languages=tuple(config["languages"]), **tensors))

    @classmethod
    def train(
        cls, encoder: Encoder, texts: Sequence[str], languages: Sequence[str], *, seed: int = 1
    ) -> "LanguageIdentifier":
        """Train an identifier on an encoder's vectors by multinomial logistic regression.

        A fifth of the texts is kept apart to choose the penalty and to fit the temperature; the
        weights are fitted again on all of them.

        :param encoder: any encoder; of a transformer, any layer.
        :param texts: n texts.
        :param languages: n BCP-47 tags; at least two different, each with two texts or more.
        :raises EncoderError: if there is too little to learn from, or a tag is none.
        """
        tags = _checked(texts, languages)
        vectors = encoder.encode(texts)
        return cls(encoder, train_head(vectors, tags, seed))

    @property
    def languages(self) -> tuple[str, ...]:
        """The BCP-47 tags it knows."""
        if self._head is not None:
            known = self._head.languages
        else:
            assert isinstance(self._encoder, EmbeddedEncoder)
            known = self._encoder.languages
        return tuple(language for language in known if language != UNDETERMINED)

    def identify(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        """Identify the language of each text.

        :param texts: any strings.
        :return: (BCP-47 tag, probability between 0 and 1) a text; "und" where a text is numbers,
            code or noise, with probability 0 where it has no token at all.
        """
        return [found[0] for found in self.likeliest(texts)]

    def likeliest(self, texts: Sequence[str], limit: int = 1) -> list[list[tuple[str, float]]]:
        """Return the most probable languages of each text, best first.

        :param limit: how many languages a text, at least 1.
        """
        if self._head is None:
            assert isinstance(self._encoder, EmbeddedEncoder)
            return self._encoder.likeliest_languages(texts, limit)
        if not len(texts):
            return []
        vectors = self._encoder.encode(texts)
        return self._head.likeliest(vectors, np.any(vectors, axis=1).astype(np.int64), limit)

    def save(self, folder: Path) -> None:
        """Write the classifier, with the checksum it is held to; the encoder is only named.

        :raises EncoderError: for the identifier that ships, which is part of its encoder.
        """
        head = self._head
        if head is None:
            raise EncoderError("The identifier that ships is part of its encoder: load it by name.")
        folder.mkdir(parents=True, exist_ok=True)
        content = save_tensors(
            {
                "weight": head.weight,
                "bias": head.bias,
                "gain": head.gain,
                "sharpness": head.sharpness,
            }
        )
        config = {
            "encoder": self._encoder.spec.name,
            "fingerprint": self._encoder.spec.fingerprint,
            "languages": list(head.languages),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        (folder / HEAD_FILE).write_bytes(content)
        text = json.dumps(config, ensure_ascii=False, indent=1) + "\n"
        (folder / CONFIG_FILE).write_text(text, "utf-8")


@dataclass(frozen=True, slots=True)
class LayerFigure:
    """How well language can be read from one layer.

    :param layer: what the layer was called.
    :param accuracy: share of the held-out texts whose language is right.
    :param cross_entropy: mean negative log probability of the right language, in nats.
    """

    layer: int
    accuracy: float
    cross_entropy: float


def sweep_layers(
    layers: Iterable[tuple[int, Encoder]],
    texts: Sequence[str],
    languages: Sequence[str],
    held_out: Sequence[str],
    held_out_languages: Sequence[str],
) -> list[LayerFigure]:
    """Train an identifier on each layer's vectors and measure it on other texts.

    `((i, load_encoder(name, layer=i)) for i in range(13))` loads one layer at a time.

    :param layers: (number, encoder that gives that layer's vectors).
    :param held_out: texts that are not among `texts`, in languages that are.
    :raises EncoderError: as `LanguageIdentifier.train` does.
    """
    tags = _checked(texts, languages)
    expected = [_tag(language) for language in held_out_languages]
    figures = []
    for number, encoder in layers:
        head = train_head(encoder.encode(texts), tags, seed=1)
        vectors = encoder.encode(held_out)
        chance = head.probabilities(vectors, np.ones(len(vectors), np.int64))
        place = {language: i for i, language in enumerate(head.languages)}
        right = np.array([place.get(language, -1) for language in expected])
        of_right = np.where(right < 0, 0, chance[np.arange(len(right)), right])
        figures.append(
            LayerFigure(
                number,
                float((chance.argmax(axis=1) == right).mean()),
                float(-np.log(np.maximum(of_right, 1e-9)).mean()),
            )
        )
    return figures


def train_head(vectors: Vectors, tags: Sequence[str], seed: int) -> LanguageHead:
    """Train a classifier of vectors; its penalty and temperature come from a fifth kept apart.

    :param vectors: float32 [n, dimension].
    :param tags: n language tags.
    """
    names = sorted(set(tags))
    place = {name: i for i, name in enumerate(names)}
    label = np.array([place[name] for name in tags], np.int64)
    inputs = vectors.astype(np.float64)
    middle, deviation = inputs.mean(axis=0), inputs.std(axis=0)
    deviation[deviation < 1e-9] = 1
    inputs = (inputs - middle) / deviation
    apart = _kept_apart(label, seed)
    least, penalty, sharpness = np.inf, _PENALTIES[0], 1.0
    for tried in _PENALTIES:
        weights = fit(inputs[~apart], label[~apart], len(names), tried)
        scores = inputs[apart] @ weights[:, :-1].T + weights[:, -1]
        for factor in _SHARPNESS:
            loss = _cross_entropy(scores * factor, label[apart])
            if loss < least:
                least, penalty, sharpness = loss, tried, factor
    weights = fit(inputs, label, len(names), penalty)
    weight = weights[:, :-1] / deviation
    bias = weights[:, -1] - weight @ middle
    return LanguageHead(
        weight.astype(np.float32),
        bias.astype(np.float32),
        np.ones(2, np.float32),
        np.full(2, sharpness, np.float32),
        tuple(names),
    )


def _kept_apart(label: np.ndarray[Any, Any], seed: int) -> np.ndarray[Any, Any]:
    """Choose a fifth of each language's texts, at least one and never all: bool [n]."""
    generator = np.random.default_rng(seed)
    apart = np.zeros(len(label), bool)
    for number in range(int(label.max()) + 1):
        own = generator.permutation(np.flatnonzero(label == number))
        apart[own[: max(1, int(_APART * len(own)))]] = True
    return apart


def _cross_entropy(scores: np.ndarray[Any, Any], label: np.ndarray[Any, Any]) -> float:
    scores = scores - scores.max(axis=1, keepdims=True)
    chosen = scores[np.arange(len(label)), label]
    return float((np.log(np.exp(scores).sum(axis=1)) - chosen).mean())


def _tag(language: str) -> str:
    try:
        return str(langcodes.standardize_tag(language))
    except (LanguageTagError, ValueError, AttributeError, TypeError) as error:
        raise EncoderError(
            f"{language!r} is not a language code; use codes such as de, ja or zh-Hans."
        ) from error


def _checked(texts: Sequence[str], languages: Sequence[str]) -> list[str]:
    """Return the tags of some texts.

    :raises EncoderError: if they do not fit the texts or are too few.
    """
    if len(texts) != len(languages):
        raise EncoderError(
            f"Number of texts ({len(texts)}) and number of languages ({len(languages)}) differ: "
            "give one language a text."
        )
    tags = [_tag(language) for language in languages]
    count = Counter(tags)
    if len(count) < 2:
        raise EncoderError("An identifier needs texts of at least two languages to tell apart.")
    few = sorted(name for name, number in count.items() if number < FEWEST_TEXTS)
    if few:
        raise EncoderError(
            f"There are fewer than {FEWEST_TEXTS} texts in {', '.join(few[:10])}: add some or "
            "leave the language out."
        )
    return tags


def _read_checked(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        config = json.loads((folder / CONFIG_FILE).read_text("utf-8"))
        content = (folder / HEAD_FILE).read_bytes()
        if not {"encoder", "fingerprint", "languages", "sha256"} <= set(config):
            raise ValueError(f"{CONFIG_FILE} is incomplete")
    except (OSError, ValueError, TypeError) as error:
        raise EncoderError(
            f"The identifier in {folder} cannot be read ({error}): save it again."
        ) from error
    if hashlib.sha256(content).hexdigest() != config["sha256"]:
        raise EncoderError(
            f"{folder / HEAD_FILE} is not the file that was saved (its checksum differs): "
            "save the identifier again."
        )
    return config, load_tensors(content)
