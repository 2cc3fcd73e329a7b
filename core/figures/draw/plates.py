"""What is drawn, as data: each kind of plate holds the numbers of one panel, and the JSON of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Number: TypeAlias = float | None
"""A value; None where it is no finite number, or where there is none."""
Axis: TypeAlias = Literal["x", "y"]


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
        targets: what the truth has of the drawn metrics, where that is known.
        logarithmic: whether the axis of values is; None: where they spread.
    """

    lines: Sequence[Line]
    t1: int | None = None
    t2: int | None = None
    predicted_t2: float | None = None
    levels: Sequence[float] = ()
    title: str = ""
    notes: Sequence[str] = ()
    targets: Sequence[float] = ()
    logarithmic: bool | None = None
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
    """Many runs over their steps.

    Attributes:
        colour: the axis that colours them, if one does.
        targets: what the truth has of the drawn metrics, where that is known and the same for all runs.
        logarithmic: whether the axis of values is; None: where they spread.
    """

    groups: Sequence[Group]
    colour: str | None
    title: str = ""
    notes: Sequence[str] = ()
    targets: Sequence[float] = ()
    logarithmic: bool | None = None
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
        xs, ys: a point a run; as many. Positive on a logarithmic axis.
        predicted: what theory says at each of the points; None where it says nothing.
        law: through the points that are not censored; None where none is meant or determined.
        left_out: runs that have no point.
        censored: of each point, whether y is only how far the run went without getting there; empty: none.
        colour: the axis that colours them, if one does.
        colours: the value of each point on that axis.
        log: which axes are logarithmic.
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
    censored: Sequence[bool] = ()
    colour: str | None = None
    colours: Sequence[Any] = ()
    log: Sequence[Axis] = ("x", "y")
    kind: Literal["scaling"] = "scaling"


@dataclass(frozen=True, slots=True)
class MatrixPlate:
    """A value over two axes, its median over seeds.

    Attributes:
        y: None of a matrix with one row for all runs, whose `ys` is (None,).
        xs, ys: values of the axes.
        values: of each y for each x; None where more than half of the runs have none.
        known, runs: how many runs of a cell have a value, of how many. Shaped like `values`.
    """

    x: str
    y: str | None
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
class SharePlate:
    """How many of the runs of each cell end in one way, over one axis or two.

    Attributes:
        value: the outcome that is counted; `generalised`: each of the two with a t2.
        y: None of a single row for all runs, whose `ys` is (None,).
        agreeing, runs: how many runs of a cell end so, of how many that ended.
        low, high: Wilson's interval of their share, 0 to 1.
        boundary: stretches of points (x, y) that separate cells where more than half end so from others.
    """

    x: str
    y: str | None
    value: str
    xs: Sequence[Any]
    ys: Sequence[Any]
    agreeing: Sequence[Sequence[int]]
    runs: Sequence[Sequence[int]]
    low: Sequence[Sequence[float]]
    high: Sequence[Sequence[float]]
    boundary: Sequence[Sequence[tuple[float, float]]] = ()
    title: str = ""
    notes: Sequence[str] = ()
    kind: Literal["share"] = "share"


@dataclass(frozen=True, slots=True)
class Path:
    """Where one run goes: two metrics at the same rising steps.

    Attributes:
        t1, t2: places in `steps` at or next after them; None where the run did not get there.
        target: the values that the truth has, where it is known.
    """

    steps: Sequence[int]
    xs: Sequence[Number]
    ys: Sequence[Number]
    t1: int | None = None
    t2: int | None = None
    target: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class PathGroup:
    """Runs that share a value on the axis of colours."""

    value: Any
    paths: Sequence[Path]


@dataclass(frozen=True, slots=True)
class TrajectoryPlate:
    """The metric `y` over the metric `x`, a path a run.

    Attributes:
        colour: the axis that colours them, if one does.
        log: which axes are logarithmic.
    """

    x: str
    y: str
    groups: Sequence[PathGroup]
    colour: str | None
    title: str = ""
    notes: Sequence[str] = ()
    log: Sequence[Axis] = ()
    kind: Literal["trajectory"] = "trajectory"


@dataclass(frozen=True, slots=True)
class VectorsPlate:
    """The components of a vector metric over steps.

    Attributes:
        metric: `parameters` or `singular_values`, of a layer perhaps.
        rows: the vector at each of the steps.
        truth: what the vector should become, where that is known.
        logarithmic: whether the axis of components is.
    """

    metric: str
    steps: Sequence[int]
    rows: Sequence[Sequence[Number]]
    truth: Sequence[float] | None = None
    t1: int | None = None
    t2: int | None = None
    title: str = ""
    notes: Sequence[str] = ()
    logarithmic: bool = False
    kind: Literal["vectors"] = "vectors"


Plate: TypeAlias = (
    CurvesPlate
    | SweepPlate
    | ScalingPlate
    | MatrixPlate
    | PhasePlate
    | SharePlate
    | TrajectoryPlate
    | VectorsPlate
)
