"""What results and recorded series say: crossings, plateaus, outcomes, scaling laws, phases. NumPy alone."""

from core.analysis.bisection import halves
from core.analysis.boundary import Boundary, boundaries, filled
from core.analysis.coordinates import Spacing, from_axis, halfway, is_numeric, spacing_of, to_axis
from core.analysis.counting import wilson
from core.analysis.crossing import Crossing, Direction, Status, reached, threshold
from core.analysis.downsample import METHOD, Sampler, Scale, downsample
from core.analysis.matrices import MedianMatrix, median_matrix
from core.analysis.phase import LABELS, UNKNOWN, PhaseMap, phase_map
from core.analysis.plateau import POINTS, REPEATS, TOLERANCE, Plateau, plateau
from core.analysis.reanalysis import DetectorKind, Reanalysis, reanalyse
from core.analysis.scaling import NoPowerLaw, PowerLaw, fit_power_law

__all__ = [
    "LABELS",
    "METHOD",
    "POINTS",
    "REPEATS",
    "TOLERANCE",
    "UNKNOWN",
    "Boundary",
    "Crossing",
    "DetectorKind",
    "Direction",
    "MedianMatrix",
    "NoPowerLaw",
    "PhaseMap",
    "Plateau",
    "PowerLaw",
    "Reanalysis",
    "Sampler",
    "Scale",
    "Spacing",
    "Status",
    "boundaries",
    "downsample",
    "filled",
    "fit_power_law",
    "from_axis",
    "halfway",
    "halves",
    "is_numeric",
    "median_matrix",
    "phase_map",
    "plateau",
    "reached",
    "reanalyse",
    "spacing_of",
    "threshold",
    "to_axis",
    "wilson",
]
