"""Multinomial logistic regression by L-BFGS, in NumPy alone.

scikit-learn and SciPy are no part of the base installation, and a few hundred languages over a few
hundred dimensions need no more than this.
"""

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

MEMORY = 10  # pairs of steps and changes of the gradient kept
ROUNDS = 300
_ENOUGH = 1e-6  # the largest entry of a gradient that counts as zero
_DECREASE = 1e-4  # Armijo's share of the decrease that the slope promises


def fit(vectors: Matrix, label: NDArray[np.int64], classes: int, penalty: float) -> Matrix:
    """Return the weights, the bias last: float64 [classes, dimension + 1].

    Minimises the mean cross-entropy plus `penalty` / 2 times the squared weights, the bias free.

    :param vectors: float64 [n, dimension], columns of similar size.
    :param label: int64 [n], from 0 to `classes` - 1.
    """
    inputs = np.hstack([vectors, np.ones((len(vectors), 1))])
    rows = np.arange(len(label))
    free = np.ones(inputs.shape[1])
    free[-1] = 0

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        scores = inputs @ weights.T
        scores -= scores.max(axis=1, keepdims=True)
        exponential = np.exp(scores)
        total = exponential.sum(axis=1)
        value = float((np.log(total) - scores[rows, label]).mean())
        exponential /= total[:, None]
        exponential[rows, label] -= 1
        held = weights * free
        gradient = exponential.T @ inputs / len(label) + penalty * held
        return value + penalty / 2 * float((held * held).sum()), gradient

    return _minimum(loss, np.zeros((classes, inputs.shape[1])))


def _minimum(loss: Callable[[Matrix], tuple[float, Matrix]], start: Matrix) -> Matrix:
    """L-BFGS with a backtracking line search (Nocedal and Wright, 2006, algorithms 7.4 and 3.1)."""
    steps: deque[tuple[Matrix, Matrix, float]] = deque(maxlen=MEMORY)
    place, (value, gradient) = start, loss(start)
    for _ in range(ROUNDS):
        if np.abs(gradient).max() < _ENOUGH:
            break
        direction = -_towards(gradient, steps)
        slope = float((direction * gradient).sum())
        rate = 1.0 if steps else min(1.0, 1.0 / float(np.abs(gradient).sum()))
        while True:
            tried = place + rate * direction
            tried_value, tried_gradient = loss(tried)
            if tried_value <= value + _DECREASE * rate * slope:
                break
            rate /= 2
            if rate < 1e-10:  # no step helps: as good as it gets in this arithmetic
                return place
        step, change = tried - place, tried_gradient - gradient
        curvature = float((step * change).sum())
        if curvature > 1e-12:
            steps.append((step, change, curvature))
        place, value, gradient = tried, tried_value, tried_gradient
    return place


def _towards(gradient: Matrix, steps: "deque[tuple[Matrix, Matrix, float]]") -> Matrix:
    """Return the gradient times the approximate inverse Hessian, by the two-loop recursion."""
    result = gradient.copy()
    shares = []
    for step, change, curvature in reversed(steps):
        share = float((step * result).sum()) / curvature
        shares.append(share)
        result -= share * change
    if steps:
        _, change, curvature = steps[-1]
        result *= curvature / float((change * change).sum())
    for (step, change, curvature), share in zip(steps, reversed(shares), strict=True):
        result += (share - float((change * result).sum()) / curvature) * step
    return result
