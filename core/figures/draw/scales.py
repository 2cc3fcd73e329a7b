"""Axes of values: which are logarithmic, and which metrics share one."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from core.figures.draw.plates import Line, Number
from core.figures.draw.wording import value_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINEAR = ("accuracy", "r2", "angle", "rank", "concentration")
_SPREAD = 10.0
"""Values that differ less are easier to read on a linear axis."""


def drawable(line: Line, logarithmic: bool) -> tuple[list[int], list[float]]:
    """The points with a place on the axes; where there is none a line is broken by NaN."""
    values = (_place(value, logarithmic) for value in line.values)
    return [step + 1 for step in line.steps], list(values)


def is_logarithmic(lines: Iterable[Line]) -> bool:
    """Whether an axis for these lines is."""
    lowest, highest = float("inf"), 0.0
    for line in lines:
        if any(word in line.metric for word in _LINEAR):
            return False
        for value in line.values:
            if value is not None and value > 0:
                lowest, highest = min(lowest, value), max(highest, value)
            elif value is not None and value < 0:
                return False
    return highest > _SPREAD * lowest


def split_axes(metrics: Sequence[str]) -> tuple[list[str], list[str]]:
    """Metrics of the left axis, errors and such on train and test data, and of the right one."""
    left = [name for name in metrics if name.startswith(("train_", "test_"))]
    # A baseline is the test loss of another answer.
    if left and all(name.endswith("_loss") for name in left):
        left = [name for name in metrics if name in left or name.endswith("_baseline")]
    right = [name for name in metrics if name not in left]
    return (left, right) if left else (right, [])


def axis_label(metrics: Sequence[str]) -> str:
    """What the metrics of one axis have in common, or all of their names."""
    shared = [name for name in metrics if not name.endswith("_baseline")] or metrics
    kinds = dict.fromkeys(name.removeprefix("train_").removeprefix("test_") for name in shared)
    return ", ".join(value_name(kind).replace("r2", "$R^2$") for kind in kinds)


def scale_values(axes: "Axes", lines: Sequence[Line]) -> bool:
    """Gives the axis of values its scale; whether it is logarithmic."""
    logarithmic = is_logarithmic(lines)
    if logarithmic:
        axes.set_yscale("log")
    elif lines and all("accuracy" in line.metric for line in lines):
        axes.set_ylim(-0.03, 1.05)
    return logarithmic


def _place(value: Number, logarithmic: bool) -> float:
    return float("nan") if value is None or (logarithmic and value <= 0) else value
