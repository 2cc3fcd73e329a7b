"""Problem instances drawn on the host in NumPy float64, their starting points and their theory. No torch."""

from core.problems.sparse_recovery import Instance, draw
from core.problems.spectrum import affordable
from core.problems.stability import check_stability, step_bound
from core.problems.start import least_squares, start
from core.problems.streams import Stream, generator
from core.problems.theory import Spectrum, Theory, spectrum, theory

__all__ = [
    "Instance",
    "Spectrum",
    "Stream",
    "Theory",
    "affordable",
    "check_stability",
    "draw",
    "generator",
    "least_squares",
    "spectrum",
    "start",
    "step_bound",
    "theory",
]
