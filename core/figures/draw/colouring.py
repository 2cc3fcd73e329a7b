"""Colours of many runs by a value: shades of numbers with a bar, distinct colours of anything else."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.figures.draw.style import CYCLE, SMALL, shades
from core.figures.draw.wording import axis_name, setting, settings

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize

_TOLD_APART = 12
"""So many shades have a place each on the bar; more of them are a continuous one."""
_SPREAD = 10.0


@dataclass(frozen=True, slots=True)
class Colouring:
    """Colours of groups, and what tells which is which: handles of a legend, or else a bar."""

    colours: Sequence[Any]
    handles: "Sequence[Artist]" = ()

    @property
    def needs_bar(self) -> bool:
        return not self.handles and len(self.colours) > 1


def colour_groups(values: Sequence[Any], axis: str | None = None) -> Colouring:
    """The colours of groups with these different values on the axis, in their order."""
    if len(values) == 1:
        return Colouring(CYCLE[:1])
    if not all(is_number(value) for value in values):
        from matplotlib.lines import Line2D

        colours = [CYCLE[place % len(CYCLE)] for place in range(len(values))]
        handles = [
            Line2D([], [], color=colour, linewidth=1.5, label=label)
            for colour, label in zip(colours, settings(axis or "", values), strict=True)
        ]
        return Colouring(colours, handles)
    shade = shades()
    if len(values) <= _TOLD_APART:
        ranks = {value: rank for rank, value in enumerate(sorted(values))}
        return Colouring([shade(ranks[value] / (len(values) - 1)) for value in values])
    norm = norm_of(values)
    return Colouring([shade(float(norm(value))) for value in values])


def add_bar(axes: "Axes", values: Sequence[float], colour: str) -> None:
    """A bar beside the axes that tells which shade is which value."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    ranked, shade = sorted(values), shades()
    if len(ranked) <= _TOLD_APART:
        count = len(ranked)
        steps = ListedColormap([shade(rank / (count - 1)) for rank in range(count)])
        shown = ScalarMappable(BoundaryNorm([rank - 0.5 for rank in range(count + 1)], count), steps)
        bar = axes.figure.colorbar(shown, ax=axes, fraction=0.05, pad=0.03, ticks=list(range(count)))
        bar.set_ticklabels([setting(value) for value in ranked])
    else:
        bar = axes.figure.colorbar(ScalarMappable(norm_of(ranked), shade), ax=axes, fraction=0.05, pad=0.03)
    bar.ax.tick_params(length=0 if len(ranked) <= _TOLD_APART else 2, labelsize=SMALL)
    bar.ax.minorticks_off()
    bar.ax.set_title(axis_name(colour), fontsize=SMALL + 1, pad=3)
    bar.outline.set_linewidth(0.4)


def norm_of(values: Sequence[float]) -> "Normalize":
    """A logarithmic scale of colours where positive values differ by much, else a linear one."""
    from matplotlib.colors import LogNorm, Normalize

    lowest, highest = min(values), max(values)
    if spreads(values):
        return LogNorm(lowest, highest)
    if lowest == highest:
        margin = abs(lowest) / 2 or 0.5
        return Normalize(lowest - margin, highest + margin)
    return Normalize(lowest, highest)


def spreads(values: Sequence[float]) -> bool:
    """Whether values are positive and so far apart that their logarithms tell more."""
    return min(values) > 0 and max(values) > _SPREAD * min(values)


def is_number(value: Any) -> bool:
    """Whether a value has a place on an axis of numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
