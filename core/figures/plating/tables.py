"""Plates over two axes: medians, outcomes, and shares of runs that end in one way."""

import math
from collections.abc import Sequence

import numpy as np

from core.analysis import LABELS, UNKNOWN, median_matrix, phase_map, wilson
from core.figures.draw import MatrixPlate, PhasePlate, SharePlate
from core.figures.plating.grid import Grid
from core.figures.plating.groups import R, unfinished
from core.figures.plating.values import counted
from core.spec import Outcome

GENERALISED = "generalised"
_CODES = {label.value: (code,) for code, label in enumerate(LABELS)} | {
    GENERALISED: tuple(map(LABELS.index, (Outcome.GROKKED, Outcome.GENERALISED_AT_ONCE)))
}
"""Codes of the outcomes that each word stands for."""


def matrix_plate(
    runs: Sequence[R], x: str, y: str | None, value: str, title: str, notes: Sequence[str]
) -> MatrixPlate:
    """The median of a value, as `measured` takes it, over two axes, or one."""
    grid = Grid.of(runs, x, y)
    numbers = np.array([counted(run, value) for run in grid.runs], np.float64)
    found = median_matrix(grid.rows, grid.columns, numbers, grid.shape)
    medians = [[one if math.isfinite(one) else None for one in row] for row in found.values.tolist()]
    known, counts = found.k.tolist(), found.n.tolist()
    notes = [*notes, *unfinished(runs)]
    return MatrixPlate(x, y, value, grid.xs, grid.ys, medians, known, counts, title, notes)


def phase_plate(
    runs: Sequence[R], x: str, y: str, title: str, notes: Sequence[str], finer: int = 0
) -> PhasePlate:
    """How most runs of each cell end, and the line around those that generalise.

    Args:
        finer: how many runs, the last ones, are of sweeps that refine the first one.
    """
    grid = Grid.of(runs, x, y, finer)
    found = phase_map(grid.rows, grid.columns, [run.outcome for run in grid.runs], grid.shape)
    codes = grid.filled(found.labels)
    labels = [[None if code == UNKNOWN else LABELS[code].value for code in row] for row in codes.tolist()]
    good = np.isin(codes, _CODES[GENERALISED]).astype(np.int64)
    good[codes == UNKNOWN] = UNKNOWN
    return PhasePlate(
        x,
        y,
        grid.xs,
        grid.ys,
        labels,
        found.k.tolist(),
        found.n.tolist(),
        grid.boundary(good),
        title,
        [*notes, *unfinished(runs)],
    )


def share_plate(
    runs: Sequence[R], x: str, y: str | None, value: str, title: str, notes: Sequence[str]
) -> SharePlate:
    """How many of the runs of each cell end as `value`, and where those are more than half.

    Args:
        value: an outcome, or `generalised`, which is each of the two with a t2.
    """
    grid = Grid.of(runs, x, y)
    found = phase_map(grid.rows, grid.columns, [run.outcome for run in grid.runs], grid.shape)
    k = found.counts[list(_CODES[value])].sum(axis=0)
    low, high = wilson(k, found.n)
    most = np.where(found.n > 0, (2 * k > found.n).astype(np.int64), UNKNOWN)
    return SharePlate(
        x,
        y,
        value,
        grid.xs,
        grid.ys,
        k.tolist(),
        found.n.tolist(),
        low.tolist(),
        high.tolist(),
        grid.boundary(most),
        title,
        [*notes, *unfinished(runs)],
    )
