"""Coordinates along an axis of numbers: even steps or even ratios, and what lies halfway."""

import math
from collections.abc import Sequence
from typing import Any, Literal, TypeGuard

import numpy as np
from numpy.typing import NDArray

Spacing = Literal["linear", "log"]
Floats = NDArray[np.float64]

_TWO_VALUES = 10.0
"""Ratio from which on two values alone are taken for the ends of a logarithmic axis."""


def is_numeric(values: Sequence[Any]) -> TypeGuard[Sequence[float]]:
    """Whether all values are finite numbers, of which truth values are none."""
    return all(
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        for value in values
    )


def spacing_of(values: Sequence[float]) -> Spacing:
    """Whether the differences or the ratios of different sorted values are more even.

    Two values alone are logarithmic from a ratio of 10 on; with a zero or less among them they are linear.
    """
    ordered = np.unique(np.asarray(values, np.float64))
    if ordered.size < 2 or ordered[0] <= 0:
        return "linear"
    if ordered.size == 2:
        return "log" if ordered[1] >= _TWO_VALUES * ordered[0] else "linear"
    return "log" if _unevenness(np.log(ordered)) < _unevenness(ordered) else "linear"


def to_axis(values: Sequence[float], spacing: Spacing) -> Floats:
    """Where the values lie on the axis."""
    given = np.asarray(values, np.float64)
    return np.log(given) if spacing == "log" else given


def from_axis(places: Floats, spacing: Spacing) -> Floats:
    """The values at these places."""
    return np.exp(places) if spacing == "log" else places


def halfway(low: float, high: float, spacing: Spacing, *, whole: bool = False) -> float:
    """The value in the middle; with `whole` an integer next to it, which of neighbours is one of them."""
    middle = math.sqrt(low) * math.sqrt(high) if spacing == "log" else low + (high - low) / 2
    return round(middle) if whole else middle


def _unevenness(ordered: Floats) -> float:
    gaps = np.diff(ordered)
    return float(gaps.std() / gaps.mean())
