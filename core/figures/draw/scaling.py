"""A law: a time against a product of axes, both logarithmic, with the fitted power and what theory says."""

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from core.figures.draw.plates import Law, ScalingPlate
from core.figures.draw.style import BLUE, MARK, SMALL, THEORY, VERMILION, head_room, put_title
from core.figures.draw.wording import axis_name, number, value_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_MARGIN = 1.6


def draw_scaling(axes: "Axes", plate: ScalingPlate) -> None:
    """Draws the plate: a dot a run, a circle the median at each x, theory as crosses."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(axis_name(plate.x))
    axes.set_ylabel(value_name(plate.y))
    handles: list[Artist] = []
    if plate.xs:
        handles = _points(axes, plate)
        axes.set_xlim(min(plate.xs) / _MARGIN, max(plate.xs) * _MARGIN)
        if plate.law is not None:
            handles += _line(axes, plate, plate.law)
    put_title(axes, plate.title, head_room(axes, handles, columns=2))


def _points(axes: "Axes", plate: ScalingPlate) -> "list[Artist]":
    at: dict[float, list[float]] = defaultdict(list)
    for x, y in zip(plate.xs, plate.ys, strict=True):
        at[x].append(y)
    handles: list[Artist] = []
    if len(at) < len(plate.xs):
        handles += axes.plot(
            plate.xs, plate.ys, ".", color=BLUE, markersize=2.5, alpha=0.5, markeredgewidth=0, label="runs"
        )
    handles += axes.plot(
        list(at),
        [float(np.median(ys)) for ys in at.values()],
        "o",
        color=BLUE,
        markersize=4,
        label="median" if len(at) < len(plate.xs) else "measured",
    )
    told: dict[float, list[float]] = defaultdict(list)
    for x, expected in zip(plate.xs, plate.predicted or [None] * len(plate.xs), strict=True):
        if expected is not None and expected > 0:
            told[x].append(expected)
    if told:
        middles = [float(np.median(values)) for values in told.values()]
        handles += axes.plot(list(told), middles, "x", color=THEORY, markersize=4, label="theory")
    return handles


def _line(axes: "Axes", plate: ScalingPlate, law: Law) -> "list[Artist]":
    ends = np.array([min(plate.xs), max(plate.xs)])
    heights = law.prefactor * ends**law.exponent
    name = rf"fit: exponent ${law.exponent:.3f}$"
    handles: list[Artist] = list(
        axes.plot(ends, heights, color=VERMILION, linewidth=1.0, label=name, zorder=1)
    )
    interval = ""
    if law.interval is not None:
        interval = rf"  [${law.interval[0]:.3f}$, ${law.interval[1]:.3f}$]"
    formula = rf"{value_name(plate.y)} $\approx$ {number(law.prefactor)} ({axis_name(plate.x)})"
    text = rf"{formula}$^{{\,{law.exponent:.3f}}}${interval}"
    # The corner that a line with this slope leaves free.
    falls = law.exponent < 0
    axes.text(
        0.97 if falls else 0.03,
        0.95,
        text,
        transform=axes.transAxes,
        ha="right" if falls else "left",
        va="top",
        fontsize=SMALL,
        color=MARK,
    )
    return handles
