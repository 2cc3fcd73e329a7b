"""Cells over two axes: their places, ticks, and what fits into one."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.figures.draw.colouring import is_number
from core.figures.draw.style import COLUMN, HEIGHT, SMALL
from core.figures.draw.wording import axis_name, setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_POINTS = 72.0
# What the ticks, the labels and a bar leave of a column.
_WIDE, _HIGH = 0.66, 0.66
_CHARACTER = 0.58
"""Width of a character, about, in its size."""
_TICKS = 14


def cell_size(columns: int, rows: int) -> tuple[float, float]:
    """Width and height of a cell, in points."""
    return COLUMN * _WIDE * _POINTS / max(1, columns), HEIGHT * _HIGH * _POINTS / max(1, rows)


def fits(texts: Sequence[str], columns: int, rows: int) -> bool:
    """Whether each of the texts has room in a cell, at the smallest size."""
    width, height = cell_size(columns, rows)
    lines = max((text.count("\n") + 1 for text in texts), default=1)
    longest = max((len(line) for text in texts for line in text.split("\n")), default=0)
    return longest * _CHARACTER * SMALL < width and lines * 1.2 * SMALL < height


def name_axes(axes: "Axes", x: str, y: str, xs: Sequence[Any], ys: Sequence[Any]) -> None:
    """Labels and ticks of a grid whose cells have whole numbers as centres; y rises upwards."""
    width, _ = cell_size(len(xs), len(ys))
    for values, place, axis in ((xs, axes.xaxis, "x"), (ys, axes.yaxis, "y")):
        every = -(-len(values) // _TICKS)
        ticks = list(range(0, len(values), every))
        texts = [setting(values[tick]) for tick in ticks]
        place.set_ticks(ticks, texts)
        longest = max((_length(text) for text in texts), default=0)
        if axis == "x" and longest * _CHARACTER * SMALL > width * every:
            axes.tick_params(axis="x", rotation=40 if longest < 9 else 60)
            for label in axes.get_xticklabels():
                label.set_horizontalalignment("right")
                label.set_rotation_mode("anchor")
    axes.tick_params(length=0)
    axes.set_xlabel(axis_name(x))
    axes.set_ylabel(axis_name(y))
    axes.set_xlim(-0.5, len(xs) - 0.5)
    axes.set_ylim(-0.5, len(ys) - 0.5)


def place_on(values: Sequence[Any], point: float) -> float:
    """Where a value lies between the centres of cells that stand for `values`."""
    known = np.array([float(value) for value in values if is_number(value)])
    if len(known) != len(values) or len(known) < 2:
        return 0.0
    places = np.arange(len(known), dtype=np.float64)
    if known[0] > known[-1]:
        known, places = known[::-1], places[::-1]
    # Between two cells a value lies as it does between their logarithms, on an axis that is one of ratios.
    if known[0] > 0 and known[-1] > 10 * known[0] and point > 0:
        known, point = np.log(known), float(np.log(point))
    inside = float(np.interp(point, known, places))
    return inside


def _length(text: str) -> int:
    """Characters that are seen of a text, about."""
    return len(re.sub(r"\\times\s?", "x", re.sub(r"\\[a-z]+", "a", text)).translate(_UNSEEN))


_UNSEEN = {ord(mark): None for mark in "${}^_\\,"}
