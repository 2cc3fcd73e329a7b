"""Where runs go in the plane of two metrics, from a ring over t1 to a dot at the last step."""

from typing import TYPE_CHECKING, Any

from core.figures.draw.colouring import add_bar, colour_groups
from core.figures.draw.plates import Number, Path, TrajectoryPlate
from core.figures.draw.style import MARK, head_room, put_title
from core.figures.draw.wording import value_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_COLUMNS = 4


def draw_trajectory(axes: "Axes", plate: TrajectoryPlate) -> None:
    """Draws the plate: a line a run, with its places at t1, at t2 and at the end; a star is the truth."""
    for name, scale in (("x", axes.set_xscale), ("y", axes.set_yscale)):
        scale("log" if name in plate.log else "linear")
    axes.set_xlabel(value_name(plate.x))
    axes.set_ylabel(value_name(plate.y))
    colouring = colour_groups([group.value for group in plate.groups] or [None], plate.colour)
    for group, colour in zip(plate.groups, colouring.colours, strict=False):
        for path in group.paths:
            _draw(axes, path, colour)
    paths = [path for group in plate.groups for path in group.paths]
    targets = dict.fromkeys(path.target for path in paths if path.target is not None)
    for x, y in targets:
        axes.plot(x, y, "*", color=MARK, markersize=6, markeredgewidth=0, zorder=6, clip_on=False)
    if colouring.needs_bar and plate.colour is not None:
        add_bar(axes, [group.value for group in plate.groups], plate.colour)
    handles = [*_legend(paths, truth=bool(targets)), *colouring.handles]
    put_title(axes, plate.title, head_room(axes, handles, columns=_COLUMNS))


def _draw(axes: "Axes", path: Path, colour: Any) -> None:
    if not path.steps:
        return
    xs, ys = ([_place(value) for value in values] for values in (path.xs, path.ys))
    axes.plot(xs, ys, color=colour, linewidth=0.9)
    axes.plot(xs[-1], ys[-1], "o", color=colour, markersize=3, zorder=3, clip_on=False)
    for place, mark in ((path.t1, "o"), (path.t2, "s")):
        if place is not None:
            axes.plot(
                xs[place], ys[place], mark, color=colour, markerfacecolor="white", markersize=4.5,
                markeredgewidth=0.8, zorder=5, clip_on=False,
            )  # fmt: skip


def _place(value: Number) -> float:
    return float("nan") if value is None else value


def _legend(paths: list[Path], *, truth: bool) -> "list[Artist]":
    from matplotlib.lines import Line2D

    parts: list[tuple[str, str, float, str]] = []
    if any(path.t1 is not None for path in paths):
        parts.append(("$t_1$", "o", 4.5, "white"))
    if any(path.t2 is not None for path in paths):
        parts.append(("$t_2$", "s", 4.5, "white"))
    parts.append(("last step", "o", 3.0, MARK))
    if truth:
        parts.append(("truth", "*", 6.0, MARK))
    return [
        Line2D(
            [], [], color=MARK, marker=mark, markersize=size, markerfacecolor=face, linestyle="", label=label
        )
        for label, mark, size, face in parts
    ]
