"""Which figure, at which scale, an experiment was made from."""

from collections.abc import Sequence

from core.figures.figure import SCALES, Figure, Place, ScaleName
from core.figures.recipes import BY_ID
from core.figures.verdict import share

_FIGURE, _SCALE = "figure:", "scale:"


def figure_of(tags: Sequence[str]) -> Figure | None:
    """The figure that the tags of an experiment name, the first where they name several."""
    named = (tag.removeprefix(_FIGURE) for tag in tags if tag.startswith(_FIGURE))
    return next((BY_ID[name] for name in named if name in BY_ID), None)


def scale_of(figure: Figure, tags: Sequence[str], places: Sequence[Place]) -> ScaleName:
    """The scale that the tags name, of tags that name the figure; else that of which more cells are there.

    Args:
        places: those of the experiment's runs.
    """
    if f"{_FIGURE}{figure.id}" in tags:
        for name in SCALES:
            if f"{_SCALE}{name}" in tags:
                return name
    return max(SCALES, key=lambda name: share(figure.scale(name), places))
