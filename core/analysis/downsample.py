"""A series in fewer points that look the same: extremes of small buckets, then the largest triangles.

Method: MinMaxLTTB (J. Van Der Donckt et al., arXiv 2305.00332) over the LTTB of S. Steinarsson (Downsampling
Time Series for Visual Representation, University of Iceland, 2013), with buckets of equal width on the axis
that the series is plotted over. Only recorded points are chosen, and the same ones however the series is cut.
"""

from collections.abc import Collection
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.analysis.triangles import largest_triangles

Scale = Literal["linear", "log"]
Steps = NDArray[np.int64]
Values = NDArray[np.float64]

METHOD = "minmax-lttb"
KEPT = 6
"""Points that are kept whatever is asked: first, last, smallest, largest, and those of two marked steps."""

_FINE = 4
"""Buckets a point that is asked for, of each of which the extremes are looked at."""
_WIDE = 256
"""Points of a bucket from which on it is looked through by itself."""
_BREAKS = 4
"""One point of so many may be the beginning of a stretch without finite values."""


class Sampler:
    """Chooses points of a series that comes in parts; what it holds is bounded by the points asked for.

    Args:
        first, last: steps that no part lies outside of; they and `points` alone place the buckets.
        points: how many to return, at least 1. Fewer come where the series has fewer, more (at most `KEPT`
            and one break) where less is asked for than must be kept.
        scale: of the axis of steps: linear, or log10(1 + step).
        marked: steps (t1 and t2); the recorded step at or next after each is kept.

    Raises ValueError for `points` below 1 and a range that is not one.
    """

    def __init__(
        self, first: int, last: int, points: int, scale: Scale, marked: Collection[int] = ()
    ) -> None:
        if points < 1 or not 0 <= first <= last:
            raise ValueError(
                f"points must be at least 1, and 0 <= first <= last. Got {points}, {first}, {last}."
            )
        self._points, self._scale = points, scale
        self._edges = _edges(first, last, _FINE * points, scale)
        self._marked = sorted(marked)
        self._found: set[int] = set()
        self._whole = True
        self._parts: list[tuple[Steps, Values]] = []
        self._held = 0
        self.total = 0

    def add(self, steps: Steps, values: Values) -> None:
        """The next part: steps that rise strictly, after those of the part before. Shapes (K,)."""
        if not steps.size:
            return
        self._mark(steps)
        self.total += steps.size
        self._held += steps.size
        self._parts.append((steps, values))
        if self.total > self._points:
            if self._whole:
                self._parts = [self._thin(*part) for part in self._parts]
                self._whole = False
            else:
                self._parts[-1] = self._thin(steps, values)
            self._held = sum(part[0].size for part in self._parts)
            if self._held > 16 * _FINE * self._points:
                self._parts = [self._thin(*self._joined())]
                self._held = self._parts[0][0].size

    def result(self) -> tuple[Steps, Values]:
        """The chosen points of all parts so far. Shapes (R,)."""
        if not self._parts:
            return np.empty(0, np.int64), np.empty(0)
        steps, values = self._joined()
        if self.total <= self._points:
            return steps, values
        # What was kept for the sake of a part's ends goes, so that it does not matter where parts ended.
        steps, values = self._thin(steps, values)
        chosen = _choose(steps, values, self._points, self._scale, self._found)
        return steps[chosen], values[chosen]

    def _mark(self, steps: Steps) -> None:
        while self._marked and self._marked[0] <= steps[-1]:
            self._found.add(int(steps[np.searchsorted(steps, self._marked.pop(0))]))

    def _joined(self) -> tuple[Steps, Values]:
        if len(self._parts) == 1:
            return self._parts[0]
        return np.concatenate([s for s, _ in self._parts]), np.concatenate([v for _, v in self._parts])

    def _thin(self, steps: Steps, values: Values) -> tuple[Steps, Values]:
        """First, last and marked points, and of each bucket the extremes and the first not finite."""
        kept = _extremes(steps, values, self._edges)
        kept[[0, -1]] = True
        marked = [step for step in self._found if steps[0] <= step <= steps[-1]]
        kept[np.searchsorted(steps, marked)] = True
        places = np.flatnonzero(kept)
        return steps[places], values[places]


def downsample(
    steps: Steps, values: Values, points: int, scale: Scale = "linear", marked: Collection[int] = ()
) -> tuple[Steps, Values]:
    """At most `points` points of a whole series; see `Sampler`. Shapes (K,) to (R,)."""
    if not steps.size:
        return steps, values
    sampler = Sampler(int(steps[0]), int(steps[-1]), points, scale, marked)
    sampler.add(steps, values)
    return sampler.result()


def _axis(steps: Steps, scale: Scale) -> Values:
    """Places on the plotted axis; the log of step 0 is 0."""
    return np.log10(steps + 1.0) if scale == "log" else steps.astype(np.float64)


def _edges(first: int, last: int, count: int, scale: Scale) -> Steps:
    """The first step of every bucket but the first; `count` of equal width on the axis, less empty ones."""
    low, high = _axis(np.array([first, last]), scale)
    places = np.linspace(low, high, count + 1)[1:-1]
    return np.unique(np.ceil(10**places - 1 if scale == "log" else places).astype(np.int64))


def _extremes(steps: Steps, values: Values, edges: Steps) -> NDArray[np.bool_]:
    """Which points are the first smallest, first largest or first non-finite of their bucket. Shape (K,)."""
    low_edge, high_edge = np.searchsorted(edges, [steps[0], steps[-1]], side="right")
    begins = np.concatenate([[0], np.searchsorted(steps, edges[low_edge:high_edge])])
    begins = begins[np.concatenate([[True], begins[1:] != begins[:-1]])]
    finite = np.isfinite(values)
    kept = np.zeros(steps.size, np.bool_)
    if finite.all():
        _keep_extremes(kept, values, begins)
        return kept
    _keep_first(kept, ~finite, begins)
    for extreme, beyond in ((np.minimum, np.inf), (np.maximum, -np.inf)):
        _keep_first(kept, _met(extreme, np.where(finite, values, beyond), begins) & finite, begins)
    return kept


def _keep_extremes(kept: NDArray[np.bool_], values: Values, begins: NDArray[np.intp]) -> None:
    """Marks the first smallest and the first largest of each bucket, of finite values.

    Wide buckets, as the last ones on a log axis, are looked through one by one: that takes half the time.
    """
    # Buckets widen to the right; the last one may have been cut short, and goes with those before it.
    narrow = int(np.max(np.flatnonzero(np.diff(begins) < _WIDE), initial=-1)) + 1
    if narrow:
        end = int(begins[narrow])
        for extreme in (np.minimum, np.maximum):
            met = _met(extreme, values[:end], begins[:narrow])
            _keep_first(kept, met, begins[:narrow])
    for begin, end in pairwise([*begins[narrow:].tolist(), values.size]):
        bucket = values[begin:end]
        kept[begin + bucket.argmin()] = True
        kept[begin + bucket.argmax()] = True


def _met(extreme: np.ufunc, values: Values, begins: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which values are the extreme of their bucket."""
    lengths = np.diff(begins, append=values.size)
    met: NDArray[np.bool_] = values == np.repeat(extreme.reduceat(values, begins), lengths)
    return met


def _keep_first(kept: NDArray[np.bool_], hits: NDArray[np.bool_], begins: NDArray[np.intp]) -> None:
    """Marks the first hit of each bucket that has one."""
    places = np.flatnonzero(hits)
    nearest = np.searchsorted(places, begins)
    # A bucket without a hit leads to that of a later one, which is marked anyway.
    kept[places[nearest[nearest < places.size]]] = True


def _choose(
    steps: Steps, values: Values, points: int, scale: Scale, marked: Collection[int]
) -> NDArray[np.intp]:
    """Which candidates to return, in order."""
    finite = np.isfinite(values)
    candidates = np.flatnonzero(finite)
    must = {0, steps.size - 1, *np.searchsorted(steps, sorted(marked)).tolist(), *_breaks(finite, points)}
    if candidates.size:
        some = values[candidates]
        must |= {int(candidates[some.argmin()]), int(candidates[some.argmax()])}
    kept = np.array(sorted(must), np.intp)
    free = np.setdiff1d(candidates, kept, assume_unique=True)
    wanted = points - kept.size
    if wanted <= 0 or not free.size:
        return kept
    places = _axis(steps[free], scale)
    picked = free[largest_triangles(places, values[free], wanted)]
    return np.union1d(kept, picked)


def _breaks(finite: NDArray[np.bool_], points: int) -> list[int]:
    """Where stretches without finite values begin; evenly chosen ones where there are very many."""
    begins = np.flatnonzero(~finite & np.concatenate([[True], finite[:-1]]))
    most = max(1, points // _BREAKS)
    if begins.size > most:
        begins = begins[np.linspace(0, begins.size - 1, most).astype(np.intp)]
    found: list[int] = begins.tolist()
    return found
