"""Pictures as a paper would show them: plates hold the numbers, `draw` makes SVG, PNG or PDF of them."""

from core.figures.draw import wording
from core.figures.draw.plates import (
    CurvesPlate,
    Group,
    Law,
    Line,
    MatrixPlate,
    PhasePlate,
    Plate,
    ScalingPlate,
    SweepPlate,
    VectorsPlate,
)
from core.figures.draw.sheet import VERSION, Form, draw

__all__ = [
    "VERSION",
    "CurvesPlate",
    "Form",
    "Group",
    "Law",
    "Line",
    "MatrixPlate",
    "PhasePlate",
    "Plate",
    "ScalingPlate",
    "SweepPlate",
    "VectorsPlate",
    "draw",
    "wording",
]
