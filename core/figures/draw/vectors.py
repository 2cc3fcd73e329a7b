"""The components of a vector over steps: what a run forgets, and what it keeps."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.figures.draw.marks import mark_times
from core.figures.draw.plates import VectorsPlate
from core.figures.draw.style import BLUE, FAINT, MARK, VERMILION, head_room, log_steps, put_title
from core.figures.draw.wording import value_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_COLUMNS = 3
_DEEPEST = 1e-10
"""Share of the largest component below which nothing is shown: what falls there has vanished."""


def draw_vectors(axes: "Axes", plate: VectorsPlate) -> None:
    """Draws the plate: where the truth is known what is not zero in it is coloured, and it is marked."""
    from matplotlib.lines import Line2D

    log_steps(axes, plate.steps[-1] if plate.steps else 0)
    places = np.array(plate.steps, dtype=np.float64) + 1
    rows = np.array(plate.rows, dtype=np.float64).reshape(
        len(places), len(plate.rows[0]) if plate.rows else 0
    )
    truth = None if plate.truth is None else np.array(plate.truth, dtype=np.float64)
    kept = np.ones(rows.shape[1], np.bool_) if truth is None else truth != 0
    singular = plate.metric.startswith("singular_values")
    for which, colour, width in ((~kept, FAINT, 0.5), (kept, BLUE, 0.9)):
        if which.any() and len(places):
            axes.plot(places, rows[:, which], color=colour, linewidth=width, zorder=1.5 + width)
    handles: list[Artist] = []
    if truth is not None:
        for value in truth[kept]:
            axes.axhline(value, color=VERMILION, linewidth=0.6, linestyle="--", zorder=1)
        words = ("of the rank", "beyond the rank") if singular else ("in the support", "off the support")
        handles = [
            Line2D([], [], color=BLUE, linewidth=0.9, label=words[0]),
            Line2D([], [], color=FAINT, linewidth=0.7, label=words[1]),
            Line2D([], [], color=VERMILION, linewidth=0.6, linestyle="--", label="true values"),
        ]
    if plate.logarithmic:
        _deepen(axes, rows)
    elif not singular:
        axes.axhline(0.0, color=MARK, linewidth=0.3, zorder=0)
    axes.set_ylabel(value_name(plate.metric))
    marks = mark_times(axes, plate.t1, plate.t2)
    put_title(axes, plate.title, head_room(axes, handles, columns=_COLUMNS, marks=marks))


def _deepen(axes: "Axes", rows: NDArray[np.float64]) -> None:
    """A logarithmic axis of components."""
    axes.set_yscale("log", nonpositive="mask")
    shown = rows[np.isfinite(rows)]
    largest = shown.max(initial=0.0)
    if largest > 0 and shown.min() < _DEEPEST * largest:
        axes.set_ylim(_DEEPEST * largest, 3 * largest)
