"""The embedded encoder's texts a second, beside its tokenizer alone and beside model2vec.

model2vec's StaticModel gets the same table, dequantised, the same tokenizer and the same texts, in
the same run, in turns; it has no place for pairs of tokens, so what it computes is less. Ours keeps
the tokens of words it has met, so it is also measured without any: the short texts and the passages
are cut from the sample folder, so words soon come again, as they do in a folder of documents.
`python -m benchmarks.encoding FOLDER`, with Tatoeba's test sets, measures 100,000 different
sentences as well, a quarter of whose words are new. At the end both encoders of our own on the same
passages.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from tokenizers import Tokenizer

from benchmarks.texts import passages, short_texts
from indexer.encoders.catalog import DEFAULT_ENCODER, PLUS_ENCODER, load_encoder
from indexer.encoders.embedded import EmbeddedEncoder
from indexer.resources import data_folder

TURNS = 5
TEXTS = 100_000


def main() -> None:
    """Print medians over several turns."""
    artifact = data_folder() / "embedded"
    encoder = EmbeddedEncoder(artifact)
    table = encoder.model.alone()
    tokenizer = Tokenizer.from_file(str(artifact / "tokenizer.json"))
    peer = StaticModel(vectors=table, tokenizer=tokenizer, normalize=True)
    chosen = {
        "31 characters": short_texts(TEXTS),
        "passages of about 500 characters": passages(8_000, 450),
    }
    folder = Path(sys.argv[-1])
    if folder.is_dir():
        chosen = {"different sentences": _sentences(folder), **chosen}
    for name, texts in chosen.items():
        ours = encoder.encode(texts[:200])
        theirs = peer.encode(texts[:200], max_length=None)
        agreement = float(np.einsum("ij,ij->i", ours, theirs).mean())

        def with_new_words(texts: list[str] = texts) -> None:
            encoder.forget_words()
            encoder.encode(texts)

        contenders: dict[str, Callable[[], object]] = {
            "embedded, all words new": with_new_words,
            "embedded": lambda t=texts: encoder.encode(t),
            "embedded with languages": lambda t=texts: encoder.encode_with_languages(t),
            "tokenizer alone": lambda t=texts: tokenizer.encode_batch_fast(
                t, add_special_tokens=False
            ),
            "model2vec": lambda t=texts: peer.encode(t, max_length=None, use_multiprocessing=False),
        }
        rates: dict[str, list[float]] = {key: [] for key in contenders}
        for contender in contenders.values():
            contender()
        for _ in range(TURNS):
            for key, contender in contenders.items():
                began = time.perf_counter()
                contender()
                rates[key].append(len(texts) / (time.perf_counter() - began))
        median = {key: statistics.median(values) for key, values in rates.items()}
        print(f"{name}; mean cosine to model2vec's vectors {agreement:.4f}")
        for key, value in median.items():
            print(
                f"  {key:24} {value:10,.0f} texts/s  {value / median['model2vec']:.2f} x model2vec"
            )
        for key in ("embedded, all words new", "embedded"):
            share = median[key] / median["tokenizer alone"]
            print(f"  {key}: {100 * share:.0f} % of the tokenizer alone")
    _beside_plus(encoder)


def _sentences(folder: Path) -> list[str]:
    """Return different sentences of Tatoeba's test sets, in random order."""
    read = (path.read_text("utf-8") for path in sorted(folder.glob("tatoeba.*-eng.*")))
    texts = list(dict.fromkeys(line for text in read for line in text.splitlines()))
    random.Random(1).shuffle(texts)
    return texts[:TEXTS]


def _beside_plus(encoder: EmbeddedEncoder) -> None:
    texts = passages(100, 450)
    plus = load_encoder(PLUS_ENCODER)
    rates: dict[str, list[float]] = {DEFAULT_ENCODER: [], PLUS_ENCODER: []}
    for _ in range(TURNS):
        for key, found in ((DEFAULT_ENCODER, encoder), (PLUS_ENCODER, plus)):
            began = time.perf_counter()
            found.encode(texts)
            rates[key].append(len(texts) / (time.perf_counter() - began))
    print("100 passages of about 500 characters")
    for key, values in rates.items():
        print(f"  {key:24} {statistics.median(values):10,.0f} texts/s")


if __name__ == "__main__":
    main()
