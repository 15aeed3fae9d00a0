"""The one training command, on a made-up language whose every word translates a German one."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from indexer.encoders.embedded import EmbeddedEncoder
from indexer.training.contrastive import info_nce
from indexer.training.languages import sharpness_of

WORDS = (
    "haus baum katze hund brot wasser stein berg fluss vogel tisch stuhl fenster tür garten blume "
    "sonne mond stern regen schnee wind feuer erde gold silber pferd kuh schaf fisch apfel birne"
).split()


def invented(text: str) -> str:
    return " ".join(word[::-1] + "ox" for word in text.split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    generator = random.Random(1)
    place = tmp_path_factory.mktemp("training")
    data = place / "data"
    data.mkdir()
    texts = {" ".join(generator.sample(WORDS, 5)) for _ in range(3_000)}
    lines = [f"deu\teng\t{text}\t{invented(text)}" for text in sorted(texts)]
    (data / "made_up.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    held_out = place / "held_out"
    held_out.mkdir()
    tests = [" ".join(generator.sample(WORDS, 4)) for _ in range(100)]
    (held_out / "tatoeba.deu-eng.deu").write_text("\n".join(tests) + "\n", "utf-8")
    english = [invented(text) for text in tests]
    (held_out / "tatoeba.deu-eng.eng").write_text("\n".join(english) + "\n", "utf-8")
    return place


def train(folder: Path, out: str, work: str, steps: int) -> str:
    done = subprocess.run(
        [
            sys.executable, "-m", "indexer.training", "--data", str(folder / "data"),
            "--held-out", str(folder / "held_out"), "--out", str(folder / out),
            "--work", str(folder / work), "--pieces", "300", "--steps", str(steps),
            "--batch", "64", "--dimension", "32", "--language-steps", "40",
            "--finishing-steps", "20",
        ],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_training_from_nothing_learns_translations_and_writes_its_card(folder: Path) -> None:
    said = train(folder, "out", "work", 120)
    assert "step 140: loss" in said
    encoder = EmbeddedEncoder(folder / "out")
    tests = (folder / "held_out" / "tatoeba.deu-eng.deu").read_text("utf-8").splitlines()
    scores = encoder.encode(tests) @ encoder.encode([invented(text) for text in tests]).T
    assert (scores.argmax(axis=1) == np.arange(len(tests))).mean() > 0.9
    languages = [language for language, _ in encoder.identify(tests)]
    assert languages.count("de") > 90
    card = (folder / "out" / "README.md").read_text("utf-8")
    assert "| made_up |" in card
    assert "| unknown |" in card


def test_a_stopped_run_goes_on_to_the_same_artifact(folder: Path) -> None:
    train(folder, "whole", "work-whole", 60)
    half = folder / "work-half"
    half.mkdir()
    # The learning rate depends on the number of steps in all, so the run is stopped, not shortened.
    stopped = subprocess.run(
        [sys.executable, "-c", STOPPED, str(folder), str(half)],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert stopped.returncode == 7, stopped.stderr
    assert torch.load(half / "table.pt", weights_only=True)["step"] == 30
    train(folder, "half", "work-half", 60)
    whole, resumed = (
        (folder / name / "model.safetensors").read_bytes() for name in ("whole", "half")
    )
    assert whole == resumed


STOPPED = """
import os, runpy, sys
from indexer.training import contrastive
folder, work = sys.argv[1:]
save = contrastive.ContrastiveTrainer._one
def one(self):
    if self.step == 30:
        self._save()
        os._exit(7)
    return save(self)
contrastive.ContrastiveTrainer._one = one
sys.argv = ["x", "--data", folder + "/data", "--held-out", folder + "/held_out", "--out",
    folder + "/never", "--work", work, "--pieces", "300", "--steps", "60", "--batch", "64",
    "--dimension", "32", "--language-steps", "40", "--finishing-steps", "20"]
runpy.run_module("indexer.training", run_name="__main__")
"""


@pytest.mark.parametrize("own_side", [False, True])
def test_the_closed_form_gradient_is_the_one_automatic_differentiation_gives(
    own_side: bool,
) -> None:
    torch.manual_seed(1)
    unit = torch.nn.functional.normalize(torch.randn(40, 16), dim=1).requires_grad_()
    no_negative = (torch.rand(20, 20) < 0.1).fill_diagonal_(False)
    no_negative |= no_negative.T.clone()
    one, other = unit[:20], unit[20:]
    itself = no_negative | torch.eye(20, dtype=torch.bool)
    across = (20 * (one @ other.T)).masked_fill(no_negative, -1e4)
    ones = (20 * (one @ one.T)).masked_fill(itself, -1e4)
    others = (20 * (other @ other.T)).masked_fill(itself, -1e4)
    there = torch.cat([across, ones], 1) if own_side else across
    back = torch.cat([across.T, others], 1) if own_side else across.T
    target = torch.arange(20)
    cross_entropy = torch.nn.functional.cross_entropy
    wanted = (cross_entropy(there, target) + cross_entropy(back, target)) / 2
    wanted.backward()
    loss, gradient = info_nce(unit.detach(), no_negative, 20, own_side)
    assert loss == pytest.approx(float(wanted.detach()), rel=1e-5)
    assert unit.grad is not None
    # bfloat16 products: equal to about three digits.
    assert torch.allclose(gradient, unit.grad, atol=0.01 * float(unit.grad.abs().max()))


def test_the_sharpness_of_overconfident_scores_undoes_what_they_were_multiplied_by() -> None:
    torch.manual_seed(1)
    scores = torch.randn(20_000, 5)
    label = torch.multinomial(scores.softmax(1), 1)[:, 0]
    found = sharpness_of((2.5 * scores).numpy(), label.numpy())
    assert found == pytest.approx(1 / 2.5, rel=0.1)
