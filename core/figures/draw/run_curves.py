"""One run: train solid, test dashed, t1, t2, their delay, and where theory expects t2."""

from typing import TYPE_CHECKING

from core.figures.draw.marks import mark_targets, mark_times
from core.figures.draw.plates import CurvesPlate
from core.figures.draw.scales import axis_label, drawable, scale_values, split_axes
from core.figures.draw.style import (
    CYCLE,
    FAINT,
    PURPLE,
    TEST,
    THEORY,
    TRAIN,
    head_room,
    log_steps,
    put_title,
)
from core.figures.draw.wording import value_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_OWN = {"train": (TRAIN, "-"), "test": (TEST, "--")}
_RIGHT = (PURPLE, CYCLE[4], CYCLE[5], CYCLE[6])
_COLUMNS = 3


def draw_run(axes: "Axes", plate: CurvesPlate) -> None:
    """Draws the plate; other metrics than those of train and test data have an axis of their own."""
    left, right = split_axes([line.metric for line in plate.lines])
    marked = [step for step in (plate.t1, plate.t2) if step is not None]
    log_steps(axes, max([*marked, *(line.steps[-1] for line in plate.lines if line.steps)], default=0))
    handles = _draw(axes, plate, left, CYCLE)
    if right:
        handles += _draw(axes.twinx(), plate, right, _RIGHT)
    logarithmic = axes.get_yscale() == "log"
    for level in dict.fromkeys(plate.levels):
        if level > 0 or not logarithmic:
            axes.axhline(level, color=FAINT, linewidth=0.5, linestyle=(0, (1, 2)), zorder=0)
    handles += mark_targets(axes, plate.targets)
    marks = mark_times(axes, plate.t1, plate.t2, plate.predicted_t2)
    if plate.predicted_t2 is not None:
        handles.append(_theory_handle())
    put_title(axes, plate.title, head_room(axes, handles, columns=_COLUMNS, marks=marks))


def _draw(axes: "Axes", plate: CurvesPlate, metrics: list[str], colours: tuple[str, ...]) -> "list[Artist]":
    lines = [line for line in plate.lines if line.metric in metrics]
    logarithmic = scale_values(axes, lines, plate.logarithmic)
    handles: list[Artist] = []
    for place, line in enumerate(lines):
        colour, style = colours[place % len(colours)], "-"
        # Where there is more than train and test of one kind, colours tell them apart.
        if len({name.partition("_")[2] for name in metrics}) == 1:
            colour, style = _OWN.get(line.metric.partition("_")[0], (colour, style))
        elif line.metric.startswith("test_"):
            style = "--"
        handles += axes.plot(
            *drawable(line, logarithmic), style, color=colour, linewidth=1.2, label=value_name(line.metric)
        )
    axes.set_ylabel(axis_label(metrics))
    return handles


def _theory_handle() -> "Artist":
    from matplotlib.lines import Line2D

    return Line2D([], [], color=THEORY, linewidth=1.0, linestyle="-.", label="$t_2$ by theory")
