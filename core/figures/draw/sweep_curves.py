"""Many runs: coloured by an axis, seeds as thin lines or, where there are many, as a band."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.figures.draw.colouring import Colouring, add_bar, colour_groups
from core.figures.draw.marks import mark_targets, within
from core.figures.draw.plates import Group, Line, SweepPlate
from core.figures.draw.scales import axis_label, drawable, scale_values, split_axes
from core.figures.draw.style import MARK, head_room, log_steps, put_title
from core.figures.draw.wording import value_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_LINES = 5
"""Seeds of one group that are drawn one by one; more are a band."""
_PLACES = 240
_WIDEST, _THINNER, _THINNEST = 1.8, 0.4, 0.8
_COLUMNS = 4
_OTHERS = ("-", ":", "-.", (0, (5, 1, 1, 1, 1, 1)))
"""Styles of metrics that are of neither train nor test data; beside those the first is not free."""


def draw_sweep(axes: "Axes", plate: SweepPlate) -> None:
    """Draws the plate. Triangles at the top are medians of t2, hollow ones where theory expects it."""
    every = [line for group in plate.groups for run in group.runs for line in run]
    metrics = list(dict.fromkeys(line.metric for line in every))
    left, right = split_axes(metrics)
    marked = [group.t2 for group in plate.groups if group.t2 is not None]
    log_steps(axes, max([*marked, *(line.steps[-1] for line in every if line.steps)], default=0))
    colouring = colour_groups([group.value for group in plate.groups] or [None], plate.colour)
    styles = _styles(metrics)
    _draw(axes, plate, left, colouring, styles)
    if right:
        _draw(axes.twinx(), plate, right, colouring, styles)
    handles = [*_style_handles(styles), *_band_handle(plate), *mark_targets(axes, plate.targets)]
    handles += [*_mark_t2(axes, plate.groups, colouring), *colouring.handles]
    shaded = plate.colour if colouring.needs_bar else None
    if shaded is not None:
        add_bar(axes, [group.value for group in plate.groups], shaded)
    put_title(
        axes, plate.title, head_room(axes, handles, columns=_COLUMNS, marks=True, bar=shaded is not None)
    )


def _draw(
    axes: "Axes", plate: SweepPlate, metrics: list[str], colouring: Colouring, styles: Mapping[str, Any]
) -> None:
    shown = [line for group in plate.groups for run in group.runs for line in run if line.metric in metrics]
    logarithmic = scale_values(axes, shown, plate.logarithmic)
    for place, (group, colour) in enumerate(zip(plate.groups, colouring.colours, strict=False)):
        # Groups with names are few, and may lie on top of each other: what comes later is thinner.
        wide = max(_THINNEST, _WIDEST - _THINNER * place) if colouring.handles else 0.9
        for metric in metrics:
            lines = [line for run in group.runs for line in run if line.metric == metric and line.steps]
            style = styles[metric]
            if len(lines) > _LINES:
                _band(axes, lines, colour, style, logarithmic)
                continue
            width, alpha = (wide, 1.0) if len(lines) == 1 else (0.6, 0.75)
            for line in lines:
                axes.plot(
                    *drawable(line, logarithmic), linestyle=style, color=colour, linewidth=width, alpha=alpha
                )
    axes.set_ylabel(axis_label(metrics))


def _band(axes: "Axes", lines: list[Line], colour: Any, style: Any, logarithmic: bool) -> None:
    """The median over runs, with the quartiles as a band, as far as half of the runs go."""
    last = max(line.steps[-1] for line in lines)
    places = np.geomspace(1.0, last + 1.0, _PLACES)
    values = np.array([_resampled(line, places, logarithmic) for line in lines])
    enough = 2 * np.isfinite(values).sum(axis=0) >= len(lines)
    if not enough.any():
        return
    places, values = places[enough], values[:, enough]
    low, middle, high = np.nanquantile(values, [0.25, 0.5, 0.75], axis=0)
    axes.fill_between(places, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(places, middle, linestyle=style, color=colour, linewidth=0.9)


def _resampled(line: Line, places: NDArray[np.float64], logarithmic: bool) -> NDArray[np.float64]:
    """The values at these places of the axis, NaN beyond the ends."""
    steps, values = (np.array(column, dtype=np.float64) for column in drawable(line, logarithmic))
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(places), np.nan)
    heights = np.log(values[known]) if logarithmic else values[known]
    found = np.interp(np.log(places), np.log(steps[known]), heights, left=np.nan, right=np.nan)
    return np.exp(found) if logarithmic else found


def _band_handle(plate: SweepPlate) -> "list[Artist]":
    from matplotlib.patches import Patch

    if all(len(group.runs) <= _LINES for group in plate.groups):
        return []
    return [Patch(facecolor=MARK, alpha=0.2, edgecolor="none", label="quartiles of runs")]


def _styles(metrics: Sequence[str]) -> dict[str, Any]:
    """How the lines of each metric are drawn: train solid, test dashed."""
    known = {name: "--" if name.startswith("test_") else "-" for name in metrics if _of_data(name)}
    others = [name for name in metrics if name not in known]
    free = _OTHERS[1:] if known else _OTHERS
    return known | {name: free[place % len(free)] for place, name in enumerate(others)}


def _of_data(metric: str) -> bool:
    return metric.startswith(("train_", "test_"))


def _style_handles(styles: Mapping[str, Any]) -> "list[Artist]":
    """What each style means; the label of the axis says it of a metric that is alone."""
    from matplotlib.lines import Line2D

    names = {name: name.partition("_")[0] if _of_data(name) else value_name(name) for name in styles}
    if len(styles) == 1 and not any(map(_of_data, styles)):
        return []
    parts = {names[name]: style for name, style in styles.items()}
    return [
        Line2D([], [], color=MARK, linewidth=0.9, linestyle=style, label=label)
        for label, style in parts.items()
    ]


def _mark_t2(axes: "Axes", groups: "tuple[Group, ...] | Any", colouring: Colouring) -> "list[Artist]":
    from matplotlib.lines import Line2D

    handles: list[Artist] = []
    for name, attribute, filled in (("$t_2$", "t2", True), ("$t_2$ by theory", "predicted_t2", False)):
        face: dict[str, Any] = {} if filled else {"markerfacecolor": "white"}
        found = [
            (getattr(group, attribute), colour)
            for group, colour in zip(groups, colouring.colours, strict=False)
            if getattr(group, attribute) is not None and within(axes, getattr(group, attribute))
        ]
        for step, colour in found:
            axes.plot(
                step + 1,
                1.0,
                "v",
                color=colour,
                markersize=4.5,
                markeredgewidth=0.7,
                transform=axes.get_xaxis_transform(),
                clip_on=False,
                zorder=5,
                **face,
            )
        if found:
            handles.append(
                Line2D([], [], color=MARK, marker="v", markersize=4, linestyle="", label=name, **face)
            )
    return handles
