"""Vectors laid out by their neighbours."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from search.neighbourhoods import NEIGHBOURS, neighbourhoods
from search.projection import principal_components

ROOT = Path(__file__).resolve().parent.parent.parent


def test_groups_that_a_plane_cannot_show_lie_apart(tmp_path):
    pytest.importorskip("umap")
    draw = np.random.default_rng(1)
    groups = np.repeat(np.arange(12), 25)
    # As many directions as groups: the first two tell two of them from the rest.
    vectors = (8 * np.eye(12, 40)[groups] + draw.normal(size=(300, 40))).astype(np.float32)
    np.save(tmp_path / "vectors.npy", vectors)
    command = [sys.executable, "-m", "search.neighbourhoods", "vectors.npy", "points.npy"]
    environment = {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    points = np.load(tmp_path / "points.npy")
    assert points.shape == (300, 2)

    def together(places):
        distances = np.linalg.norm(places[:, None] - places[None], axis=2)
        np.fill_diagonal(distances, np.inf)
        return np.mean(groups[np.argsort(distances)[:, :10]] == groups[:, None])

    assert together(points) > 0.95
    assert together(principal_components(vectors, 2)) < 0.7


def test_what_has_no_neighbourhoods_lies_as_it_varies_most():
    for rows in (1, 2, NEIGHBOURS):
        vectors = np.random.default_rng(rows).normal(size=(rows, 8)).astype(np.float32)
        np.testing.assert_array_equal(neighbourhoods(vectors), principal_components(vectors, 2))
