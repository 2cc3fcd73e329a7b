"""What simple predictors of numbers reach, beside which a network is to be judged."""

from dataclasses import dataclass

import numpy as np

from core.problems.examples import NetworkInstance
from core.problems.operators import Array

_GRID = np.logspace(-6, 6, 121)
"""Strengths lambda that are tried, as multiples of the mean eigenvalue of X'X."""
_AS_GOOD = 1e-8
"""Relative difference of two leave-one-out residuals that may be a rounding error."""


@dataclass(frozen=True, slots=True)
class Baselines:
    """Mean squared errors on the test data: of 0, of the mean training target, of tuned ridge regression."""

    zero: float
    mean: float
    ridge: float


def baselines(instance: NetworkInstance) -> Baselines | None:
    """The baselines of a regression; None without test data. Inputs (N, d), targets (N, C)."""
    if instance.test is None:
        return None
    test = instance.test
    predicted = tuned_ridge(instance.train.inputs, instance.train.targets, test.inputs)
    return Baselines(
        zero=float(np.mean(test.targets**2)),
        mean=float(np.mean((test.targets - instance.train.targets.mean(axis=0)) ** 2)),
        ridge=float(np.mean((test.targets - predicted) ** 2)),
    )


def tuned_ridge(inputs: Array, targets: Array, tested: Array) -> Array:
    """Predictions c + x a with c, a = argmin ||c + X a - y||^2 + lambda ||a||^2. Shape (N', C).

    The lambda is that of the least mean squared leave-one-out residual on the training data, in closed form
    (y - H y) / (1 - diag H) with the hat matrix H; the smallest where several are as good. A single row is
    answered with its own target.
    """
    centre, mean = inputs.mean(axis=0), targets.mean(axis=0)
    left, singular, right = np.linalg.svd(_without_rounding(inputs - centre, centre), full_matrices=False)
    squares = singular**2
    kept = singular > singular.max(initial=0.0) * max(inputs.shape) * np.finfo(np.float64).eps
    if not kept.any():
        return np.broadcast_to(mean, (len(tested), targets.shape[1])).copy()
    left, singular, right, squares = left[:, kept], singular[kept], right[kept], squares[kept]
    seen = left.T @ (targets - mean)  # (k, C)
    tried = _GRID * squares.mean()
    errors = np.array([_left_out(left, squares / (squares + s), seen, targets - mean) for s in tried])
    best = tried[int(np.argmax(errors <= (1.0 + _AS_GOOD) * errors.min()))]
    slope = right.T @ ((singular / (squares + best))[:, None] * seen)
    predicted: Array = mean + (tested - centre) @ slope
    return predicted


def _without_rounding(centred: Array, centre: Array) -> Array:
    """Columns (of shape (N, d)) that are what a mean (d,) leaves of equal inputs hold exact zeros."""
    rounding = len(centred) * np.finfo(np.float64).eps * np.abs(centre)
    return np.where(np.abs(centred).max(axis=0) <= rounding, 0.0, centred)


def _left_out(left: Array, shrunk: Array, seen: Array, targets: Array) -> float:
    residual = targets - left @ (shrunk[:, None] * seen)
    # The mean is fitted too: each row has its N-th of it.
    free = 1.0 - 1.0 / len(left) - (left**2) @ shrunk
    return float(np.mean((residual / np.maximum(free, 1e-12)[:, None]) ** 2))
