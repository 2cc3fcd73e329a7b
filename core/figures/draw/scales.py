"""Axes of values: which are logarithmic, and which metrics share one."""

import math
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
    if len(metrics) == 1:
        return value_name(metrics[0])
    shared = [name for name in metrics if not name.endswith("_baseline")] or metrics
    kinds = dict.fromkeys(name.removeprefix("train_").removeprefix("test_") for name in shared)
    return ", ".join(value_name(kind).replace("r2", "$R^2$") for kind in kinds)


def scale_values(axes: "Axes", lines: Sequence[Line], wanted: bool | None = None) -> bool:
    """Gives the axis of values the wanted scale, or the one that fits; whether it is logarithmic."""
    logarithmic = is_logarithmic(lines) if wanted is None else wanted and _any_positive(lines)
    if logarithmic:
        axes.set_yscale("log")
    elif lines and all("accuracy" in line.metric for line in lines):
        axes.set_ylim(-0.03, 1.05)
    elif lines and all(line.metric.endswith("_r2") for line in lines):
        _scale_r2(axes, min((v for line in lines for v in line.values if v is not None), default=0.0))
    return logarithmic


def _scale_r2(axes: "Axes", lowest: float) -> None:
    """Between -1 and 1 linear; below, where a model is worse than the mean of the data, logarithmic."""
    if lowest >= -1:
        axes.set_ylim(-1.05, 1.05)
        return
    powers = range(math.ceil(math.log10(-lowest)) + 1)
    axes.set_yscale("symlog", linthresh=1.0, linscale=1.5)
    axes.set_ylim(1.2 * lowest, 1.1)
    axes.set_yticks([*(-(10.0**power) for power in powers if 10.0**power < -1.2 * lowest), 0.0, 0.5, 1.0])
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.minorticks_off()


def _any_positive(lines: Iterable[Line]) -> bool:
    return any(value is not None and value > 0 for line in lines for value in line.values)


def _place(value: Number, logarithmic: bool) -> float:
    return float("nan") if value is None or (logarithmic and value <= 0) else value
