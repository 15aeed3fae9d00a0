"""The one command that trains `embedded-plus`: `python -m indexer.training.student --help`."""

import argparse
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from indexer.encoders.catalog import DEFAULT_ENCODER
from indexer.encoders.embedded import EmbeddedEncoder
from indexer.encoders.few_bits import FewBits
from indexer.encoders.onnx_encoder import TOKENIZER_FILE
from indexer.encoders.protocol import Vectors
from indexer.encoders.windowed import unit
from indexer.errors import TrainingError
from indexer.resources import data_folder
from indexer.training.checkpoints import load_checkpoint, save_checkpoint
from indexer.training.command import add_arguments, in_a_sentence, say, say_step, say_taught
from indexer.training.contrastive import falling, false_negatives
from indexer.training.corpus import english_side, held_out_sentences, load_corpus, with_new
from indexer.training.measure import cut_development, figures_of, pooled
from indexer.training.sampling import PairSampler, either_way
from indexer.training.student_export import export_student
from indexer.training.student_material import (
    PASSAGE_WEIGHTS,
    SENTENCE_WEIGHTS,
    Material,
    passages,
    thinned,
    with_glosses,
)
from indexer.training.student_model import Student
from indexer.training.teacher import teacher_folder, teacher_vectors
from indexer.training.tokens import TokenizedTexts, cropped_runs, tokenize
from indexer.training.whitening import spreading, texts_to_spread, whiten_graph

_HEAD_WIDTH = 64  # what a head usually has of the dimensions
_FIT = 22_000  # texts that the teacher's space is turned by
_MOST_COMPARED = 2_048  # texts of a batch whose similarities follow the teacher's
_FEWEST_COMPARED = 64
_NEVER = -1e4
# The settings that the command line takes.
_OPTIONS = ("steps", "batch", "passages", "layers", "heads", "warm_up")


@dataclass(frozen=True)
class StudentSettings:
    """The recipe; the defaults are those of the artifact (docs/encoder.md).

    :param steps: batches; every fourth is of passages, one in four of one language pair.
    :param batch: pairs of sentences a batch.
    :param passages: pairs of passages a batch.
    :param learning_rate: of the layers, at its height; `table_rate` the table's.
    :param teaching: the weight of the teacher's vectors; it falls to `final_teaching` from the
        middle of the training on.
    :param rounded_from: the share of the training after which the table is rounded and kept.
    """

    steps: int = 8_100
    batch: int = 4_096
    passages: int = 1_024
    layers: int = 6
    heads: int = 6
    learning_rate: float = 1e-3
    table_rate: float = 2e-3
    final_rate: float = 0.02
    warm_up: int = 200
    scale: float = 20.0
    teaching: float = 10.0
    final_teaching: float = 4.0
    rounded_from: float = 0.85
    seed: int = 1


@dataclass(frozen=True)
class Taught:
    """A material and the teacher's vector of each pair's English text.

    :param material: the pairs.
    :param vectors: float16 [n, width], unit rows in the space of the table.
    :param place: int64 [pairs], into `vectors`; -1 for a pair without one.
    """

    material: Material
    vectors: NDArray[np.float16]
    place: NDArray[np.int64]


class StudentTrainer:
    """Trains a student, resumable from its checkpoint.

    :param table: float32 [pieces, width], what it starts from.
    :param sentences: pairs of sentences and words.
    :param longer: pairs of passages.
    :param checkpoint: the file that a stopped run goes on from.
    """

    def __init__(
        self,
        table: Vectors,
        sentences: Taught,
        longer: Taught,
        settings: StudentSettings,
        checkpoint: Path | None = None,
        device: str = "cpu",
    ) -> None:
        self.settings, self.sentences, self.longer = settings, sentences, longer
        self.device = torch.device(device)
        self.checkpoint = checkpoint
        self.step = 0
        self.rounded: FewBits | None = None
        torch.manual_seed(settings.seed)
        self.student = Student(table, settings.layers, settings.heads).to(self.device)
        blocks = list(self.student.blocks.parameters())
        groups = [
            ([one for one in blocks if one.ndim > 1], settings.learning_rate, 0.01),
            ([one for one in blocks if one.ndim == 1], settings.learning_rate, 0.0),
            ([self.student.table.weight], settings.table_rate, 0.0),
        ]
        self._optimizer = torch.optim.AdamW(
            [{"params": one, "base": base, "weight_decay": decay} for one, base, decay in groups],
            betas=(0.9, 0.98),
            eps=1e-8,
        )
        self._blocks = blocks
        state = checkpoint and load_checkpoint(checkpoint, settings, self.device)
        if state:
            self._restore(state)

    @property
    def done(self) -> float:
        """The share of the training that is behind it."""
        return self.step / self.settings.steps

    def run(self, report: Callable[[int, float, float], None], every: int = 500) -> FewBits:
        """Train to the end.

        :param report: called with the step, the mean loss since the last call and pairs a second.
        :param every: steps between calls; the checkpoint is written then.
        :return: the table as it is stored.
        """
        losses: list[float] = []
        pairs, began = 0, time.monotonic()
        while self.step < self.settings.steps:
            if self.rounded is None and self.done >= self.settings.rounded_from:
                self.rounded = self.student.round_table()
            loss, drawn = self._one()
            losses.append(loss)
            pairs += drawn
            self.step += 1
            if self.step % every == 0 or self.step == self.settings.steps:
                self._save()
                report(self.step, float(np.mean(losses)), pairs / (time.monotonic() - began))
                losses.clear()
                pairs, began = 0, time.monotonic()
        return self.rounded or self.student.round_table()

    def encode(self, texts: TokenizedTexts, which: NDArray[np.integer]) -> Vectors:
        """Encode some texts as the student is now: float32 [n, width], unit rows."""
        start = texts.offsets[which]
        length = texts.offsets[which + 1] - start
        found = []
        with torch.no_grad(), self._half():
            for first in range(0, len(which), 2_048):
                part = slice(first, first + 2_048)
                made = self.student.encode(texts.tokens, start[part], length[part])
                found.append(made.cpu().numpy())
        return np.concatenate(found)

    def _half(self) -> contextlib.AbstractContextManager[object]:
        if self.device.type == "cuda":
            return torch.autocast("cuda", torch.bfloat16)
        return contextlib.nullcontext()

    def _one(self) -> tuple[float, int]:
        settings = self.settings
        # One generator a step: a resumed run draws what the uninterrupted one would have drawn.
        generator = np.random.default_rng((settings.seed, self.step))
        whole = self.step % 4 == 3
        taught = self.longer if whole else self.sentences
        sampler = taught.material.sampler
        if self.step % 4 == 1:
            pairs = sampler.single(settings.batch, generator)
        else:
            pairs = sampler.mixed(settings.passages if whole else settings.batch, generator)
        corpus, texts = taught.material.corpus, taught.material.texts
        sides = either_way(corpus, pairs, generator)
        # A part of a passage stands for a question: it must find the whole in the other language.
        crop = (0.6, 0.08, 0.5) if whole else (0.2, 0.3, 1.0)
        start, length, cropped = cropped_runs(texts, sides, generator, *crop)
        with self._half():
            unit = self.student.encode(texts.tokens, start, length)
        same = false_negatives(torch.from_numpy(corpus.keys[sides]).to(self.device))
        place = taught.place[pairs]
        goal = taught.vectors[np.maximum(place, 0)].astype(np.float32)
        loss = self._loss(
            unit,
            same,
            torch.from_numpy(goal).to(self.device),
            torch.from_numpy(place >= 0).to(self.device),
            torch.from_numpy(cropped).to(self.device),
            own_side=self.step % 4 == 1 and self.done > 0.03,
        )
        rate = self._rate()
        for group in self._optimizer.param_groups:
            group["lr"] = group["base"] * rate
        self._optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self._blocks, 1.0)
        self._optimizer.step()
        return float(loss.detach()), len(pairs)

    def _rate(self) -> float:
        warm = min(1.0, (self.step + 1) / self.settings.warm_up)
        return warm * falling(1.0, self.settings.final_rate, self.done)

    def _loss(
        self,
        unit: torch.Tensor,
        same: torch.Tensor,
        goal: torch.Tensor,
        has_goal: torch.Tensor,
        cropped: torch.Tensor,
        *,
        own_side: bool,
    ) -> torch.Tensor:
        """Return InfoNCE + the weighted cosine to the goals + the divergence from their likeness.

        :param unit: float32 [2 n, width]; row i and row n + i are a pair.
        :param same: bool [n, n], the pairs that are no negatives of each other.
        :param goal: float32 [n, width], what the teacher makes of a pair's English text.
        :param has_goal: bool [n].
        :param cropped: bool [n], the pairs whose first side is a part of its text: it has no goal.
        """
        settings, count = self.settings, len(has_goal)
        one, other = unit[:count], unit[count:]
        scores = settings.scale * (one @ other.T)
        negatives = scores.masked_fill(same, _NEVER)
        rows, columns = negatives.logsumexp(1), negatives.logsumexp(0)
        if own_side:
            never = same.clone().fill_diagonal_(True)
            ones = (settings.scale * (one @ one.T)).masked_fill(never, _NEVER)
            others = (settings.scale * (other @ other.T)).masked_fill(never, _NEVER)
            rows = torch.logaddexp(rows, ones.logsumexp(1))
            columns = torch.logaddexp(columns, others.logsumexp(1))
        loss = ((rows + columns) / 2 - scores.diagonal()).mean()
        off_one = (1 - (one * goal).sum(1)) * (has_goal & ~cropped)
        off_other = (1 - (other * goal).sum(1)) * has_goal
        late = max(0.0, 2 * self.done - 1)
        weight = settings.teaching + (settings.final_teaching - settings.teaching) * late
        loss = loss + weight * (off_one + off_other).sum() / count
        chosen = torch.nonzero(has_goal)[:_MOST_COMPARED, 0]
        if len(chosen) > _FEWEST_COMPARED:
            meant = (settings.scale * (goal[chosen] @ goal[chosen].T)).log_softmax(1)
            made = settings.scale * (one[chosen] @ other[chosen].T)
            for found in (made, made.T):
                apart = meant.exp() * (meant - found.log_softmax(1))
                loss = loss + apart.sum(1).mean() / 2
        return loss

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        rounded = self.rounded
        state = {
            "step": self.step,
            "student": self.student.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "rounded": rounded
            and [torch.from_numpy(one) for one in (rounded.codes, rounded.scale, rounded.levels)],
        }
        save_checkpoint(self.checkpoint, self.settings, state)

    def _restore(self, state: dict[str, Any]) -> None:
        self.step = state["step"]
        self.student.load_state_dict(state["student"])
        if state["rounded"]:
            self.rounded = FewBits(*(one.cpu().numpy() for one in state["rounded"]))
            self.student.table.weight.requires_grad_(False)
        self._optimizer.load_state_dict(state["optimizer"])


def teach(
    materials: list[Material], table: Vectors, teacher: str, work: Path, seed: int
) -> list[Taught]:
    """Encode the English texts of materials with a teacher, in the space of the table.

    The teacher's vectors are turned by the rotation that brings them nearest to the table's
    (orthogonal Procrustes, Schönemann, 1966), which leaves their cosines as they are.

    :param teacher: as `teacher_vectors` takes it; its vectors stay in a file in `work`.
    """
    found: list[tuple[NDArray[np.float16], NDArray[np.int64], NDArray[np.int64]]] = []
    for number, material in enumerate(materials):
        english = english_side(material.corpus).astype(np.int64)
        english[material.texts.offsets[english + 1] == material.texts.offsets[english]] = -1
        chosen = np.unique(english[english >= 0])
        cached = work / f"teacher-{number}.npy"
        vectors = np.load(cached) if cached.exists() else np.zeros((0, 0), np.float16)
        if len(vectors) != len(chosen):
            vectors = teacher_vectors(
                teacher,
                [material.corpus.texts[text] for text in chosen.tolist()],
                say_taught,
            )
            np.save(cached, vectors)
        place = np.full(len(material.corpus.texts) + 1, -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        found.append((vectors, chosen, place[english]))
    vectors, chosen, _ = found[0]
    sample = np.random.default_rng(seed).permutation(len(chosen))[:_FIT]
    near = pooled(materials[0].texts, chosen[sample], table)
    left, _, right = np.linalg.svd(vectors[sample].astype(np.float32).T @ near, full_matrices=False)
    turn = left @ right
    return [
        Taught(material, _turned(vectors, turn), place)
        for material, (vectors, _, place) in zip(materials, found, strict=True)
    ]


def _turned(vectors: NDArray[np.float16], turn: Vectors) -> NDArray[np.float16]:
    turned = np.empty((len(vectors), turn.shape[1]), np.float16)
    for first in range(0, len(vectors), 50_000):
        part = vectors[first : first + 50_000].astype(np.float32) @ turn
        size = np.linalg.norm(part, axis=1, keepdims=True)
        turned[first : first + 50_000] = part / np.maximum(size, 1e-9)
    return turned


def _arguments() -> argparse.Namespace:
    defaults = StudentSettings()
    parser = argparse.ArgumentParser(
        prog="python -m indexer.training.student",
        description="Train embedded-plus, transformer layers over the embedded encoder's table. "
        "A run that was stopped goes on where it was when called again with the same --work.",
    )
    add_arguments(parser, without=["cldr"])
    add = parser.add_argument
    add("--teacher", required=True, help="folder of a sentence-transformers model, or a module")
    add("--table", type=Path, help="folder of an embedded encoder; without it, our own")
    add("--glosses", type=Path, help="folder with data.noun and so on of WordNet 3")
    for name in _OPTIONS:
        usual = getattr(defaults, name)
        add(f"--{name.replace('_', '-')}", type=int, default=usual, help=f"usually {usual}")
    add("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args()


@in_a_sentence
def main() -> None:
    """Train, or go on training, and write the artifact and its card."""
    arguments = _arguments()
    teacher_folder(arguments.teacher)
    arguments.work.mkdir(parents=True, exist_ok=True)
    folder = arguments.table or data_folder() / DEFAULT_ENCODER
    table = EmbeddedEncoder(folder).model.alone()
    width = table.shape[1]
    if width % (2 * arguments.heads):
        usual = range(width // _HEAD_WIDTH or 1, 0, -1)
        fitting = next(heads for heads in usual if not width % (2 * heads))
        raise TrainingError(
            f"--heads {arguments.heads} cannot share {width} dimensions evenly: choose {fitting}, "
            "or another number that can."
        )
    held_out = held_out_sentences(arguments.held_out)
    here = {file.name.split(".")[0] for file in arguments.data.iterdir()}
    corpus = load_corpus(
        arguments.data,
        held_out=held_out,
        without=[name for name in arguments.without if name != "cldr" or name in here],
        seed=arguments.seed,
    )
    use, sets = cut_development(corpus)
    if arguments.glosses:
        corpus = with_glosses(corpus, arguments.glosses, held_out)
        use = with_new(use, corpus)
    use = thinned(corpus, use)
    texts = tokenize(Tokenizer.from_file(str(folder / TOKENIZER_FILE)), corpus.texts)
    filled = np.diff(texts.offsets) > 0
    use &= filled[corpus.left] & filled[corpus.right]
    longer, longer_texts = passages(corpus, texts, use, arguments.seed)
    say(f"{use.sum():,} pairs of sentences, {len(longer.left):,} of passages")
    every = np.ones(len(longer.left), np.bool_)
    materials = [
        Material(corpus, texts, PairSampler(corpus, use, 0.55, 0.7, SENTENCE_WEIGHTS)),
        Material(longer, longer_texts, PairSampler(longer, every, 0.5, 0.75, PASSAGE_WEIGHTS)),
    ]
    taught = teach(materials, table, arguments.teacher, arguments.work, arguments.seed)
    settings = StudentSettings(
        **{name: getattr(arguments, name) for name in _OPTIONS}, seed=arguments.seed
    )
    trainer = StudentTrainer(
        table, taught[0], taught[1], settings, arguments.work / "student.pt", arguments.device
    )

    def report(step: int, loss: float, rate: float) -> None:
        found = figures_of(sets, lambda which: trainer.encode(texts, which))
        say_step(step, loss, rate, found)

    rounded = trainer.run(report)
    spread = spreading(trainer.encode(texts, texts_to_spread(corpus, use, arguments.seed)))
    figures = figures_of(sets, lambda which: unit(trainer.encode(texts, which) @ spread))
    layers = trainer.student.cpu().layers
    export_student(arguments.out, rounded, layers, folder / TOKENIZER_FILE)
    whiten_graph(arguments.out, spread)
    _write_card(arguments.out, settings, figures, arguments.teacher)
    say(f"written to {arguments.out}")


def _write_card(
    folder: Path, settings: StudentSettings, figures: dict[str, float], teacher: str
) -> None:
    rows = "\n".join(f"| {kind} | {value:.1f} |" for kind, value in figures.items())
    (folder / "README.md").write_text(
        "# A contextual encoder trained with Crosstongue\n\n"
        f"{settings.layers} transformer layers over the embedded encoder's table, taught by "
        f"{Path(teacher).name}: {settings.steps:,} steps of {settings.batch:,} pairs of sentences "
        f"or {settings.passages:,} of passages, seed {settings.seed}. "
        "`load_encoder` takes the path of this folder.\n\n"
        "Accuracy in percent on development pairs, kept out of training:\n\n"
        f"| kind of text | accuracy |\n|---|---:|\n{rows}\n",
        "utf-8",
    )


if __name__ == "__main__":
    main()
