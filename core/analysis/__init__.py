"""What results and recorded series say: crossings, plateaus, outcomes, scaling laws. NumPy alone."""

from core.analysis.crossing import Crossing, Direction, Status, reached, threshold
from core.analysis.downsample import METHOD, Sampler, Scale, downsample
from core.analysis.plateau import POINTS, REPEATS, TOLERANCE, Plateau, plateau
from core.analysis.reanalysis import DetectorKind, Reanalysis, reanalyse
from core.analysis.scaling import NoPowerLaw, PowerLaw, fit_power_law

__all__ = [
    "METHOD",
    "POINTS",
    "REPEATS",
    "TOLERANCE",
    "Crossing",
    "DetectorKind",
    "Direction",
    "NoPowerLaw",
    "Plateau",
    "PowerLaw",
    "Reanalysis",
    "Sampler",
    "Scale",
    "Status",
    "downsample",
    "fit_power_law",
    "plateau",
    "reached",
    "reanalyse",
    "threshold",
]
