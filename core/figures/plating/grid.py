"""Runs over two axes: the cell of each, and the lines between cells that differ."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from core.analysis import boundaries, from_axis, is_numeric, spacing_of, to_axis
from core.figures.plating.groups import R

Integers = NDArray[np.int64]
Stretch = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Grid(Generic[R]):
    """Runs that are over and the cells they are in; axes of numbers rise, others keep their order.

    Attributes:
        ys: (None,) of a grid with one row for all runs.
        rows, columns: of each run, places in `ys` and `xs`. Shape (R,).
    """

    xs: list[Any]
    ys: list[Any]
    runs: list[R]
    rows: Integers
    columns: Integers

    @classmethod
    def of(cls, runs: Sequence[R], x: str, y: str | None) -> "Grid[R]":
        """The table over these axes; cells of runs that are not over are empty."""
        columns = [run.at(x) for run in runs]
        rows = [None if y is None else run.at(y) for run in runs]
        xs, ys = _ordered(columns), _ordered(rows)
        over = [place for place, run in enumerate(runs) if run.over]
        return cls(
            xs,
            ys,
            [runs[place] for place in over],
            _places([rows[place] for place in over], ys),
            _places([columns[place] for place in over], xs),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.ys), len(self.xs)

    def boundary(self, codes: Integers) -> list[Stretch]:
        """Lines between cells whose codes differ, as points on the axes; none on axes that have no numbers.

        Args:
            codes: negative where nothing is known. Shape (rows, columns).
        """
        if not is_numeric(self.xs) or not is_numeric(self.ys):
            return []
        across, down = spacing_of(self.xs), spacing_of(self.ys)
        found = boundaries(codes, to_axis(self.xs, across), to_axis(self.ys, down))
        lines = (
            (from_axis(line.points[:, 0], across).tolist(), from_axis(line.points[:, 1], down).tolist())
            for line in found
        )
        return [list(zip(xs, ys, strict=True)) for xs, ys in lines]


def _ordered(values: Sequence[Any]) -> list[Any]:
    found = list({_key(value): value for value in values}.values())
    return sorted(found) if is_numeric(found) else found


def _places(values: Sequence[Any], on: Sequence[Any]) -> Integers:
    at = {_key(value): place for place, value in enumerate(on)}
    return np.array([at[_key(value)] for value in values], np.int64)


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
