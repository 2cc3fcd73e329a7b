"""Runs over two axes: the cell of each, and the lines between cells that differ."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from core.analysis import Spacing, boundaries, filled, from_axis, is_numeric, spacing_of, to_axis
from core.figures.plating.groups import R

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Stretch = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Grid(Generic[R]):
    """Runs that are over and the cells they are in; axes of numbers rise, others keep their order.

    Attributes:
        ys: (None,) of a grid with one row for all runs.
        rows, columns: of each run, places in `ys` and `xs`. Shape (R,).
        there: cells that runs were asked of, over or not. Shape `shape`.
        own_rows, own_columns: those of the first sweep, not only of one that refines it. Shapes (rows,) and
            (columns,).
    """

    xs: list[Any]
    ys: list[Any]
    runs: list[R]
    rows: Integers
    columns: Integers
    there: Flags
    own_rows: Flags
    own_columns: Flags

    @classmethod
    def of(cls, runs: Sequence[R], x: str, y: str | None, finer: int = 0) -> "Grid[R]":
        """The table over these axes; cells of runs that are not over are empty.

        Args:
            finer: how many runs, the last ones, are of sweeps that refine the first one.
        """
        columns = [run.at(x) for run in runs]
        rows = [None if y is None else run.at(y) for run in runs]
        xs, ys = _ordered(columns), _ordered(rows)
        down, across = _places(rows, ys), _places(columns, xs)
        over = [place for place, run in enumerate(runs) if run.over]
        there, own = np.zeros((2, len(ys), len(xs)), np.bool_)
        first = slice(len(runs) - finer)
        there[down, across] = own[down[first], across[first]] = True
        return cls(
            xs,
            ys,
            [runs[place] for place in over],
            down[over],
            across[over],
            there,
            np.asarray(own.any(axis=1)),
            np.asarray(own.any(axis=0)),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.ys), len(self.xs)

    def filled(self, codes: Integers) -> Integers:
        """The codes, cells that refinements leave out being as the nearest beside them. Shape `shape`."""
        across, down = _along(self.xs, self.own_columns), _along(self.ys, self.own_rows)
        return filled(codes, self.there, self.own_rows, across, down)

    def boundary(self, codes: Integers) -> list[Stretch]:
        """Lines between cells whose codes differ, as points on the axes; none on axes that have no numbers.

        Args:
            codes: negative where nothing is known. Shape (rows, columns).
        """
        if not is_numeric(self.xs) or not is_numeric(self.ys):
            return []
        across, down = _spacing(self.xs, self.own_columns), _spacing(self.ys, self.own_rows)
        found = boundaries(codes, to_axis(self.xs, across), to_axis(self.ys, down))
        lines = (
            (from_axis(line.points[:, 0], across).tolist(), from_axis(line.points[:, 1], down).tolist())
            for line in found
        )
        return [list(zip(xs, ys, strict=True)) for xs, ys in lines]


def _spacing(values: Sequence[Any], own: Flags) -> Spacing:
    return spacing_of([one for one, mine in zip(values, own, strict=True) if mine])


def _along(values: Sequence[Any], own: Flags) -> NDArray[np.float64]:
    """Where the values lie on their axis; one after the other where they are no numbers."""
    return to_axis(values, _spacing(values, own)) if is_numeric(values) else np.arange(float(len(values)))


def _ordered(values: Sequence[Any]) -> list[Any]:
    found = list({_key(value): value for value in values}.values())
    return sorted(found) if is_numeric(found) else found


def _places(values: Sequence[Any], on: Sequence[Any]) -> Integers:
    at = {_key(value): place for place, value in enumerate(on)}
    return np.array([at[_key(value)] for value in values], np.int64)


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
