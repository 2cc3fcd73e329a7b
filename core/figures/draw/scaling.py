"""A number of each run against a product of axes: groups by colour, a fitted power, what theory says."""

from typing import TYPE_CHECKING, Any

from core.figures.draw.colouring import add_bar, colour_groups
from core.figures.draw.plates import Law, ScalingPlate
from core.figures.draw.points import columns, medians_at, point_groups
from core.figures.draw.style import MARK, SMALL, head_room, put_title
from core.figures.draw.wording import axis_name, number, value_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_MARGIN = 1.6
_LINEAR_MARGIN = 0.05
_SHAPES = ("o", "s", "D", "v", "P", "X", "*")
# Groups that lie on top of each other are seen all the same: what comes later is smaller.
_ALONE, _SINGLE = 4.0, 3.5
_HOLLOW: dict[str, Any] = {"markerfacecolor": "none", "markersize": 4.5, "markeredgewidth": 0.7}
_LARGEST, _SMALLER, _SMALLEST = 6.0, 0.8, 3.2


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
    groups = point_groups(plate)
    colouring = colour_groups([group.value for group in groups], plate.colour)
    many = any(len({x for x, _ in group.known}) < len(group.known) for group in groups)
    line = "-" if "x" not in plate.log else ""
    handles: list[Artist] = []
    for place, (group, colour) in enumerate(zip(groups, colouring.colours, strict=True)):
        shape = _SHAPES[place % len(_SHAPES)] if colouring.handles else "o"
        size = max(_SMALLEST, _LARGEST - _SMALLER * place) if len(groups) > 1 else _ALONE
        if many:
            axes.plot(
                *columns(group.known), ".", color=colour, markersize=_SINGLE, alpha=0.5, markeredgewidth=0
            )
        drawn = axes.plot(
            *columns(group.medians()), f"{shape}{line}", color=colour, markersize=size, linewidth=0.7,
            markeredgewidth=0,
        )  # fmt: skip
        axes.plot(*columns(group.censored), "^", color=colour, **_HOLLOW | {"markersize": size})
        if colouring.handles:
            drawn[0].set_label(colouring.handles[place].get_label())
            handles += drawn
    if colouring.needs_bar and plate.colour is not None:
        add_bar(axes, [group.value for group in groups], plate.colour)
    return [*handles, *_legend(axes, plate, many, named=bool(colouring.handles))]


def _legend(axes: "Axes", plate: ScalingPlate, many: bool, *, named: bool) -> "list[Artist]":
    """What the symbols mean that all colours share; theory is drawn on the way."""
    handles: list[Artist] = []
    if many:
        handles += [_symbol("runs", ".", _SINGLE), _symbol("median", "o", _ALONE)]
    elif not named:
        word = "by theory" if plate.y.startswith("theory") else "measured"
        handles.append(_symbol(word, "o", _ALONE))
    expected = [one for one in zip(plate.xs, plate.predicted or [], strict=False) if one[1]]
    if expected:
        middles = columns(medians_at([(x, y) for x, y in expected if y is not None]))
        handles += axes.plot(*middles, "x", color="black", markersize=_ALONE, label="theory", zorder=4)
    if any(plate.censored):
        told = f"no {value_name(plate.y)} by the end ({sum(plate.censored):,} of {len(plate.censored):,})"
        handles.append(_symbol(told, "^", _HOLLOW["markersize"], face="none"))
    return handles


def _symbol(label: str, marker: str, size: float, face: str = MARK) -> "Artist":
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], color=MARK, marker=marker, markersize=size, markerfacecolor=face, linestyle="", label=label
    )


def _line(axes: "Axes", plate: ScalingPlate, law: Law) -> "list[Artist]":
    ends = min(plate.xs), max(plate.xs)
    heights = [law.prefactor * end**law.exponent for end in ends]
    name = rf"fit: exponent ${law.exponent:.3f}$"
    handles: list[Artist] = list(axes.plot(ends, heights, color=MARK, linewidth=1.0, label=name, zorder=1))
    interval = ""
    if law.interval is not None:
        interval = rf"95 %: [${law.interval[0]:.3f}$, ${law.interval[1]:.3f}$]"
    formula = rf"{value_name(plate.y)} $\approx$ {number(law.prefactor)} ({axis_name(plate.x)})"
    text = f"{formula}$^{{\\,{law.exponent:.3f}}}$\n{interval}".rstrip()
    # A corner that a line with this slope leaves free; runs that ended before lie at the top.
    low = any(plate.censored)
    right = (law.exponent < 0) != low
    axes.text(
        0.97 if right else 0.03,
        0.05 if low else 0.95,
        text,
        transform=axes.transAxes,
        ha="right" if right else "left",
        va="bottom" if low else "top",
        fontsize=SMALL,
        color=MARK,
    )
    return handles
