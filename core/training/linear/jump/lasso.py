"""One run of proximal gradient descent with an l1 penalty, in NumPy: what it minimises and its plain step."""

import math
from dataclasses import dataclass

import numpy as np

from core.problems.operators import Array


@dataclass(frozen=True, slots=True)
class Goal:
    """One error and the level that a crossing asks for.

    The error is ||M a - b|| / divisor, with the identity for M where there is none.

    Attributes:
        matrix: M, or None. Shape (K, n).
        targets: b. Shape (K,).
        divisor: over 0.
        level: the error is met at or below it.
    """

    matrix: Array | None
    targets: Array
    divisor: float
    level: float

    def error(self, state: Array) -> float:
        """The error of a state; inf or NaN where it leaves the numbers."""
        gap = (state if self.matrix is None else self.matrix @ state) - self.targets
        return math.sqrt(gap @ gap) / self.divisor


@dataclass(frozen=True, slots=True)
class Lasso:
    """1/2 ||X a - y||^2 + beta_2/2 ||a||^2 + beta_1 ||a||_1 and the steps towards its minimum.

    Attributes:
        design: X. Shape (N, n).
        targets: y. Shape (N,).
        rate, l1, l2_squared: alpha, beta_1 and beta_2.
        train: the train error.
        test: the test error, None without anything to test on.
    """

    design: Array
    targets: Array
    rate: float
    l1: float
    l2_squared: float
    train: Goal
    test: Goal | None

    def residual(self, state: Array) -> Array:
        """X a - y. Shape (N,)."""
        residual: Array = self.design @ state
        residual -= self.targets
        return residual

    def step(self, state: Array, residual: Array) -> Array:
        """The state after one step from a state with its residual. Shape (n,)."""
        moved: Array = residual @ self.design
        if self.l2_squared:
            moved += self.l2_squared * state
        moved *= -self.rate
        moved += state
        threshold = self.rate * self.l1
        # w - clip(w, -t, t) has exact zeros inside.
        clipped = np.minimum(moved, threshold)
        np.maximum(clipped, -threshold, out=clipped)
        moved -= clipped
        return moved
