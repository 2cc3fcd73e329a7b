"""A phase map: how runs end over two axes, with the boundary between those that generalise and others."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.figures.draw.grid import draw_boundary, fits, name_axes
from core.figures.draw.plates import PhasePlate
from core.figures.draw.style import BLUE, ORANGE, SKY, SMALL, head_room, put_title

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_COLOURS: Mapping[str, str] = {
    "grokked": BLUE,
    "generalised_at_once": SKY,
    "memorised_only": ORANGE,
    "never_memorised": "#BBBBBB",
    "diverged": "#444444",
    "mixed": "#F0E442",
}
_OTHER = "#FFFFFF"
_DARK = (BLUE, "#444444")


def draw_phase(axes: "Axes", plate: PhasePlate) -> None:
    """Draws the plate; `2/3` says how many of the runs of a cell ended so, where not all did."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch, Rectangle

    found = {label for row in plate.labels for label in row if label is not None}
    shares = {}
    for row, labels in enumerate(plate.labels):
        for column, label in enumerate(labels):
            colour = _COLOURS.get(label or "", _OTHER)
            axes.add_patch(
                Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.3)
            )
            agreeing, runs = plate.agreeing[row][column], plate.runs[row][column]
            if label is not None and agreeing < runs:
                shares[row, column] = f"{agreeing}/{runs}", "white" if colour in _DARK else "black"
    name_axes(axes, plate.x, plate.y, plate.xs, plate.ys)
    if fits([text for text, _ in shares.values()], len(plate.xs), len(plate.ys)):
        for (row, column), (text, colour) in shares.items():
            axes.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=colour)
    draw_boundary(axes, plate.boundary, plate.xs, plate.ys)
    handles: list[Artist] = [
        Patch(facecolor=_COLOURS.get(label, _OTHER), edgecolor="none", label=label.replace("_", " "))
        for label in sorted(found, key=lambda label: [*_COLOURS, label].index(label))
    ]
    if plate.boundary:
        handles.append(Line2D([], [], color="black", linewidth=1.4, label="generalises or not"))
    put_title(axes, plate.title, head_room(axes, handles, columns=3))
