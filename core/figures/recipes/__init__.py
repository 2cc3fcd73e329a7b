"""The figures of the paper, a module for those that share their runs."""

from core.figures.figure import Figure
from core.figures.recipes import (
    coherence,
    completion,
    completion_law,
    completion_selection,
    delay_law,
    depth,
    golden,
    methods,
    modular,
    pursuit,
    selection,
    sobolev,
    teacher,
    trajectories,
    weight_decay,
)

_MODULES = (
    coherence,
    completion,
    completion_law,
    completion_selection,
    delay_law,
    depth,
    golden,
    methods,
    modular,
    pursuit,
    selection,
    sobolev,
    teacher,
    trajectories,
    weight_decay,
)

FIGURES: tuple[Figure, ...] = tuple(
    sorted((figure for module in _MODULES for figure in module.FIGURES), key=lambda figure: int(figure.id))
)
"""All of them, by number."""

BY_ID = {figure.id: figure for figure in FIGURES}

__all__ = ["BY_ID", "FIGURES"]
