"""Cells over two axes, or one: their places, ticks, what fits into a cell, and lines between cells."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.analysis import is_numeric, spacing_of, to_axis
from core.figures.draw.style import CHARACTER, COLUMN, HEIGHT, SMALL
from core.figures.draw.titles import seen_length
from core.figures.draw.wording import axis_name, settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 72.0
# What the ticks, the labels and a bar leave of a column.
_WIDE, _HIGH = 0.66, 0.66
_TICKS = 14


def cell_size(columns: int, rows: int) -> tuple[float, float]:
    """Width and height of a cell, in points."""
    return COLUMN * _WIDE * _POINTS / max(1, columns), HEIGHT * _HIGH * _POINTS / max(1, rows)


def fits(texts: Sequence[str], columns: int, rows: int) -> bool:
    """Whether each of the texts has room in a cell, at the smallest size."""
    width, height = cell_size(columns, rows)
    lines = max((text.count("\n") + 1 for text in texts), default=1)
    longest = max((len(line) for text in texts for line in text.split("\n")), default=0)
    return longest * CHARACTER * SMALL < width and lines * 1.2 * SMALL < height


def name_axes(axes: "Axes", x: str, y: str | None, xs: Sequence[Any], ys: Sequence[Any]) -> None:
    """Labels and ticks of a grid whose cells have whole numbers as centres; y rises upwards."""
    width, _ = cell_size(len(xs), len(ys))
    for name, values, place, axis in ((x, xs, axes.xaxis, "x"), (y, ys, axes.yaxis, "y")):
        every = -(-len(values) // _TICKS)
        ticks = [] if name is None else list(range(0, len(values), every))
        named = settings(name or "", values)
        texts = [named[tick] for tick in ticks]
        place.set_ticks(ticks, texts)
        longest = max((seen_length(text) for text in texts), default=0)
        if axis == "x" and longest * CHARACTER * SMALL > width * every:
            axes.tick_params(axis="x", rotation=40 if longest < 9 else 60)
            for label in axes.get_xticklabels():
                label.set_horizontalalignment("right")
                label.set_rotation_mode("anchor")
    axes.tick_params(length=0)
    axes.set_xlabel(axis_name(x))
    axes.set_ylabel("" if y is None else axis_name(y))
    axes.set_xlim(-0.5, len(xs) - 0.5)
    axes.set_ylim(-0.5, len(ys) - 0.5)


def line_axis(axes: "Axes", x: str, xs: Sequence[Any]) -> list[float]:
    """The axis of a single row, drawn as points: where each of its values lies."""
    axes.set_xlabel(axis_name(x))
    if not is_numeric(xs):
        axes.set_xticks(range(len(xs)), settings(x, xs))
        return [float(place) for place in range(len(xs))]
    if spacing_of(xs) == "log":
        axes.set_xscale("log")
    return [float(value) for value in xs]


def draw_boundary(
    axes: "Axes", stretches: Sequence[Sequence[tuple[float, float]]], xs: Sequence[Any], ys: Sequence[Any]
) -> None:
    """Lines between cells with these values, through to the edge where they end in an outer cell."""
    for stretch in stretches:
        points = [(_place_on(xs, x), _place_on(ys, y)) for x, y in stretch]
        begins, ends = (_to_edge(end, len(xs), len(ys)) for end in (points[0], points[-1]))
        line = [*begins, *points, *ends[::-1]]
        axes.plot(
            [x for x, _ in line],
            [y for _, y in line],
            color="black",
            linewidth=1.4,
            solid_capstyle="round",
            zorder=3,
        )


def _to_edge(end: tuple[float, float], columns: int, rows: int) -> list[tuple[float, float]]:
    """The point of the edge next to an end between two outer cells; none next to any other."""
    x, y = end
    beyond = []
    if y in (0.0, rows - 1.0) and x not in (0.0, columns - 1.0):
        beyond = [(x, y - 0.5)] if y == 0 else [(x, y + 0.5)]
    elif x in (0.0, columns - 1.0) and y not in (0.0, rows - 1.0):
        beyond = [(x - 0.5, y)] if x == 0 else [(x + 0.5, y)]
    return beyond


def _place_on(values: Sequence[float], point: float) -> float:
    """Where a value lies between the centres of cells that stand for rising `values`."""
    spacing = spacing_of(values)
    (place,) = to_axis([point], spacing)
    # Halfway between two cells is halfway but for rounding.
    return float(np.round(np.interp(place, to_axis(values, spacing), np.arange(len(values))), 6))
