"""Vectors to points of a plane, for a picture of an index.

Principal components; by their neighbours is `neighbourhoods`.
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
    :param share: how much of the vectors' variance the plane keeps, 0 to 1; None where it shows
        neighbourhoods instead.
    """

    points: Points
    share: float | None


def principal_plane(vectors: Points) -> Projection:
    """Project vectors on the plane in which they vary most (Pearson, 1901).

    :param vectors: float32 [n, d].
    :return: the points; which way round they lie is the same in every run.
    """
    if not len(vectors):
        return Projection(np.zeros((0, 2), np.float32), 0.0)
    points = principal_components(vectors, 2)
    whole = float(((vectors - vectors.mean(axis=0)) ** 2).sum())
    return Projection(points, float((points**2).sum()) / whole if whole > 0 else 0.0)


def principal_components(vectors: Points, count: int) -> Points:
    """Return vectors in the directions in which they vary most, zeros past their own width.

    :param vectors: float32 [n, d], n at least 1.
    :return: float32 [n, count].
    """
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    axes = directions[:, ::-1][:, :count]
    # An eigenvector may point either way: let its largest part be positive.
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    found = np.zeros((len(vectors), count), np.float32)
    found[:, : axes.shape[1]] = centred @ axes
    return found


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
