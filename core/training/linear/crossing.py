"""Finds the first step at which a sum of exponentials meets a threshold, to the step and without stepping."""

import math
from dataclasses import dataclass

import numpy as np

from core.problems.operators import Array, Numbers

NOT_FOUND = -1
ROUNDING = 1e-14
"""Relative errors of the sums, generously."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What is known of a curve over some steps.

    Attributes:
        least: a lower bound.
        steady: whether all values are the same to rounding.
    """

    least: float
    steady: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """||r(t)|| with r(t) = offset + M z(t) and exponentials z_j(t) = (1 - losses_j)^t.

    Attributes:
        offset: shape (K,).
        weights: M: a matrix (K, J), or (J,) for a diagonal one, then K = J.
        losses: real. Shape (J,).
        constant: a squared norm that is added and never changes.
    """

    offset: Numbers
    weights: Numbers
    losses: Array
    constant: float = 0.0

    def at(self, step: int) -> float:
        """The value at a step; inf or NaN where it leaves the numbers."""
        return self._norm(np.abs(self.offset + self._times(self.weights, powers(self.losses, step))))

    def bound(self, low: int, high: int) -> "Bound":
        """What the value does over the steps low, low + 2, ..., high, rounding included."""
        ends = powers(self.losses, low), powers(self.losses, high)
        # Over steps of one parity every exponential is monotone: it lies within the radius of the centre.
        centre, radius = (ends[0] + ends[1]) / 2, np.abs(ends[0] - ends[1]) / 2
        sizes = np.abs(self.weights)
        value, reach = np.abs(self.offset + self._times(self.weights, centre)), self._times(sizes, radius)
        terms = np.abs(self.offset) + self._times(sizes, np.abs(centre)) + reach
        least = self._norm(np.maximum(value - reach - ROUNDING * terms, 0.0)) * (1 - ROUNDING)
        spread = self._norm(value + reach) - self._norm(np.maximum(value - reach, 0.0))
        return Bound(least, spread <= ROUNDING * self._norm(terms))

    def _times(self, weights: Numbers, z: Array) -> Numbers:
        product: Numbers = weights @ z if weights.ndim == 2 else weights * z
        return product

    def _norm(self, parts: Array) -> float:
        return math.sqrt(float(np.sum(parts**2)) + self.constant)


def powers(losses: Array, step: int) -> Array:
    """(1 - losses)^step, accurate for steps beyond 10^8. Shape (J,).

    A rate 1 - 1e-10 of its own has lost six digits of its loss, and they count after 10^10 steps.
    """
    if not step:
        return np.ones(losses.shape)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        logarithm = np.where(losses < 1, np.log1p(-np.minimum(losses, 1.0)), np.log(np.abs(losses - 1)))
        result: Array = np.exp(step * logarithm)
    return np.where((losses > 1) & (step % 2 == 1), -result, result)


def first_at_or_below(curve: Curve, level: float, last: int) -> int:
    """The first step in 0..last with a value at or below `level`, NOT_FOUND without one.

    Branch and bound over the even and the odd steps: intervals whose lower bound lies above the level are
    left out as a whole. Where values differ by rounding alone, so do steps that could be told.
    """
    found = [_search(curve, level, first, last - (last - first) % 2) for first in (0, 1) if first <= last]
    hits = [step for step in found if step != NOT_FOUND]
    return min(hits, default=NOT_FOUND)


def _search(curve: Curve, level: float, low: int, high: int) -> int:
    waiting = [(low, high)]
    while waiting:
        low, high = waiting.pop()
        if low == high:
            if curve.at(low) <= level:
                return low
            continue
        bound = curve.bound(low, high)
        if bound.least > level:
            continue
        if bound.steady and not curve.at(high) <= level:
            # The ends decide: a level at the limit of a curve would else have each of 10^12 steps looked at.
            if curve.at(low) <= level:
                return low
            continue
        # Changes are even on a logarithmic axis; `middle` has the parity of the ends and lies in [low, high).
        geometric = math.isqrt(low * high) if high > 4 * low and low > 0 else (low + high) // 2
        if low == 0 and high > 1024:
            geometric = math.isqrt(high)
        middle = low + (max(geometric - low, 0) // 2) * 2
        middle = min(middle, high - 2)
        waiting.append((middle + 2, high))
        waiting.append((low, middle))
    return NOT_FOUND


def first_not_finite(curve: Curve, last: int) -> int:
    """The first step in 0..last whose value is no finite number, NOT_FOUND without one.

    Once an exponential that grows has left the numbers, it stays outside.
    """
    if not np.any(np.abs(1 - curve.losses) > 1):
        return 0 if not math.isfinite(curve.at(0)) else NOT_FOUND
    with np.errstate(over="ignore", invalid="ignore"):
        if math.isfinite(curve.at(last)):
            return NOT_FOUND
        low, high = -1, last
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if math.isfinite(curve.at(middle)) else (low, middle)
    return high
