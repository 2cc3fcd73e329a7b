"""Runs over two axes: a table of cells, in the order in which the axes were swept."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

from api.pictures.axes import Setting, setting_of
from api.pictures.subject import PictureRun, Subject

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cells:
    """The runs of each cell: `runs[y][x]`; axes of numbers rise, others keep their order."""

    xs: list[Any]
    ys: list[Any]
    runs: list[list[list[PictureRun]]]

    @classmethod
    def of(cls, subject: Subject, x: str, y: str) -> "Cells":
        """The table of all runs over these axes."""
        at = [(setting_of(subject, run, x), setting_of(subject, run, y), run) for run in subject.runs]
        xs, ys = _ordered([one for one, _, _ in at]), _ordered([one for _, one, _ in at])
        columns = {one: place for place, one in enumerate(xs)}
        rows = {one: place for place, one in enumerate(ys)}
        runs: list[list[list[PictureRun]]] = [[[] for _ in xs] for _ in ys]
        for column, row, run in at:
            runs[rows[row]][columns[column]].append(run)
        return cls([one.value for one in xs], [one.value for one in ys], runs)

    def each(self, ask: Callable[[Sequence[PictureRun]], T]) -> list[list[T]]:
        """The answer of each cell."""
        return [[ask(runs) for runs in row] for row in self.runs]


def _ordered(settings: Sequence[Setting]) -> list[Setting]:
    found = list(dict.fromkeys(settings))
    numbers = [one for one in found if isinstance(one.value, int | float) and not isinstance(one.value, bool)]
    return sorted(found, key=lambda one: float(one.value)) if len(numbers) == len(found) else found


def censored_median(values: Sequence[float | None]) -> float | None:
    """The median where None lies above all that is known: None where that is half of them or more."""
    if not values:
        return None
    middle = median(math.inf if value is None else value for value in values)
    return middle if math.isfinite(middle) else None
