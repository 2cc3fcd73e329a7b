"""Runs over two axes: the cell of each, in the order in which the axes were swept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.pictures.axes import Setting, setting_of
from api.pictures.subject import PictureRun, Subject
from core.analysis import filled, is_numeric, spacing_of, to_axis


@dataclass(frozen=True, slots=True)
class Cells:
    """Runs that are over and the cells they are in; axes of numbers rise, others keep their order.

    Attributes:
        rows, columns: of each run, places in `ys` and `xs`. Shape (R,).
        there: cells that runs were asked of, over or not. Shape `shape`.
        own_rows, own_columns: those of the experiment itself, not only of one that refines it. Shapes
            (len(ys),) and (len(xs),).
    """

    xs: list[Any]
    ys: list[Any]
    runs: list[PictureRun]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    there: NDArray[np.bool_]
    own_rows: NDArray[np.bool_]
    own_columns: NDArray[np.bool_]

    @classmethod
    def of(cls, subject: Subject, x: str, y: str) -> "Cells":
        """The table over these axes; cells of runs that are not over are empty."""
        at = [(setting_of(subject, run, x), setting_of(subject, run, y), run) for run in subject.runs]
        xs, ys = _ordered([one for one, _, _ in at]), _ordered([one for _, one, _ in at])
        columns = {one: place for place, one in enumerate(xs)}
        rows = {one: place for place, one in enumerate(ys)}
        over = [one for one in at if one[2].over]
        places = np.array([(rows[row], columns[column]) for column, row, _ in at], np.int64).reshape(-1, 2)
        there, own = np.zeros((2, len(ys), len(xs)), np.bool_)
        there[tuple(places.T)] = own[tuple(places[: len(at) - subject.finer].T)] = True
        return cls(
            [one.value for one in xs],
            [one.value for one in ys],
            [run for _, _, run in over],
            np.array([rows[row] for _, row, _ in over], np.int64),
            np.array([columns[column] for column, _, _ in over], np.int64),
            there,
            np.asarray(own.any(axis=1)),
            np.asarray(own.any(axis=0)),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.ys), len(self.xs)

    def filled(self, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        """The labels, cells that refinements leave out being as the nearest beside them. Shape `shape`."""
        across, down = _along(self.xs, self.own_columns), _along(self.ys, self.own_rows)
        return filled(labels, self.there, self.own_rows, across, down)


def _ordered(settings: Sequence[Setting]) -> list[Setting]:
    found = list(dict.fromkeys(settings))
    numbers = [one for one in found if isinstance(one.value, int | float) and not isinstance(one.value, bool)]
    return sorted(found, key=lambda one: float(one.value)) if len(numbers) == len(found) else found


def _along(values: Sequence[Any], own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Where the values lie on their axis; one after the other where they are no numbers."""
    if not is_numeric(values):
        return np.arange(float(len(values)))
    return to_axis(values, spacing_of([one for one, mine in zip(values, own, strict=True) if mine]))
