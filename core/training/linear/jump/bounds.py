"""What is certain of a segment over whole intervals of steps: values that stay, errors that are not met."""

import numpy as np
from numpy.typing import NDArray

from core.problems.operators import Array
from core.training.linear.jump.lasso import Goal
from core.training.linear.jump.modes import Modes, Steps

ROUNDING = 8 * float(np.finfo(np.float64).eps)
"""Relative errors of sums, generously. What is closer than that rounding decides in the loop too."""


class Bounds:
    """Values base + slopes phi(t) that are to stay between low and high. Shapes (K,), slopes (K, J)."""

    def __init__(
        self, modes: Modes, base: Array, slopes: Array, low: Array, high: Array, sizes: Array
    ) -> None:
        self._modes, self._base, self._slopes = modes, base[:, None], slopes
        self._low, self._high = (low - ROUNDING * sizes)[:, None], (high + ROUNDING * sizes)[:, None]
        self._absolute = np.abs(slopes)

    def hold(self, points: Steps) -> NDArray[np.bool_]:
        """Over which intervals all values are certain to stay, up to rounding."""
        sums = self._modes.sums(points)
        values = self._base + self._slopes @ sums
        slack = ROUNDING * (self._absolute @ np.abs(sums))
        inside = np.all((values >= self._low - slack) & (values <= self._high + slack), axis=0)
        # Beyond the first value that is outside nothing matters.
        count = len(points) if inside.all() else max(int(np.argmin(inside)), 1)
        found = np.zeros(len(points) - 1, dtype=np.bool_)
        if not inside[0] or count < 2:
            return found
        points, values, slack = points[:count], values[:, :count], slack[:, 1:count]
        enclosure = self._modes.enclose(points)
        shift, radius = self._slopes @ enclosure.shift, self._absolute @ enclosure.radius - slack
        least = np.minimum(values[:, :-1], values[:, 1:]) + shift - radius
        most = np.maximum(values[:, :-1], values[:, 1:]) + shift + radius
        found[: count - 1] = np.all((least >= self._low) & (most <= self._high), axis=0)
        return found


class Path:
    """sqrt(||offset + weights phi(t)||^2 + constant) / divisor. Shapes (K,) and (K, J)."""

    def __init__(self, modes: Modes, offset: Array, weights: Array, constant: float, goal: Goal) -> None:
        self._modes, self._offset, self._weights, self._constant = modes, offset[:, None], weights, constant
        self._goal, self._sizes = goal, np.linalg.norm(weights, axis=0)

    def above(self, points: Steps) -> NDArray[np.bool_]:
        """Over which intervals the error is certain to lie above the level of the goal.

        Where values differ by rounding alone the ends decide, or each of 10^12 steps at the limit of an error
        would have to be looked at.
        """
        values = self._offset + self._weights @ self._modes.sums(points)  # (K, I + 1)
        ends = self._error(values) > self._goal.level
        enclosure = self._modes.enclose(points)
        reach = self._sizes @ enclosure.radius
        shift = self._weights @ enclosure.shift
        begin, way = values[:, :-1] + shift, np.diff(values, axis=1)
        # The point of the chord that is nearest to zero.
        length = np.einsum("ki,ki->i", way, way)
        share = -np.einsum("ki,ki->i", begin, way) / np.where(length > 0, length, 1.0)
        nearest = np.linalg.norm(begin + np.clip(share, 0.0, 1.0) * way, axis=0)
        least = np.sqrt(np.maximum(nearest - reach, 0.0) ** 2 + self._constant) / self._goal.divisor
        total = np.linalg.norm(values[:, :-1], axis=0) + np.sqrt(self._constant)
        steady = np.sqrt(length) + 2 * reach <= ROUNDING * total
        between: NDArray[np.bool_] = (least > self._goal.level) | steady | (np.diff(points) == 1)
        return ends[:-1] & ends[1:] & between

    def _error(self, values: Array) -> Array:
        errors: Array = np.sqrt(np.einsum("ki,ki->i", values, values) + self._constant) / self._goal.divisor
        return errors
