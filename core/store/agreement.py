"""Whether two recordings say the same: bit for bit, within a tolerance, or from which step on they do not."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from core.store.model import Json
from core.store.series import read_series, summaries
from core.store.vector_series import read_vectors

Verdict = Literal["equal", "within_tolerance", "differs", "superseded"]
TOLERANCES = {"float64": 1e-6, "float32": 1e-2}
"""Largest relative difference that rounding is believed to make, by precision."""
FLOORS = {"float64": 1e-6, "float32": 1e-3}
"""Share of a metric's largest value below which its values count as if they were so large."""

Steps = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two trainings agree.

    Attributes:
        compared: numbers that both recorded.
        largest: the largest relative difference, math.inf where one is no finite number; where it is.
        first: the first step, and a metric, that differ beyond the tolerance.
    """

    verdict: Verdict
    tolerance: float
    compared: int
    largest: float
    largest_at: tuple[str, int] | None
    first: tuple[str, int] | None

    def as_json(self) -> Json:
        """As it is stored; an infinite difference is null."""
        return {
            "verdict": self.verdict,
            "tolerance": self.tolerance,
            "compared": self.compared,
            "largest": self.largest if math.isfinite(self.largest) else None,
            "largest_at": _place(self.largest_at),
            "first": _place(self.first),
        }


def compare(conn: Connection, was: int, now: int, crossings: Json, precision: str) -> Agreement:
    """Compare two recordings, and `crossings`: pairs of steps by name, None where there is none."""
    tally = _Tally(TOLERANCES[precision], FLOORS[precision])
    for metric, before, after in _series(conn, was, now):
        tally.add(metric, before, after)
    for name, pair in crossings.items():
        tally.add_crossing(name, *pair)
    return tally.agreement()


class _Tally:
    def __init__(self, tolerance: float, floor: float) -> None:
        self._tolerance, self._floor = tolerance, floor
        self._equal, self._compared, self._largest = True, 0, 0.0
        self._largest_at: tuple[str, int] | None = None
        self._first: tuple[str, int] | None = None

    def add(self, metric: str, was: tuple[Steps, Values], now: tuple[Steps, Values]) -> None:
        """Points, or rows, of a metric: steps (K,), values (K,) or (K, d)."""
        lonely = np.setxor1d(was[0], now[0])
        if lonely.size:
            self._note(metric, int(lonely[0]), math.inf)
        steps, mine, theirs = np.intersect1d(was[0], now[0], return_indices=True)
        before, after = was[1][mine], now[1][theirs]
        if before.shape != after.shape:
            self._note(metric, int(steps[0]) if steps.size else 0, math.inf)
            return
        self._compared += before.size
        if before.tobytes() == after.tobytes() and not lonely.size:
            return
        self._equal = False
        apart = _apart(before, after, self._floor).reshape(steps.size, -1).max(axis=1, initial=0.0)
        if not apart.size:
            return
        far = np.flatnonzero(apart > self._tolerance)
        places = {int(np.argmax(apart)), *(far[:1].tolist())}
        for place in sorted(places):
            self._note(metric, int(steps[place]), float(apart[place]))

    def add_crossing(self, name: str, was: int | None, now: int | None) -> None:
        """A step that both trainings looked for."""
        if was == now:
            return
        if was is None or now is None:
            self._note(name, was if was is not None else now or 0, math.inf)
        else:
            self._note(name, min(was, now), abs(was - now) / max(was, now))

    def agreement(self) -> Agreement:
        verdict: Verdict = (
            "equal" if self._equal else "within_tolerance" if self._first is None else "differs"
        )
        found = self._largest, self._largest_at, self._first
        return Agreement(verdict, self._tolerance, self._compared, *found)

    def _note(self, metric: str, step: int, apart: float) -> None:
        self._equal = False
        if apart > self._largest:
            self._largest, self._largest_at = apart, (metric, step)
        if apart > self._tolerance and (self._first is None or step < self._first[1]):
            self._first = metric, step


def _series(
    conn: Connection, was: int, now: int
) -> Iterator[tuple[str, tuple[Steps, Values], tuple[Steps, Values]]]:
    """Every metric that either has recorded, one at a time, as both have it."""
    vectors = {m.name: m.shape is not None for r in (was, now) for m in summaries(conn, r)}
    for metric, is_vector in sorted(vectors.items()):
        read = _rows if is_vector else _points
        yield metric, read(conn, was, metric), read(conn, now, metric)


def _points(conn: Connection, recording: int, metric: str) -> tuple[Steps, Values]:
    (part,) = read_series(conn, recording, [metric])
    return part.steps, part.values


def _rows(conn: Connection, recording: int, metric: str) -> tuple[Steps, Values]:
    part = read_vectors(conn, recording, metric)
    return part.steps, part.values


def _apart(was: Values, now: Values, floor: float) -> Values:
    """Relative differences: of equal numbers, infinities and NaN among them, 0; of others that are no numbers
    infinite. Shape as given."""
    finite = np.isfinite(was) & np.isfinite(now)
    same = (was == now) | (np.isnan(was) & np.isnan(now))
    sizes: Any = np.maximum(np.abs(was), np.abs(now), where=finite, out=np.zeros_like(was))
    scale = np.maximum(sizes, floor * sizes.max(initial=0.0))
    apart = np.where(same, 0.0, np.inf)
    unlike = finite & ~same
    apart[unlike] = np.abs(was[unlike] - now[unlike]) / scale[unlike]
    return apart


def _place(at: tuple[str, int] | None) -> Json | None:
    return None if at is None else {"metric": at[0], "step": at[1]}
