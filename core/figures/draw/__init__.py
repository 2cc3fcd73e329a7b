"""Pictures as a paper would show them: plates hold the numbers, `draw` makes SVG, PNG or PDF of them."""

from core.figures.draw import wording
from core.figures.draw.plates import (
    CurvesPlate,
    Group,
    Law,
    Line,
    MatrixPlate,
    Path,
    PathGroup,
    PhasePlate,
    Plate,
    ScalingPlate,
    SharePlate,
    SweepPlate,
    TrajectoryPlate,
    VectorsPlate,
)
from core.figures.draw.sheet import VERSION, Form, draw
from core.figures.draw.titles import typeset

__all__ = [
    "VERSION",
    "CurvesPlate",
    "Form",
    "Group",
    "Law",
    "Line",
    "MatrixPlate",
    "Path",
    "PathGroup",
    "PhasePlate",
    "Plate",
    "ScalingPlate",
    "SharePlate",
    "SweepPlate",
    "TrajectoryPlate",
    "VectorsPlate",
    "draw",
    "typeset",
    "wording",
]
