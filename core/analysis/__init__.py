"""What recorded series say, found again without training: crossings, plateaus, outcomes. NumPy alone."""

from core.analysis.crossing import Crossing, Direction, Status, reached, threshold
from core.analysis.plateau import POINTS, REPEATS, TOLERANCE, Plateau, plateau
from core.analysis.reanalysis import DetectorKind, Reanalysis, reanalyse

__all__ = [
    "POINTS",
    "REPEATS",
    "TOLERANCE",
    "Crossing",
    "DetectorKind",
    "Direction",
    "Plateau",
    "Reanalysis",
    "Status",
    "plateau",
    "reached",
    "reanalyse",
    "threshold",
]
