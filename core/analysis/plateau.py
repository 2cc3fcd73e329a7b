"""The step from which a series stays near its final plateau: the published rule, and a level beside it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.analysis.crossing import (
    Crossing,
    Direction,
    Steps,
    Values,
    check_series,
    crossing_at,
    first_streak,
    reached,
)

POINTS, TOLERANCE, REPEATS = 3, 0.05, 2
"""The parameters that the paper published: K, tolerance, M."""


@dataclass(frozen=True, slots=True)
class Plateau:
    """What the rule found, and what of it is accepted.

    Every series ends somewhere, so the rule finds a step in runs that never generalised too: look at `error`.

    Attributes:
        step: first step by the rule alone; None where the series has too few points or ends unsettled.
        error: the value at `step`.
        final: mean of the last points, the value of the plateau; None unless it is a finite number.
        crossing: the first step that meets rule and level together.
    """

    step: int | None
    error: float | None
    final: float | None
    crossing: Crossing


def plateau(
    steps: Steps,
    values: Values,
    level: float,
    points: int = POINTS,
    tolerance: float = TOLERANCE,
    repeats: int = REPEATS,
    direction: Direction = "below",
) -> Plateau:
    """The step from which a series is at its final plateau (arXiv 2506.05718).

    The plateau is the mean of the last `points` recorded values. The step by the rule is the first of the
    first `repeats` recorded steps in a row whose values lie within `tolerance` times the plateau of it, above
    or below. The accepted step is the same among values that meet `level` as well.

    Args:
        steps: recorded steps, strictly increasing. Shape (K,).
        values: the series; a NaN or infinity is on no plateau. Shape (K,).
        level: finite; met at or below it (errors, losses), or at or above it (accuracies).

    Raises ValueError for other shapes, steps that do not increase, a level that is not finite, `points` or
    `repeats` under 1, and a tolerance that is negative or not finite.
    """
    check_series(steps, values)
    _check_parameters(points, tolerance, repeats)
    met = reached(values, level, direction)
    final = _final(values, points)
    if final is None:
        return Plateau(None, None, None, crossing_at(steps, None))
    near = _near(values, final, tolerance)
    index = first_streak(near, repeats)
    return Plateau(
        step=None if index is None else int(steps[index]),
        error=None if index is None else float(values[index]),
        final=final,
        crossing=crossing_at(steps, first_streak(near & met, repeats)),
    )


def _check_parameters(points: int, tolerance: float, repeats: int) -> None:
    for name, value in (("points", points), ("repeats", repeats)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1. Got {value} instead.")
    if not (math.isfinite(tolerance) and tolerance >= 0):
        raise ValueError(f"tolerance must be a number from 0 on. Got {tolerance} instead.")


def _final(values: Values, points: int) -> float | None:
    """The mean of the last points, if there are so many and it is finite."""
    if values.size < points or not np.isfinite(values[-points:]).all():
        return None
    with np.errstate(over="ignore"):
        final = float(np.mean(values[-points:]))
    return final if math.isfinite(final) else None


def _near(values: Values, final: float, tolerance: float) -> NDArray[np.bool_]:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.abs(values - final) <= min(tolerance * abs(final), np.finfo(np.float64).max)
