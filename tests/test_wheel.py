"""The built wheel, installed where there is no checkout, is the whole product."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CROSSTONGUE"))}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean | environment,
        text=True,
        capture_output=True,
        timeout=600,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the files git knows, so that nothing untracked is in it."""
    source = tmp_path_factory.mktemp("source")
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    ).stdout
    for name in filter(None, files.decode().split("\0")):
        if (CHECKOUT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((CHECKOUT / name).read_bytes())
    out = tmp_path_factory.mktemp("dist")
    built = run(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, cwd=source
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel and its base dependencies."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=True)
    programs = environment / "bin"
    done = run(
        programs / "python", "-m", "pip", "install", "--quiet", "--constraint",
        CHECKOUT / "constraints.txt", wheel, cwd=environment,
    )  # fmt: skip
    if done.returncode and "No matching distribution" in done.stderr + done.stdout:
        pytest.skip("the base dependencies cannot be fetched here")
    assert done.returncode == 0, done.stdout + done.stderr
    return programs


def test_the_wheel_puts_only_the_three_packages_in_site_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"indexer", "search", "ui"}


def test_the_wheel_carries_every_module_the_encoder_the_samples_and_the_licences(
    wheel: Path,
) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for package in ("indexer", "search", "ui"):
        for path in (CHECKOUT / package).rglob("*"):
            inner = path.relative_to(CHECKOUT).as_posix()
            if path.is_file() and "__pycache__" not in inner:
                assert inner in names, f"{inner} is missing from the wheel"
    for path in (CHECKOUT / "data" / "samples").rglob("*.*"):
        inner = "indexer/" + path.relative_to(CHECKOUT).as_posix()
        assert inner in names, f"{inner} is missing from the wheel"
    for name in ("model.safetensors", "tokenizer.json", "config.json", "README.md"):
        assert f"indexer/data/embedded/{name}" in names
    assert not any("data/plus" in inner for inner in names), "embedded-plus is too large"
    for name in ("LICENSE", "NOTICE"):
        assert any(inner.endswith(f".dist-info/licenses/{name}") for inner in names)


def test_an_installed_wheel_runs_the_demo_and_searches_without_torch(
    installed: Path, tmp_path: Path
) -> None:
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    torch = run(installed / "python", "-c", "import torch", cwd=tmp_path)
    assert "ModuleNotFoundError" in torch.stderr
    demo = run(installed / "crosstongue", "demo", "--check", cwd=tmp_path, **home)
    assert demo.returncode == 0, demo.stderr
    assert "Crosstongue is at http://127.0.0.1:" in demo.stdout
    found = run(
        installed / "crosstongue", "search", "my bicycle has a puncture", "--json",
        "--index", tmp_path / "data" / "crosstongue" / "demo", cwd=tmp_path, **home,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    answer = json.loads(found.stdout)
    hits = answer["hits"] if isinstance(answer, dict) else answer
    assert any("/repair/" in hit["path"] for hit in hits[:3])
