"""The one command that trains the embedded encoder: `python -m indexer.training --help`."""

import argparse
import os

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexer.encoders.embedded import EmbeddedModel
from indexer.encoders.few_bits import quantise
from indexer.errors import TrainingError
from indexer.training.background import save_with_background
from indexer.training.bigrams import choose_bigrams, rounded, with_bigrams
from indexer.training.card import CardFacts, write_card
from indexer.training.command import (
    add_arguments,
    command_line,
    corpus_of,
    in_a_sentence,
    say,
    say_step,
    say_taught,
)
from indexer.training.contrastive import TABLE_FILE, ContrastiveSettings, ContrastiveTrainer
from indexer.training.corpus import Corpus, held_out_sentences
from indexer.training.identifier import add_language_arguments, identifier
from indexer.training.identifier import measured as measured_languages
from indexer.training.made_pairs import pairs_made, with_made_pairs
from indexer.training.measure import cut_development, development_figures
from indexer.training.teacher import (
    Targets,
    choose_texts,
    make_targets,
    teacher_folder,
    teacher_vectors,
)
from indexer.training.tokens import (
    TokenizedTexts,
    joined,
    kept_tokens,
    pieces_of,
    token_weights,
    tokenize,
    train_tokenizer,
)
from indexer.training.whitening import whitened

PIECES = 131_072


def _arguments() -> argparse.Namespace:
    defaults = ContrastiveSettings()
    parser = argparse.ArgumentParser(
        prog="python -m indexer.training",
        description="Train the embedded encoder and its language identifier on parallel text. "
        "A run that was stopped goes on where it was when called again with the same --work.",
    )
    add_arguments(parser, without=[])
    add = parser.add_argument
    add("--pieces", type=int, default=PIECES, help="size of the vocabulary")
    add("--steps", type=int, default=defaults.steps, help="batches of the table's training")
    add(
        "--finishing-steps",
        type=int,
        default=defaults.finishing_steps,
        help="batches after those, in which the learning rate falls once more",
    )
    add("--batch", type=int, default=defaults.batch, help="pairs a batch")
    add("--dimension", type=int, default=defaults.dimension, help="width of the vectors")
    add(
        "--bigrams",
        type=int,
        default=defaults.bigrams,
        help="pairs of tokens that get a vector of their own, at most",
    )
    add(
        "--teacher",
        help="folder of a sentence-transformers model, or an installed module that carries one, "
        "whose vectors of English texts are targets",
    )
    add("--teaching", type=float, default=defaults.teaching, help="weight of the targets")
    add_language_arguments(parser)
    add("--crop", type=float, default=defaults.crop, help="share of texts cropped to a run")
    add(
        "--table-seed",
        type=int,
        help="where the table's rows begin and which pairs a batch draws (that of --seed); with "
        "another, one of the tables of a mean",
    )
    add("--threads", type=int, default=os.cpu_count(), help="1 where other work needs the cores")
    return parser.parse_args()


@in_a_sentence
def main() -> None:
    """Train, or go on training, and write the artifact and its card."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    # Scores need no more than bfloat16's products summed in float32, three times as fast.
    torch.set_float32_matmul_precision("medium")
    arguments.work.mkdir(parents=True, exist_ok=True)
    if arguments.dimension < 4 or arguments.dimension % 4:
        raise TrainingError(
            f"--dimension {arguments.dimension} fills no whole bytes: choose a multiple of 4."
        )
    if arguments.teacher:
        teacher_folder(arguments.teacher)  # before the corpus is read, which takes minutes
    corpus = corpus_of(arguments)
    tokenizer, texts = _tokens(corpus, arguments)
    use, sets = cut_development(corpus)
    say(f"development: {(~use).sum():,} pairs in {len(sets)} sets kept out of training")
    settings = ContrastiveSettings(
        steps=arguments.steps,
        finishing_steps=arguments.finishing_steps,
        batch=arguments.batch,
        dimension=arguments.dimension,
        bigrams=arguments.bigrams,
        crop=arguments.crop,
        teaching=arguments.teaching,
        seed=arguments.seed if arguments.table_seed is None else arguments.table_seed,
    )
    checkpoint = arguments.work / TABLE_FILE
    pieces = pieces_of(tokenizer)
    held_out = held_out_sentences(arguments.held_out)
    drawn, may_be_drawn = with_made_pairs(corpus, use, held_out, arguments.seed)
    made = pairs_made(drawn)
    say("made: " + ", ".join(f"{count:,} pairs {name}" for name, count in made.items()))
    texts = joined(texts, tokenize(tokenizer, drawn.texts[len(corpus.texts) :]))
    targets = _targets(corpus, drawn, use, arguments) if arguments.teacher else None
    bigrams, share = choose_bigrams(drawn, texts, may_be_drawn, len(pieces), settings.bigrams)
    texts = with_bigrams(texts, bigrams, len(pieces))
    say(f"bigrams: {len(bigrams):,}")
    trainer = ContrastiveTrainer(
        drawn, texts, pieces, may_be_drawn, settings, checkpoint, targets, len(bigrams)
    )

    def report(step: int, loss: float, rate: float) -> None:
        say_step(step, loss, rate, development_figures(sets, texts, trainer.table))

    trainer.run(report)
    languages = identifier(corpus, tokenizer, use, arguments)
    white = whitened(trainer.table, corpus, texts, use, arguments.seed)
    table, bigram_table = rounded(white, len(pieces))
    model = EmbeddedModel(
        table=table,
        language_table=quantise(languages.table),
        head=languages.head,
        token_weight=token_weights(tokenizer),
        bigrams=bigrams,
        bigram_share=share,
        bigram_table=bigram_table,
        background=np.zeros(settings.dimension, np.float32),
        background_deviation=0.0,
    )
    save_with_background(arguments.out, model, tokenizer, corpus, arguments.seed)
    facts = CardFacts(
        command_line("indexer.training"),
        settings,
        made,
        development_figures(sets, texts, model.semantic_rows()),
        arguments.without,
        arguments.teacher,
        measured_languages(arguments.out, arguments.work),
    )
    write_card(arguments.out, corpus, facts, arguments.held_out)
    say(f"written to {arguments.out}")


def _tokens(corpus: Corpus, arguments: argparse.Namespace) -> tuple[Tokenizer, TokenizedTexts]:
    file = arguments.work / "tokenizer.json"
    if not file.exists():
        train_tokenizer(corpus, arguments.pieces, arguments.seed).save(str(file), pretty=False)
    tokenizer = Tokenizer.from_file(str(file))
    return tokenizer, kept_tokens(arguments.work, tokenizer, corpus.texts)


def _targets(
    corpus: Corpus, drawn: Corpus, use: NDArray[np.bool_], arguments: argparse.Namespace
) -> Targets:
    chosen = choose_texts(corpus, use, arguments.seed)
    cached = arguments.work / "teacher.npy"
    if not cached.exists() or len(vectors := np.load(cached)) != len(chosen):
        texts = [corpus.texts[i] for i in chosen.tolist()]
        vectors = teacher_vectors(arguments.teacher, texts, say_taught)
        np.save(cached, vectors)
    return make_targets(drawn, chosen, vectors, arguments.dimension)


if __name__ == "__main__":
    main()
