"""Sums of geometric series for many rates and steps at once, with bounds on them over intervals of steps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.problems.operators import Array

Steps = NDArray[np.int64]
SMALLEST = 1e-300
"""Losses below count as 0, and rates below as this."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Bounds on the sums over intervals of steps, between any two ends the same for all modes.

    Every sum lies within `radius` of `shift` plus the chord between its values at the two ends.

    Attributes:
        shift, radius: shape (J, I).
    """

    shift: Array
    radius: Array


class Modes:
    """phi_j(t) = 1 + rho_j + ... + rho_j^(t-1), rho_j = 1 - losses_j: how far a mode has come after t steps.

    phi is t without a loss and (1 - rho^t) / loss with one; both are one function, so that nothing depends on
    whether a small loss counts as zero.

    Attributes:
        losses: 0 or more. Shape (J,).
    """

    def __init__(self, losses: Array) -> None:
        self.losses = losses
        smooth = np.minimum(losses, 1.0)
        # A rate 1 - 1e-10 of its own has lost six digits of its loss, and they count after 10^10 steps.
        with np.errstate(divide="ignore"):
            logarithms = np.where(losses < 1, np.log1p(-smooth), np.log(np.abs(losses - 1)))
        self._logarithms = np.maximum(logarithms, np.log(SMALLEST))[:, None]
        self._divisors = np.maximum(losses, SMALLEST)[:, None]
        self._still = np.flatnonzero(losses < SMALLEST)
        self._alternating = np.flatnonzero(losses > 1)

    def sums(self, steps: Steps) -> Array:
        """phi_j(t). Shape (T,) -> (J, T)."""
        times = steps.astype(np.float64)
        with np.errstate(over="ignore"):
            sums: Array = -np.expm1(times * self._logarithms) / self._divisors
            if len(self._alternating):
                at = self._alternating
                size = np.exp(times * self._logarithms[at])
                sums[at] = (1.0 - np.where(steps % 2 == 1, -size, size)) / self._divisors[at]
        sums[self._still] = times
        return sums

    def enclose(self, points: Steps) -> Enclosure:
        """Bounds over the intervals between neighbouring points. Shape (I + 1,) -> (J, I)."""
        low, high = points[:-1].astype(np.float64), points[1:].astype(np.float64)
        length = high - low
        # The chord of a decreasing exponential e^(-x u) over 0 <= u <= 1 lies above it by this at most.
        x = -length * self._logarithms
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            mean = -np.expm1(-x) / x
            above = np.where(x < 0.1, x * x / 8, 1 - mean + mean * np.log(mean))
            deviation = np.exp(low * self._logarithms) * above / self._divisors
            deviation[self._still] = 0.0
            half = deviation / 2
            shift, radius = half, half.copy()
            if len(self._alternating):
                at = self._alternating
                largest = np.where(self._logarithms[at] > 0, high, low)
                shift[at] = 0.0
                radius[at] = 2 * np.exp(largest * self._logarithms[at]) / self._divisors[at]
        # Nothing lies between neighbouring steps.
        shift[:, length == 1], radius[:, length == 1] = 0.0, 0.0
        return Enclosure(shift, radius)
