"""How many runs end in one way: a map over two axes, or a line with its uncertainty over one."""

from typing import TYPE_CHECKING

import numpy as np

from core.figures.draw.grid import draw_boundary, fits, line_axis, name_axes
from core.figures.draw.plates import SharePlate
from core.figures.draw.style import BLUE, MARK, SMALL, head_room, put_title

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_DARK = 0.5
"""Share up to which a cell is dark, and its text light."""


def draw_share(axes: "Axes", plate: SharePlate) -> None:
    """Draws the plate; `4/9`: so many of the runs of a cell."""
    handles = _row(axes, plate) if plate.y is None else _map(axes, plate)
    put_title(axes, plate.title, head_room(axes, handles, columns=2))


def _row(axes: "Axes", plate: SharePlate) -> "list[Artist]":
    from matplotlib.lines import Line2D

    places = line_axis(axes, plate.x, plate.xs)
    cells = zip(
        places, plate.agreeing[0], plate.runs[0], plate.low[0], plate.high[0], strict=True
    )  # fmt: skip
    there = [(x, k / n, low, high) for x, k, n, low, high in cells if n]
    xs, shares, lows, highs = (list(column) for column in zip(*there, strict=True)) if there else ([],) * 4
    axes.errorbar(
        xs,
        shares,
        [np.subtract(shares, lows), np.subtract(highs, shares)],
        fmt="o-",
        color=BLUE,
        markersize=4,
        linewidth=0.8,
        elinewidth=0.7,
        capsize=2,
    )
    axes.axhline(0.5, color=MARK, linewidth=0.4, linestyle=(0, (1, 2)), zorder=0)
    axes.set_ylim(-0.03, 1.03)
    axes.set_ylabel("share of runs")
    told = f"{_words(plate)}, of {_counts(plate)} runs; 95 % interval"
    return [Line2D([], [], color=BLUE, marker="o", markersize=4, linewidth=0.8, label=told)]


def _map(axes: "Axes", plate: SharePlate) -> "list[Artist]":
    from matplotlib.lines import Line2D

    counts = np.array(plate.runs, np.float64)
    shares = np.array(plate.agreeing, np.float64) / np.where(counts > 0, counts, np.nan)
    axes.set_facecolor("#EEEEEE")
    name_axes(axes, plate.x, plate.y, plate.xs, plate.ys)
    image = axes.imshow(
        np.ma.masked_invalid(shares), origin="lower", aspect="auto", cmap="cividis", vmin=0, vmax=1
    )
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.05, pad=0.03)
    bar.ax.tick_params(labelsize=SMALL, length=2)
    bar.outline.set_linewidth(0.4)
    bar.set_label(f"share {_words(plate)}")
    _annotate(axes, plate)
    draw_boundary(axes, plate.boundary, plate.xs, plate.ys)
    return [Line2D([], [], color="black", linewidth=1.4, label="half of the runs")] if plate.boundary else []


def _annotate(axes: "Axes", plate: SharePlate) -> None:
    texts = {
        (row, column): (f"{plate.agreeing[row][column]}/{runs}", plate.agreeing[row][column] / runs)
        for row, counts in enumerate(plate.runs)
        for column, runs in enumerate(counts)
        if runs
    }
    if not fits([text for text, _ in texts.values()], len(plate.xs), len(plate.ys)):
        return
    for (row, column), (text, share) in texts.items():
        colour = "white" if share < _DARK else "black"
        axes.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=colour)


def _words(plate: SharePlate) -> str:
    return plate.value.replace("_", " ")


def _counts(plate: SharePlate) -> str:
    least, most = min(plate.runs[0]), max(plate.runs[0])
    return f"{most}" if least == most else f"{least} to {most}"
