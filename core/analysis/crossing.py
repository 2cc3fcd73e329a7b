"""The step at which a recorded series first meets a level, as far as recorded steps can tell."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Status = Literal["observed", "censored", "never_memorised"]
Direction = Literal["below", "above"]
Steps = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Crossing:
    """When a series met its level, if it did.

    Attributes:
        value: first recorded step that meets the level; None unless `observed`.
        status: `censored`: not up to the last recorded step; `never_memorised`: the same of a whole run whose
            training error never met its level.
        bracket: the crossing lies after the first and no later than the second of these steps; where already
            the first recorded step meets the level both are that step. (last recorded step, None) without a
            crossing.
    """

    value: int | None
    status: Status
    bracket: tuple[int, int | None]


def threshold(
    steps: Steps, values: Values, level: float, sustained: int = 1, direction: Direction = "below"
) -> Crossing:
    """The first recorded step that meets `level`.

    Args:
        steps: recorded steps, strictly increasing. Shape (K,).
        values: the series; a NaN or infinity meets no level. Shape (K,).
        level: finite; met at or below it (errors, losses), or at or above it (accuracies).
        sustained: how many recorded steps in a row have to meet it, of which the first counts; fewer than
            so many before the end of the series are no crossing.

    Raises ValueError for other shapes, steps that do not increase, a level that is not finite, and
    `sustained` under 1.
    """
    check_series(steps, values)
    if sustained < 1:
        raise ValueError(f"sustained must be at least 1. Got {sustained} instead.")
    return crossing_at(steps, first_streak(reached(values, level, direction), sustained))


def reached(values: Values, level: float, direction: Direction = "below") -> NDArray[np.bool_]:
    """Which values are finite and meet the level. Shape of `values`.

    Raises ValueError for a level that is not finite.
    """
    if not math.isfinite(level):
        raise ValueError(f"level must be finite. Got {level} instead.")
    met = values <= level if direction == "below" else values >= level
    return np.isfinite(values) & met


def first_streak(met: NDArray[np.bool_], length: int) -> int | None:
    """Index of the first of `length` true values in a row; None without such a streak."""
    counts = np.concatenate([np.zeros(1, np.int64), np.cumsum(met)])
    full = np.flatnonzero(counts[length:] - counts[:-length] == length)
    return int(full[0]) if full.size else None


def crossing_at(steps: Steps, index: int | None) -> Crossing:
    """The crossing at this index; censored at the last step for None. Nothing recorded counts as step 0."""
    if index is None:
        return Crossing(None, "censored", (int(steps[-1]) if steps.size else 0, None))
    step = int(steps[index])
    return Crossing(step, "observed", (int(steps[max(index - 1, 0)]), step))


def check_series(steps: Steps, values: Values) -> None:
    """Raises ValueError unless both are vectors of one length and the steps increase strictly."""
    if steps.ndim != 1 or steps.shape != values.shape:
        raise ValueError(
            f"steps and values must be vectors of one length. Got {steps.shape}, {values.shape}."
        )
    if bool(np.any(np.diff(steps) <= 0)):
        raise ValueError(f"steps must increase strictly. Got {steps} instead.")
