"""A number of each run against a product of axes: groups by colour, a fitted power, what theory says."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.figures.draw.colouring import add_bar, colour_groups
from core.figures.draw.plates import Law, ScalingPlate
from core.figures.draw.style import MARK, SMALL, THEORY, VERMILION, head_room, put_title
from core.figures.draw.wording import axis_name, number, value_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_MARGIN = 1.6
_LINEAR_MARGIN = 0.05
_SHAPES = ("o", "s", "D", "v", "P", "X", "*")
# Groups that lie on top of each other are seen all the same: what comes later is smaller.
_LARGEST, _SMALLER, _SMALLEST = 5.0, 0.8, 2.2


@dataclass(frozen=True, slots=True)
class _Group:
    """Points of one colour: those that were measured, and those of runs that ended before."""

    value: Any
    known: list[tuple[float, float]]
    censored: list[tuple[float, float]]

    def medians(self) -> list[tuple[float, float]]:
        """At each x where more than half of the runs have a value, their median."""
        every = [*self.known, *((x, math.inf) for x, _ in self.censored)]
        return [one for one in _medians(every) if math.isfinite(one[1])]


def draw_scaling(axes: "Axes", plate: ScalingPlate) -> None:
    """Draws the plate: a dot a run, a symbol the median at each x, theory as crosses.

    An open triangle is a run that ended without the number: it lies above.
    """
    for name, scale in (("x", axes.set_xscale), ("y", axes.set_yscale)):
        scale("log" if name in plate.log else "linear")
    axes.set_xlabel(axis_name(plate.x))
    axes.set_ylabel(value_name(plate.y))
    handles: list[Artist] = []
    if plate.xs:
        _limit(axes, plate)
        handles = _points(axes, plate)
        if plate.law is not None:
            handles += _line(axes, plate, plate.law)
    put_title(axes, plate.title, head_room(axes, handles, columns=2))


def _limit(axes: "Axes", plate: ScalingPlate) -> None:
    low, high = min(plate.xs), max(plate.xs)
    if "x" in plate.log:
        axes.set_xlim(low / _MARGIN, high * _MARGIN)
    elif low < high:
        room = _LINEAR_MARGIN * (high - low)
        axes.set_xlim(low - room, high + room)


def _points(axes: "Axes", plate: ScalingPlate) -> "list[Artist]":
    groups = _groups(plate)
    colouring = colour_groups([group.value for group in groups], plate.colour)
    many = any(len({x for x, _ in group.known}) < len(group.known) for group in groups)
    handles: list[Artist] = []
    named = []
    for place, (group, colour) in enumerate(zip(groups, colouring.colours, strict=True)):
        shape = _SHAPES[place % len(_SHAPES)] if colouring.handles else "o"
        size = max(_SMALLEST, _LARGEST - _SMALLER * place) if colouring.handles else 4.0
        if many:
            axes.plot(*_columns(group.known), ".", color=colour, markersize=2.5, alpha=0.5, markeredgewidth=0)
        joined = "-" if "x" not in plate.log else ""
        (drawn,) = axes.plot(
            *_columns(group.medians()),
            marker=shape,
            linestyle=joined,
            linewidth=0.7,
            color=colour,
            markersize=size,
            markeredgewidth=0,
        )
        named.append(drawn)
        axes.plot(
            *_columns(group.censored),
            "^",
            color=colour,
            markerfacecolor="none",
            markersize=4.5,
            markeredgewidth=0.7,
            linestyle="",
        )
    if colouring.needs_bar and plate.colour is not None:
        add_bar(axes, [group.value for group in groups], plate.colour)
    for drawn, handle in zip(named, colouring.handles, strict=False):
        drawn.set_label(handle.get_label())
        handles.append(drawn)
    handles += _legend(axes, plate, many)
    return handles


def _groups(plate: ScalingPlate) -> list[_Group]:
    colours = plate.colours or [None] * len(plate.xs)
    censored = plate.censored or [False] * len(plate.xs)
    found: dict[str, _Group] = {}
    for x, y, value, beyond in zip(plate.xs, plate.ys, colours, censored, strict=True):
        group = found.setdefault(repr(value), _Group(value, [], []))
        (group.censored if beyond else group.known).append((x, y))
    return list(found.values())


def _legend(axes: "Axes", plate: ScalingPlate, many: bool) -> "list[Artist]":
    """What the symbols mean that all colours share; theory is drawn on the way."""
    from matplotlib.lines import Line2D

    handles: list[Artist] = []
    if many:
        handles.append(Line2D([], [], color=MARK, marker=".", markersize=2.5, linestyle="", label="runs"))
        handles.append(Line2D([], [], color=MARK, marker="o", markersize=4, linestyle="", label="median"))
    elif plate.colour is None:
        handles.append(Line2D([], [], color=MARK, marker="o", markersize=4, linestyle="", label="measured"))
    expected = [
        (x, one) for x, one in zip(plate.xs, plate.predicted or [None] * len(plate.xs), strict=True) if one
    ]
    if expected:
        handles += axes.plot(
            *_columns(_medians(expected)), "x", color=THEORY, markersize=4, label="theory", zorder=4
        )
    if any(plate.censored):
        told = f"{value_name(plate.y)} lies above: not by the last step"
        handles.append(
            Line2D(
                [],
                [],
                color=MARK,
                marker="^",
                markersize=4.5,
                markerfacecolor="none",
                linestyle="",
                markeredgewidth=0.7,
                label=told,
            )
        )
    return handles


def _columns(points: Iterable[tuple[float, float]]) -> tuple[list[float], list[float]]:
    ordered = sorted(points)
    return [x for x, _ in ordered], [y for _, y in ordered]


def _medians(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    at: dict[float, list[float]] = defaultdict(list)
    for x, y in points:
        at[x].append(y)
    return [(x, _middle(sorted(ys))) for x, ys in at.items()]


def _middle(ordered: Sequence[float]) -> float:
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _line(axes: "Axes", plate: ScalingPlate, law: Law) -> "list[Artist]":
    ends = min(plate.xs), max(plate.xs)
    heights = [law.prefactor * end**law.exponent for end in ends]
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
