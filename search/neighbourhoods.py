"""Vectors to points of a plane in which neighbours stay neighbours: UMAP, where it is installed.

It takes a minute where the principal plane takes a second, so it is run in a process of its own:
`python -m search.neighbourhoods VECTORS.npy POINTS.npy`.
"""

import importlib.util
import sys
from pathlib import Path

import numpy as np

from search.projection import Points, principal_components

# Of so many principal components the neighbours are nearly those of all dimensions, in a fraction
# of the time.
COMPONENTS = 50
# As its authors recommend; fewer show finer groups.
NEIGHBOURS = 15
# The same picture in every run.
_SEED = 7


def installed() -> bool:
    """Whether UMAP is there."""
    return importlib.util.find_spec("umap") is not None


def neighbourhoods(vectors: Points) -> Points:
    """Lay vectors out by their neighbours (McInnes, Healy and Melville, 2018).

    :param vectors: float32 [n, d].
    :return: float32 [n, 2]; distances between groups that lie apart mean little.
    """
    # Its graph needs some rows; what is fewer has no neighbourhoods to speak of.
    if len(vectors) <= NEIGHBOURS:
        return principal_components(vectors, 2)
    from umap import UMAP  # type: ignore[import-untyped,import-not-found,unused-ignore]

    layout = UMAP(n_neighbors=NEIGHBOURS, metric="euclidean", init="pca", random_state=_SEED)
    points = layout.fit_transform(principal_components(vectors, COMPONENTS))
    return np.asarray(points, np.float32)


def main() -> None:
    """Lay the vectors of one file out into another."""
    source, target = map(Path, sys.argv[1:])
    points = neighbourhoods(np.load(source))
    np.save(target, points)


if __name__ == "__main__":
    main()
