"""Problem instances drawn on the host in NumPy float64, their starting points and their theory. No torch."""

from core.problems.active_set import minimise_l1
from core.problems.baselines import Baselines, baselines
from core.problems.draw import draw
from core.problems.examples import Examples, NetworkInstance, Teacher, network_arrays
from core.problems.facts import Facts
from core.problems.instance import HeldOut, Instance, arrays
from core.problems.memorisation import memorisation_step
from core.problems.network_data import draw_network
from core.problems.network_start import network_start
from core.problems.operators import Dense, Entries, Operator, RankOne, least_squares, project
from core.problems.stability import check_stability, step_bound
from core.problems.start import factor_shapes, start
from core.problems.streams import Stream, generator
from core.problems.theory import Theory, theory
from core.spec import affordable

__all__ = [
    "Baselines",
    "Dense",
    "Entries",
    "Examples",
    "Facts",
    "HeldOut",
    "Instance",
    "NetworkInstance",
    "Operator",
    "RankOne",
    "Stream",
    "Teacher",
    "Theory",
    "affordable",
    "arrays",
    "baselines",
    "check_stability",
    "draw",
    "draw_network",
    "factor_shapes",
    "generator",
    "least_squares",
    "memorisation_step",
    "minimise_l1",
    "network_arrays",
    "network_start",
    "project",
    "start",
    "step_bound",
    "theory",
]
