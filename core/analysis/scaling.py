"""Scaling laws: y = prefactor * x^exponent through the results of many runs, and how sure the exponent is."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.analysis.resampling import Floats, Integers, covering_interval, resampled_slopes

Resampled = Literal["groups", "points"]

SAMPLES = 1000
CONFIDENCE = 0.95
_SPREAD = 1e-9
"""Variation of log x, from point to point, below which x counts as constant."""


class NoPowerLaw(ValueError):
    """The points do not determine an exponent."""


@dataclass(frozen=True, slots=True, eq=False)
class PowerLaw:
    """y = prefactor * x^exponent.

    Attributes:
        exponent: slope of log y against log x.
        prefactor: geometric mean of y / x^exponent over the fitted points.
        interval: ends of the confidence interval of the exponent, which contains it; None where no sample of
            the bootstrap has an exponent.
        n: points that were fitted.
        censored: points whose y was not reached; they are left out.
        excluded: points that have no y for another reason, or one that has no logarithm.
        residuals: log y less log of the fitted law, with the point's own prefactor (see `fit_power_law`); NaN
            where a point was not fitted. Shape (P,).
        resampled: what the bootstrap drew: `groups`, or `points` where there is but one group.
        units: how many of these there are; an interval from fewer than five is too narrow.
    """

    exponent: float
    prefactor: float
    interval: tuple[float, float] | None
    n: int
    censored: int
    excluded: int
    residuals: Floats
    resampled: Resampled
    units: int


def fit_power_law(
    x: ArrayLike,
    y: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    strata: ArrayLike | None = None,
    censored: ArrayLike | None = None,
    samples: int = SAMPLES,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> PowerLaw:
    """Fits one exponent to points, by least squares in logarithms.

    Every stratum has a prefactor of its own, for that of a delay depends on the instance: were one prefactor
    fitted to all, then leaving out censored points, which are those of slow instances, would tilt the law.
    Strata in which x does not vary tell nothing of the exponent; where none varies, one prefactor is fitted.

    Args:
        x: positive and finite. Shape (P,).
        y: NaN where a point has none; only positive finite values are fitted. Shape (P,).
        groups: what is drawn with replacement in the bootstrap, usually the seed; each point by itself if
            left out. Shape (P,), any values that can be compared.
        strata: points with equal values share a prefactor; `groups` if left out, and all points if that is
            left out too. Shape (P,).
        censored: which points are known to lie above what was observed; they are not fitted, whatever their
            y. Shape (P,).
        samples: bootstrap samples; the same for the same `seed`.
        confidence: of the interval, in (0, 1).

    Raises NoPowerLaw (a ValueError) where fewer than two different x have a y, and ValueError for other
    shapes, for an x without logarithm, and for a confidence outside (0, 1).
    """
    xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
    _check(xs, ys, confidence)
    hidden = np.zeros(xs.shape, np.bool_) if censored is None else np.asarray(censored, np.bool_)
    units = np.arange(xs.size) if groups is None else _labels(groups, xs.shape, "groups")
    shared = strata if strata is not None else groups
    layers = np.zeros(xs.size, np.int64) if shared is None else _labels(shared, xs.shape, "strata")
    if hidden.shape != xs.shape:
        raise ValueError(f"censored must have the shape of x, {xs.shape}. Got {hidden.shape} instead.")

    used = ~hidden & np.isfinite(ys) & (ys > 0)
    log_x, log_y = np.log(xs[used]), np.log(ys[used])
    layers, units = layers[used], _renumbered(units[used])
    within_x, within_y = _less_means(log_x, layers), _less_means(log_y, layers)
    if not _varies(within_x):
        layers = np.zeros_like(layers)
        within_x, within_y = _less_means(log_x, layers), _less_means(log_y, layers)
    if not _varies(within_x):
        raise NoPowerLaw(
            f"an exponent needs y at two different x at least. Got {int(used.sum())} usable points, at "
            f"{len(np.unique(xs[used]))} x."
        )
    exponent = float(within_x @ within_y / (within_x @ within_x))
    resampled: Resampled = "points" if groups is None or units.max() == 0 else "groups"
    drawn = np.arange(log_x.size) if resampled == "points" else units
    slopes = resampled_slopes(within_x, within_y, drawn, samples, np.random.Generator(np.random.PCG64(seed)))
    residuals = np.full(xs.shape, np.nan)
    residuals[used] = within_y - exponent * within_x
    return PowerLaw(
        exponent=exponent,
        prefactor=float(np.exp(np.mean(log_y - exponent * log_x))),
        interval=covering_interval(slopes, exponent, confidence),
        n=int(used.sum()),
        censored=int(hidden.sum()),
        excluded=int((~used & ~hidden).sum()),
        residuals=residuals,
        resampled=resampled,
        units=len(np.unique(drawn)),
    )


def _check(x: Floats, y: Floats, confidence: float) -> None:
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x and y must be vectors of one length. Got {x.shape}, {y.shape}.")
    bad = x[~(np.isfinite(x) & (x > 0))]
    if bad.size:
        raise ValueError(f"x must be positive and finite. Got {bad[0]} instead.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be in (0, 1). Got {confidence} instead.")


def _labels(values: ArrayLike, shape: tuple[int, ...], name: str) -> Integers:
    given: NDArray[Any] = np.asarray(values)
    if given.shape != shape:
        raise ValueError(f"{name} must have the shape of x, {shape}. Got {given.shape} instead.")
    return _renumbered(given)


def _renumbered(values: NDArray[Any]) -> Integers:
    """The same classes, numbered from 0."""
    return np.asarray(np.unique(values, return_inverse=True)[1], np.int64)


def _less_means(values: Floats, layers: Integers) -> Floats:
    """The values less the mean of their layer."""
    if not values.size:
        return values
    totals, sizes = np.bincount(layers, values), np.bincount(layers)
    return np.asarray(values - (totals / np.maximum(sizes, 1))[layers])


def _varies(centred: Floats) -> bool:
    return bool(centred.size) and float(np.abs(centred).max()) > _SPREAD
