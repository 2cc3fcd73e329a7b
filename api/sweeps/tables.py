"""Matrices of medians and phase maps, as answers."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.schemas.sweeps import AxisAnswer, BoundaryAnswer, MatrixAnswer, PhaseAnswer, SidesAnswer
from api.sweeps.cells import Cells, Line
from api.sweeps.quantities import Quantity
from core.analysis import (
    LABELS,
    UNKNOWN,
    MedianMatrix,
    PhaseMap,
    boundaries,
    filled,
    from_axis,
    median_matrix,
    phase_map,
    to_axis,
)

Integers = NDArray[np.int64]


def matrix_answer(cells: Cells, x: Line, y: Line, value: Quantity) -> MatrixAnswer:
    """Medians of the quantity over the runs of each cell."""
    shape = len(y.values), len(x.values)
    found = median_matrix(cells.places(y), cells.places(x), value.values(cells), shape)
    medians = [[one if math.isfinite(one) else None for one in row] for row in found.values.tolist()]
    return MatrixAnswer.model_construct(**_table(cells, x, y, found), value=value.text, values=medians)


def label_map(cells: Cells, x: Line, y: Line) -> PhaseMap:
    """The labels of cells, of runs that have succeeded."""
    outcomes = [run.outcome if run.state == "succeeded" else None for run in cells.runs]
    return phase_map(cells.places(y), cells.places(x), outcomes, (len(y.values), len(x.values)))


def phase_answer(cells: Cells, x: Line, y: Line) -> PhaseAnswer:
    """The labels of cells, and the lines between them."""
    found = label_map(cells, x, y)
    counts = {
        one.value: found.counts[code].tolist() for code, one in enumerate(LABELS) if found.counts[code].any()
    }
    return PhaseAnswer.model_construct(
        **_table(cells, x, y, found),
        labels=[[_name(code) for code in row] for row in found.labels.tolist()],
        counts=counts,
        boundaries=_boundaries(cells, x, y, found.labels),
    )


def _boundaries(cells: Cells, x: Line, y: Line, labels: Integers) -> list[BoundaryAnswer]:
    """Lines between labels. Cells that refinements leave out are as the nearest beside them."""
    if x.spacing is None or (y.spacing is None and y.path is not None):
        return []
    across = to_axis(x.values, x.spacing)
    down = np.zeros(1) if y.spacing is None else to_axis(y.values, y.spacing)
    rows = cells.places(y)
    there, whole = np.zeros(labels.shape, np.bool_), np.zeros(labels.shape[0], np.bool_)
    there[rows, cells.places(x)] = True
    whole[rows[: cells.own]] = True
    answers = []
    for line in boundaries(filled(labels, there, whole, across, down), across, down):
        xs = from_axis(line.points[:, 0], x.spacing).tolist()
        ys = [None] * len(xs) if y.spacing is None else from_axis(line.points[:, 1], y.spacing).tolist()
        one, other = (LABELS[code].value for code in line.between)
        points = list(zip(xs, ys, strict=True))
        answers.append(BoundaryAnswer.model_construct(between=(one, other), points=points))
    return answers


def _table(cells: Cells, x: Line, y: Line, found: MedianMatrix | PhaseMap) -> Mapping[str, Any]:
    return {
        "experiments": list(cells.experiments),
        "axes": SidesAnswer.model_construct(x=_axis(x), y=_axis(y)),
        "x": list(x.values),
        "y": list(y.values),
        "k": found.k.tolist(),
        "n": found.n.tolist(),
        "interval": np.stack([found.low, found.high], axis=-1).tolist(),
    }


def _axis(line: Line) -> AxisAnswer:
    return AxisAnswer.model_construct(path=line.path, spacing=line.spacing)


def _name(code: int) -> str | None:
    return None if code == UNKNOWN else LABELS[code].value
