"""What all pictures share: sizes for a column of a paper, colours that the colour-blind can tell apart."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from core.figures.draw.titles import seen_length, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

COLUMN = 3.4
"""Inches of a column."""
HEIGHT = 2.6
SIZE = 7.0
SMALL = 6.0
"""Points of the smallest text."""
CHARACTER = 0.58
"""Width of a character, about, in its size."""

# Okabe and Ito's colours.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, "#000000")
MARK, FAINT = "#444444", "#999999"
TRAIN, TEST, THEORY = BLUE, VERMILION, GREEN

_HANDLE = 3.3
"""Width of the handle of a legend's entry with the space around it, in sizes of its text."""
_LABEL = 0.51
"""Width of a character of its label; labels are short words and numbers, of narrower letters than most."""
_AXES_SHARE = 0.82
"""Of the width of a column that the axes have, about."""
_BAR_SHARE = 0.13
"""Of that what a bar of colours with its numbers takes from them."""

# The light end of a map cannot be seen on white.
_LIGHTEST = 0.88

RC: dict[Any, Any] = {
    "axes.linewidth": 0.6,
    "axes.labelsize": SIZE,
    "axes.titlesize": SIZE,
    "axes.unicode_minus": True,
    "figure.dpi": 300,
    "font.family": "DejaVu Sans",
    "font.size": SIZE,
    "hatch.linewidth": 0.4,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "mathtext.fontset": "dejavusans",
    # Text as outlines looks the same wherever it is shown, and a salt makes names the same each time.
    "svg.fonttype": "path",
    "svg.hashsalt": "groklab",
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.minor.width": 0.3,
    "ytick.minor.width": 0.3,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "xtick.major.pad": 2,
    "ytick.major.pad": 2,
}


def shades() -> "Colormap":
    """Dark to lighter, evenly in brightness: for lines on white."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps["viridis"].resampled(256)([i / 255 * _LIGHTEST for i in range(256)]))


def head_room(
    axes: "Axes", handles: Sequence[Any], *, columns: int, marks: bool = False, bar: bool = False
) -> float:
    """Puts the legend above the axes, above a line for marks; points from the axes to what comes next.

    It has as many columns as have room, at most those given, and less of it beside a bar of colours.
    """
    below = SMALL + 3.0 if marks else 2.0
    if not handles:
        return below
    lengths = [seen_length(str(handle.get_label())) for handle in handles]
    columns = next((count for count in range(columns, 1, -1) if _has_room(lengths, count, bar)), 1)
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0, 1.0, 0.0),
        mode="expand" if len(handles) >= columns > 1 else None,
        ncols=columns,
        borderaxespad=below / SMALL,
        borderpad=0.0,
        handlelength=1.8,
        handletextpad=0.5,
        columnspacing=1.0,
        labelspacing=0.25,
    )
    return below + -(-len(handles) // columns) * (SMALL * 1.5) + 2.0


def _has_room(lengths: Sequence[int], columns: int, bar: bool) -> bool:
    """Whether legend entries with labels of these lengths have room side by side; columns fill one by one."""
    rows, longer = divmod(len(lengths), columns)
    begins = [place * rows + min(place, longer) for place in range(columns + 1)]
    widest = [max(lengths[a:b], default=0) for a, b in pairwise(begins)]
    share = _AXES_SHARE - _BAR_SHARE if bar else _AXES_SHARE
    return sum(_LABEL * length + _HANDLE for length in widest) * SMALL < share * COLUMN * 72


def put_title(axes: "Axes", title: str, pad: float) -> None:
    """The title, above all that stands over the axes."""
    if title:
        axes.set_title(wrapped(title, characters(COLUMN, SIZE)), fontsize=SIZE, pad=pad + 1.0)


def characters(inches: float, size: float) -> int:
    """How many characters of this size have room in so many inches, about."""
    return int(inches * 72 / (CHARACTER * size))


def log_steps(axes: "Axes", last: float) -> None:
    """An axis of steps. It shows step + 1, so that step 0 has a place on it."""
    axes.set_xscale("log")
    axes.set_xlim(1.0, max(10.0, (last + 1) * 1.15))
    axes.set_xlabel("step + 1")
