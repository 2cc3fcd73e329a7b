"""The median over seeds of a value: a heat map over two axes, a line over one."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.figures.draw.colouring import norm_of, spreads
from core.figures.draw.grid import fits, name_axes
from core.figures.draw.plates import MatrixPlate
from core.figures.draw.row import draw_row
from core.figures.draw.style import FAINT, MARK, SMALL, head_room, put_title
from core.figures.draw.wording import number, value_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle

_BRIGHT = 0.55
"""Brightness of a cell from which on its text is dark."""


_FEW_DECADES = 100.0
_SOME = [part * 10.0**power for power in range(-20, 21) for part in (1, 2, 5)]
"""Values that a bar of few decades names."""


def draw_matrix(axes: "Axes", plate: MatrixPlate) -> None:
    """Draws the plate. Hatched cells have no value; `2/3`: so many runs have one."""
    if len(plate.ys) == 1:
        draw_row(axes, plate)
    else:
        _draw_map(axes, plate)


def _draw_map(axes: "Axes", plate: MatrixPlate) -> None:
    from matplotlib.patches import Patch

    values = np.array(plate.values, dtype=np.float64).reshape(len(plate.ys), len(plate.xs))
    known = values[np.isfinite(values)]
    axes.set_facecolor("#EEEEEE")
    name_axes(axes, plate.x, plate.y, plate.xs, plate.ys)
    handles = []
    # What refinements leave out has no runs that could be censored.
    asked = np.array(plate.runs).reshape(values.shape) > 0
    if (without := np.argwhere(~np.isfinite(values) & asked)).size:
        handles = [Patch(facecolor="#EEEEEE", edgecolor=FAINT, hatch="////", label="no median")]
        for row, column in without:
            axes.add_patch(_hatched(int(column), int(row)))
    if known.size:
        norm = norm_of(known.tolist())
        image = axes.imshow(
            np.ma.masked_invalid(values), origin="lower", aspect="auto", cmap="cividis", norm=norm
        )
        bar = axes.figure.colorbar(image, ax=axes, fraction=0.05, pad=0.03)
        bar.ax.tick_params(labelsize=SMALL, length=2)
        if spreads(known.tolist()) and known.max() < _FEW_DECADES * known.min():
            ticks = [one for one in _SOME if known.min() <= one <= known.max()]
            if ticks:
                bar.set_ticks(ticks, labels=[number(one) for one in ticks])
        bar.ax.minorticks_off()
        bar.outline.set_linewidth(0.4)
        bar.set_label(value_name(plate.value))
    _annotate(axes, plate, values)
    put_title(axes, plate.title, head_room(axes, handles, columns=2))


def _hatched(column: int, row: int) -> "Rectangle":
    from matplotlib.patches import Rectangle

    return Rectangle(
        (column - 0.5, row - 0.5), 1, 1, facecolor="none", edgecolor=FAINT, hatch="////", linewidth=0
    )


def _annotate(axes: "Axes", plate: MatrixPlate, values: "NDArray[np.float64]") -> None:
    from matplotlib import colormaps

    texts = {
        (row, column): _text(values[row, column], plate.known[row][column], plate.runs[row][column])
        for row in range(len(plate.ys))
        for column in range(len(plate.xs))
    }
    if not fits(list(texts.values()), len(plate.xs), len(plate.ys)):
        return
    known = values[np.isfinite(values)]
    shade, norm = colormaps["cividis"], norm_of(known.tolist()) if known.size else None
    for (row, column), text in texts.items():
        colour = MARK
        if norm is not None and np.isfinite(values[row, column]):
            red, green, blue, _ = shade(float(norm(values[row, column])))
            colour = "black" if 0.3 * red + 0.59 * green + 0.11 * blue > _BRIGHT else "white"
        box = {"boxstyle": "round,pad=0.1", "facecolor": "#EEEEEE", "edgecolor": "none"}
        axes.text(
            column,
            row,
            text,
            ha="center",
            va="center",
            fontsize=SMALL,
            color=colour,
            linespacing=1.1,
            bbox=None if np.isfinite(values[row, column]) else box,
        )


def _text(value: float, known: int, runs: int) -> str:
    share = f"{known}/{runs}" if known < runs else ""
    if not np.isfinite(value):
        return share
    return f"{short(value)}\n{share}" if share else short(value)


def short(value: float) -> str:
    """A number in a few characters: 1.4e5."""
    if value == 0 or 1e-2 <= abs(value) < 1e4:
        return f"{value:.3g}" if abs(value) < 1e3 else f"{value:.0f}"
    mantissa, _, power = f"{value:.1e}".partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(power)}"
