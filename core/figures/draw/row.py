"""A matrix of one row: medians over a single axis, as a line."""

from typing import TYPE_CHECKING

from core.figures.draw.colouring import spreads
from core.figures.draw.grid import line_axis
from core.figures.draw.plates import MatrixPlate
from core.figures.draw.style import BLUE, FAINT, MARK, SMALL, head_room, put_title
from core.figures.draw.wording import equation, value_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def draw_row(axes: "Axes", plate: MatrixPlate) -> None:
    """Draws the plate; triangles at the top: no median, `2/3`: so many runs have a value."""
    places = line_axis(axes, plate.x, plate.xs)
    axes.set_ylabel(value_name(plate.value))
    (values,), (known,), (runs,) = plate.values, plate.known, plate.runs
    there = [(x, value) for x, value in zip(places, values, strict=True) if value is not None]
    if there and spreads([value for _, value in there]):
        axes.set_yscale("log")
    handles: list[Artist] = list(
        axes.plot(
            [x for x, _ in there],
            [value for _, value in there],
            "o-",
            color=BLUE,
            markersize=4,
            linewidth=0.8,
            label=_told(plate),
        )
    )
    above = [x for x, value, n in zip(places, values, runs, strict=True) if value is None and n]
    if above:
        handles += axes.plot(
            above,
            [0.96] * len(above),
            "^",
            transform=axes.get_xaxis_transform(),
            color=MARK,
            markerfacecolor="none",
            markersize=4.5,
            markeredgewidth=0.7,
            label="no median: censored",
        )
    for x, value, k, n in zip(places, values, known, runs, strict=True):
        if value is not None and k < n:
            axes.annotate(
                f"{k}/{n}", (x, value), (0, 4), textcoords="offset points", ha="center", fontsize=SMALL
            )
    axes.grid(axis="y", color=FAINT, linewidth=0.2)
    put_title(axes, plate.title, head_room(axes, handles, columns=2))


def _told(plate: MatrixPlate) -> str:
    counts = {count for row in plate.runs for count in row}
    word = "median" if max(counts, default=0) > 1 else "measured"
    return word if plate.y is None else f"{word}, {equation(plate.y, plate.ys[0])}"
