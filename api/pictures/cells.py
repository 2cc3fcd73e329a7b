"""Runs over two axes: the cell of each, in the order in which the axes were swept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.pictures.axes import Setting, setting_of
from api.pictures.subject import PictureRun, Subject


@dataclass(frozen=True, slots=True)
class Cells:
    """Runs that are over and the cells they are in; axes of numbers rise, others keep their order.

    Attributes:
        rows, columns: of each run, places in `ys` and `xs`. Shape (R,).
    """

    xs: list[Any]
    ys: list[Any]
    runs: list[PictureRun]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    @classmethod
    def of(cls, subject: Subject, x: str, y: str) -> "Cells":
        """The table over these axes; cells of runs that are not over are empty."""
        at = [(setting_of(subject, run, x), setting_of(subject, run, y), run) for run in subject.runs]
        xs, ys = _ordered([one for one, _, _ in at]), _ordered([one for _, one, _ in at])
        columns = {one: place for place, one in enumerate(xs)}
        rows = {one: place for place, one in enumerate(ys)}
        over = [one for one in at if one[2].over]
        return cls(
            [one.value for one in xs],
            [one.value for one in ys],
            [run for _, _, run in over],
            np.array([rows[row] for _, row, _ in over], np.int64),
            np.array([columns[column] for column, _, _ in over], np.int64),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.ys), len(self.xs)


def _ordered(settings: Sequence[Setting]) -> list[Setting]:
    found = list(dict.fromkeys(settings))
    numbers = [one for one in found if isinstance(one.value, int | float) and not isinstance(one.value, bool)]
    return sorted(found, key=lambda one: float(one.value)) if len(numbers) == len(found) else found
