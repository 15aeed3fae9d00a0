"""Vectors to points of a plane, for a picture of an index.

Principal components only: what shows them in other ways needs libraries of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Projection:
    """Points of a plane.

    :param points: float32 [n, 2].
    :param share: how much of the vectors' variance the plane keeps, 0 to 1.
    """

    points: Points
    share: float


def principal_plane(vectors: Points) -> Projection:
    """Project vectors on the plane in which they vary most (Pearson, 1901).

    :param vectors: float32 [n, d].
    :return: the points; which way round they lie is the same in every run.
    """
    rows, width = vectors.shape
    if not rows:
        return Projection(np.zeros((0, 2), np.float32), 0.0)
    centred = vectors - vectors.mean(axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred)
    plane = directions[:, ::-1][:, :2]
    # An eigenvector may point either way: let its largest part be positive.
    plane = plane * np.sign(plane[np.abs(plane).argmax(axis=0), np.arange(plane.shape[1])])
    points = np.zeros((rows, 2), np.float32)
    points[:, : min(2, width)] = centred @ plane
    whole = float(variances.sum())
    return Projection(points, float(variances[::-1][:2].sum()) / whole if whole > 0 else 0.0)


def without_group_means(vectors: Points, groups: Sequence[str]) -> Points:
    """Return vectors less the mean of their group, such as their language.

    :param vectors: float32 [n, d].
    :param groups: the group of each.
    """
    _, places = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    counts = np.bincount(places)
    means = np.zeros((len(counts), vectors.shape[1]), np.float32)
    np.add.at(means, places, vectors)
    means /= counts[:, None]
    return vectors - means[places]
