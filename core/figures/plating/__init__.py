"""From runs to plates: the numbers of panels and of plain pictures, wherever the runs are kept."""

from core.figures.plating.curves import levels_of, run_plate, sweep_plate
from core.figures.plating.figure import Shown, sheet_title, shown
from core.figures.plating.groups import Coloured, coloured, even_choice
from core.figures.plating.points import scaling_plate
from core.figures.plating.source import Pictured, Recordings
from core.figures.plating.tables import matrix_plate, phase_plate, share_plate
from core.figures.plating.truth import truth_of
from core.figures.plating.values import measured, product
from core.figures.plating.vectors import vectors_plate

__all__ = [
    "Coloured",
    "Pictured",
    "Recordings",
    "Shown",
    "coloured",
    "even_choice",
    "levels_of",
    "matrix_plate",
    "measured",
    "phase_plate",
    "product",
    "run_plate",
    "scaling_plate",
    "share_plate",
    "sheet_title",
    "shown",
    "sweep_plate",
    "truth_of",
    "vectors_plate",
]
