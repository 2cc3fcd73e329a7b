"""What recorded series say, found again without training: crossings, plateaus, outcomes. NumPy alone."""

from core.analysis.crossing import Crossing, Direction, Status, reached, threshold
from core.analysis.downsample import METHOD, Sampler, Scale, downsample
from core.analysis.plateau import POINTS, REPEATS, TOLERANCE, Plateau, plateau
from core.analysis.reanalysis import DetectorKind, Reanalysis, reanalyse

__all__ = [
    "METHOD",
    "POINTS",
    "REPEATS",
    "TOLERANCE",
    "Crossing",
    "DetectorKind",
    "Direction",
    "Plateau",
    "Reanalysis",
    "Sampler",
    "Scale",
    "Status",
    "downsample",
    "plateau",
    "reached",
    "reanalyse",
    "threshold",
]
