"""What is drawn, as data: each kind of plate holds the numbers of one panel, and the JSON of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Number: TypeAlias = float | None
"""A value; None where it is no finite number, or where there is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of one run: `steps` rise, `values` are as many."""

    metric: str
    steps: Sequence[int]
    values: Sequence[Number]


@dataclass(frozen=True, slots=True)
class CurvesPlate:
    """One run over its steps.

    Attributes:
        t1, t2: as training found them; None where it did not.
        predicted_t2: where theory expects t2, t1 and the predicted delay.
        levels: thresholds that t1 and t2 are the first to meet.
    """

    lines: Sequence[Line]
    t1: int | None = None
    t2: int | None = None
    predicted_t2: float | None = None
    levels: Sequence[float] = ()
    title: str = ""
    notes: Sequence[str] = ()
    kind: Literal["curves"] = "curves"


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that differ in their seeds alone, or are to have one colour.

    Attributes:
        value: that they share, on the axis of colours.
        runs: the lines of each run that is drawn.
        t2, predicted_t2: medians over all runs, also those that are not drawn; None where more than half
            have none.
    """

    value: Any
    runs: Sequence[Sequence[Line]]
    t2: Number = None
    predicted_t2: Number = None


@dataclass(frozen=True, slots=True)
class SweepPlate:
    """Many runs over their steps, coloured by what `colour` names: an axis, or nothing (None)."""

    groups: Sequence[Group]
    colour: str | None
    title: str = ""
    notes: Sequence[str] = ()
    kind: Literal["sweep"] = "sweep"


@dataclass(frozen=True, slots=True)
class Law:
    """y = prefactor * x ** exponent, with an interval of the exponent."""

    exponent: float
    prefactor: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class ScalingPlate:
    """A time, or what else was measured, against an axis or a product of axes.

    Attributes:
        xs, ys: a point a run that has a value. Positive; as many.
        predicted: what theory says at each of the points; None where it says nothing.
        left_out: runs without a value, which neither points nor law know of.
    """

    x: str
    y: str
    xs: Sequence[float]
    ys: Sequence[float]
    predicted: Sequence[Number] = ()
    law: Law | None = None
    left_out: int = 0
    title: str = ""
    notes: Sequence[str] = ()
    kind: Literal["scaling"] = "scaling"


@dataclass(frozen=True, slots=True)
class MatrixPlate:
    """A value over two axes, its median over seeds.

    Attributes:
        xs, ys: values of the axes.
        values: of each y for each x; None where more than half of the runs have none.
        known, runs: how many runs of a cell have a value, of how many. Shaped like `values`.
    """

    x: str
    y: str
    value: str
    xs: Sequence[Any]
    ys: Sequence[Any]
    values: Sequence[Sequence[Number]]
    known: Sequence[Sequence[int]]
    runs: Sequence[Sequence[int]]
    title: str = ""
    notes: Sequence[str] = ()
    kind: Literal["matrix"] = "matrix"


@dataclass(frozen=True, slots=True)
class PhasePlate:
    """How runs end over two axes.

    Attributes:
        labels: of each y for each x: the outcome of a cell, of one without runs that of the nearest; None
            where no run has ended.
        agreeing, runs: how many runs of a cell have its label, of how many that ended.
        boundary: stretches of points (x, y) that separate cells that generalise from those that do not.
    """

    x: str
    y: str
    xs: Sequence[Any]
    ys: Sequence[Any]
    labels: Sequence[Sequence[str | None]]
    agreeing: Sequence[Sequence[int]]
    runs: Sequence[Sequence[int]]
    boundary: Sequence[Sequence[tuple[float, float]]] = ()
    title: str = ""
    notes: Sequence[str] = ()
    kind: Literal["phase"] = "phase"


@dataclass(frozen=True, slots=True)
class VectorsPlate:
    """The components of a vector metric over steps.

    Attributes:
        metric: `parameters` or `singular_values`, of a layer perhaps.
        rows: the vector at each of the steps.
        truth: what the vector should become, where that is known.
    """

    metric: str
    steps: Sequence[int]
    rows: Sequence[Sequence[Number]]
    truth: Sequence[float] | None = None
    t1: int | None = None
    t2: int | None = None
    title: str = ""
    notes: Sequence[str] = ()
    kind: Literal["vectors"] = "vectors"


Plate: TypeAlias = CurvesPlate | SweepPlate | ScalingPlate | MatrixPlate | PhasePlate | VectorsPlate
