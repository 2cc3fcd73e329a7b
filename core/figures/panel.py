"""What one panel of a figure draws, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PanelKind = Literal["curves", "components", "trajectory", "scaling", "matrix", "phase"]


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: which numbers of which runs stand where.

    Attributes:
        kind: `curves`: metrics `y` over steps, a line a run; `components`: the entries of the vector metric
            `y` over steps, of one run; `trajectory`: the metric `y` over the metric `x`, a line a run;
            `scaling`: one point a run, `y` (`t1`, `t2`, `delay`, `theory.NAME` or a metric, then its last
            value) over `x`; `matrix`: the median over seeds of `value` in the plane of `x`
            and `y`; `phase`: the share of seeds that end as `value` there.
        x: `step`, a metric, or pointers of the spec whose product is meant: `("/optimizer/learning_rate",
            "/regularization/l1")`.
        y: metrics of lines or points; of `matrix` and `phase` one pointer, or none for a single row.
        value: what `matrix` shows: as `y` of `scaling`; what `phase` counts: an outcome, or `generalised`,
            which is each of the two with a t2.
        color: the pointer that tells lines and points apart by colour. `/regularization`, of runs that have
            one penalty, the same for all, stands for its strength.
        where: only runs with these values on these axes, `seed` too; of a tuple one of them.
        log: which axes of lines and points are logarithmic; that of steps always is.
        scales: the scales of the figure that have this panel; where the runs of one do not, it is left out.
    """

    id: str
    title: str
    kind: PanelKind
    x: tuple[str, ...]
    y: tuple[str, ...]
    value: str | None = None
    color: str | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    log: tuple[Literal["x", "y"], ...] = ("x", "y")
    scales: tuple[Literal["smoke", "paper"], ...] = ("smoke", "paper")
