"""The language identifier of an artifact, trained anew: `python -m indexer.training.identifier`.

The training of the whole encoder takes what it needs from here as well.
"""

import argparse
import dataclasses
import os
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexer.encoders.embedded import EmbeddedEncoder, save_embedded
from indexer.encoders.few_bits import quantise
from indexer.encoders.language_head import LanguageHead
from indexer.training.card import rewrite_identifier
from indexer.training.command import add_arguments, command_line, corpus_of, in_a_sentence, say
from indexer.training.corpus import Corpus
from indexer.training.labels import Labelled, label_texts, read_labelled
from indexer.training.language_figures import IdentifierFigures, identifier_figures
from indexer.training.languages import LanguageModel, LanguageSettings, train_languages
from indexer.training.measure import cut_development

CACHED = "languages.npz"
# Folders of the sentences that measure it, as `benchmarks.languages` reads them.
HELD_OUT, APART = "held_out", "apart"
_SOURCE = "languages"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m indexer.training.identifier",
        description="Train the language identifier of an artifact anew; what its vectors say of "
        "meaning stays to the bit.",
    )
    add_arguments(parser, without=[])
    add_language_arguments(parser)
    add = parser.add_argument
    add("--artifact", type=Path, required=True, help="folder of the encoder")
    add("--threads", type=int, default=os.cpu_count(), help="1 where other work needs the cores")
    return parser.parse_args()


def add_language_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the identifier's training is told."""
    add = parser.add_argument
    add("--labelled", type=Path, help="folder of what indexer.training.gather wrote")
    add("--language-steps", type=int, default=LanguageSettings().steps, help="of the identifier")


@in_a_sentence
def main() -> None:
    """Train it, and write the artifact and what its card says of languages."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    arguments.work.mkdir(parents=True, exist_ok=True)
    encoder = EmbeddedEncoder(arguments.artifact)
    corpus = corpus_of(arguments)
    use, _ = cut_development(corpus)
    found = identifier(corpus, encoder.tokenizer, use, arguments)
    model = dataclasses.replace(
        encoder.model, language_table=quantise(found.table), head=found.head
    )
    card = (arguments.artifact / "README.md").read_text("utf-8")
    save_embedded(arguments.out, model, encoder.tokenizer, encoder.spec.name)
    figures = measured(arguments.out, arguments.work)
    command = command_line("indexer.training.identifier")
    rewrite_identifier(arguments.out, card, figures, command)
    say(f"written to {arguments.out}")


def identifier(
    corpus: Corpus, tokenizer: Tokenizer, use: NDArray[np.bool_], arguments: argparse.Namespace
) -> LanguageModel:
    """Train an identifier, or return the one that `arguments.work` holds.

    The sentences that measure it are written there too.

    :param use: bool [pairs], the pairs that may be trained on.
    """
    cached = arguments.work / CACHED
    if cached.exists():
        stored = dict(np.load(cached))
        table, languages = stored.pop("table"), tuple(stored.pop("languages").tolist())
        return LanguageModel(table, LanguageHead(languages=languages, **stored))
    labelled = label_texts(corpus, use, read_labelled(arguments.labelled), seed=arguments.seed)
    known = len(labelled.languages) - 1
    say(f"languages: {known} from {len(labelled.training.texts):,} texts")
    _write(arguments.work / HELD_OUT, labelled.languages, labelled.held_out)
    _write(arguments.work / APART, labelled.languages, labelled.apart)

    def report(step: int, loss: float, right: float) -> None:
        say(f"languages, step {step}: loss {loss:.3f}, right {100 * right:.1f} %")

    settings = LanguageSettings(seed=arguments.seed, steps=arguments.language_steps)
    trained = train_languages(labelled, tokenizer, settings, report)
    np.savez(cached, table=trained.table, **dataclasses.asdict(trained.head))
    return trained


def measured(artifact: Path, work: Path) -> IdentifierFigures | None:
    """Measure an artifact's identifier on what was kept from its training, if there is any."""
    kept = [read_labelled(work / name).get(_SOURCE, []) for name in (HELD_OUT, APART)]
    if not any(kept):
        return None
    return identifier_figures(EmbeddedEncoder(artifact).identify, *kept)


def _write(folder: Path, languages: list[str], labelled: Labelled) -> None:
    folder.mkdir(exist_ok=True)
    texts = zip(labelled.label.tolist(), labelled.texts, strict=True)
    lines = "".join(f"{languages[label]}\t{text}\n" for label, text in texts)
    (folder / f"{_SOURCE}.tsv").write_text(lines, "utf-8")


if __name__ == "__main__":
    main()
