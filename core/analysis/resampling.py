"""How surely a slope is known: a bootstrap over whole units (seeds, or points) of a straight-line fit."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_ENTRIES = 2_000_000
"""Weights that are drawn at once; bounds memory to a few tens of MiB."""


def resampled_slopes(
    x: Floats, y: Floats, units: Integers, count: int, generator: np.random.Generator
) -> Floats:
    """Slopes of `y` on `x` over samples of the units, drawn with replacement, each unit with all its points.

    Five sums of each unit determine the slope of any sample, so that a sample costs a product of vectors,
    whatever the number of points.

    Args:
        x, y: points. Shape (P,).
        units: the unit of each point, in [0, U). Shape (P,).
        count: samples to draw.

    Returns:
        The slopes of the samples that have one; a sample in which `x` does not vary has none.
        Shape (at most count,).
    """
    number = int(units.max()) + 1
    parts = (np.ones_like(x), x, y, x * x, x * y)
    sums = np.stack([np.bincount(units, part, number) for part in parts], axis=1)  # (U, 5)
    block = max(1, _ENTRIES // number)
    found = [
        _slopes(_weights(number, min(block, count - start), generator) @ sums)
        for start in range(0, count, block)
    ]
    return np.concatenate(found) if found else np.empty(0)


def covering_interval(samples: Floats, estimate: float, confidence: float) -> tuple[float, float] | None:
    """The percentile interval of the samples, widened to hold the estimate; None without samples."""
    if not samples.size:
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(samples, [tail, 1 - tail])
    return min(float(low), estimate), max(float(high), estimate)


def _weights(number: int, count: int, generator: np.random.Generator) -> Floats:
    """How often each unit is in each sample. Shape (count, number)."""
    drawn = generator.integers(number, size=(count, number))
    places = drawn + number * np.arange(count)[:, None]
    return np.bincount(places.ravel(), minlength=count * number).reshape(count, number).astype(np.float64)


def _slopes(sums: Floats) -> Floats:
    total, x, y, xx, xy = sums.T
    spread = xx - x * x / total
    varies = spread > 1e-9 * xx
    return np.asarray((xy - x * y / total)[varies] / spread[varies])
