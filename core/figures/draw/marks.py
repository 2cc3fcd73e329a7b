"""t1, t2, their delay, theory's t2 and the values of the truth over curves."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.figures.draw import wording
from core.figures.draw.style import MARK, SMALL, THEORY

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_ARROW_HEIGHT, _LATER_HEIGHT = 0.5, 0.62
# Shares of the width of the axes: half a character, the room between two labels, what the delay's needs.
_HALF_CHARACTER, _BETWEEN, _FITS = 0.008, 0.03, 0.24


def mark_times(axes: "Axes", t1: int | None, t2: int | None, predicted_t2: float | None = None) -> bool:
    """Lines at the times, with their values above the axes; whether there were any to label.

    To be called once the axis of steps has its limits.
    """
    known = [(name, step) for name, step in (("t_1", t1), ("t_2", t2)) if step is not None]
    for _, step in known:
        axes.axvline(step + 1, color=MARK, linewidth=0.7, linestyle=":")
    if predicted_t2 is not None:
        mark_expected(axes, predicted_t2)
    texts = [_label(axes, name, step) for name, step in known]
    if len(texts) == 2 and abs(texts[1][1] - texts[0][1]) < texts[0][2] + texts[1][2] + _BETWEEN:
        (one, begin, left), (other, end, right) = texts
        texts = [(rf"{one}$\quad${other}", (begin + end) / 2, left + right + _BETWEEN)]
    for text, place, half in texts:
        where = min(max(place, half), 1 - half)
        axes.annotate(
            text,
            (where, 1.0),
            (0, 2),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="center",
            fontsize=SMALL,
            color=MARK,
        )
    if t1 is not None and t2 is not None and t1 < t2:
        _mark_delay(axes, t1, t2)
    return bool(texts)


def mark_expected(axes: "Axes", predicted_t2: float) -> None:
    """A line where theory expects t2; at the end of the axis an arrow where that is later, with its value."""
    if within(axes, predicted_t2):
        axes.axvline(predicted_t2 + 1, color=THEORY, linewidth=1.0, linestyle="-.")
        return
    arrow = {"arrowstyle": "->", "color": THEORY, "linewidth": 1.0, "shrinkA": 2, "shrinkB": 0}
    axes.annotate(
        wording.number(predicted_t2, 2),
        (1.0, _LATER_HEIGHT),
        (-14, 0),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=SMALL,
        color=THEORY,
        arrowprops=arrow,
        bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"},
    )


def within(axes: "Axes", step: float) -> bool:
    """Whether a step lies on the axis."""
    return _place(axes, step) <= 1


def mark_targets(axes: "Axes", targets: Sequence[float]) -> "list[Artist]":
    """Lines where the truth lies, with their handle."""
    lines = [
        axes.axhline(target, color=MARK, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1, label="truth")
        for target in dict.fromkeys(targets)
        if target > 0 or axes.get_yscale() == "linear"
    ]
    return list(lines[:1])


def _mark_delay(axes: "Axes", t1: int, t2: int) -> None:
    ends = t1 + 1, t2 + 1
    arrow = {"arrowstyle": "<->", "color": MARK, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0}
    where = axes.get_xaxis_transform()
    axes.annotate("", (ends[1], _ARROW_HEIGHT), (ends[0], _ARROW_HEIGHT), xycoords=where, arrowprops=arrow)
    begin, end = _place(axes, t1), _place(axes, t2)
    inside = end - begin > _FITS
    axes.text(
        (begin + end) / 2 if inside else begin - 0.01,
        _ARROW_HEIGHT,
        f"delay {t2 - t1:,}",
        transform=axes.transAxes,
        fontsize=SMALL,
        color=MARK,
        ha="center" if inside else "right",
        va="center",
        bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"},
    )


def _label(axes: "Axes", name: str, step: int) -> tuple[str, float, float]:
    """The text of a time, its place, and about half of its width."""
    value = f"{step:,}"
    half = _HALF_CHARACTER * (len(value) + 4)
    return f"${name} = {value}$".replace(",", "{,}"), _place(axes, step), half


def _place(axes: "Axes", step: float) -> float:
    """Where a step is on a logarithmic axis: 0 at the left end, 1 at the right one."""
    low, high = (math.log(limit) for limit in axes.get_xlim())
    return (math.log(step + 1) - low) / (high - low)
