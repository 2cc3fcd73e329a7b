"""Points of a plate in groups of one colour, and their medians."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.figures.draw.plates import ScalingPlate

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PointGroup:
    """Points of one colour: those that were measured, and those of runs that ended before."""

    value: Any
    known: list[Point]
    censored: list[Point]

    def medians(self) -> list[Point]:
        """At each x where more than half of the runs have a value, their median."""
        every = [*self.known, *((x, math.inf) for x, _ in self.censored)]
        return [one for one in medians_at(every) if math.isfinite(one[1])]


def point_groups(plate: ScalingPlate) -> list[PointGroup]:
    colours = plate.colours or [None] * len(plate.xs)
    censored = plate.censored or [False] * len(plate.xs)
    found: dict[str, PointGroup] = {}
    for x, y, value, beyond in zip(plate.xs, plate.ys, colours, censored, strict=True):
        group = found.setdefault(repr(value), PointGroup(value, [], []))
        (group.censored if beyond else group.known).append((x, y))
    return list(found.values())


def columns(points: Iterable[Point]) -> tuple[list[float], list[float]]:
    ordered = sorted(points)
    return [x for x, _ in ordered], [y for _, y in ordered]


def medians_at(points: Sequence[Point]) -> list[Point]:
    at: dict[float, list[float]] = defaultdict(list)
    for x, y in points:
        at[x].append(y)
    return [(x, _middle(sorted(ys))) for x, ys in at.items()]


def _middle(ordered: Sequence[float]) -> float:
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
