"""Largest singular values of the maps, remembered, since many requests ask about the same one."""

import math
from functools import lru_cache

from core.problems.draw import draw_problem
from core.spec.problem import LinearProblem


@lru_cache(maxsize=4096)
def exact_sigma_max(problem: LinearProblem, seed: int, rng: str) -> float:
    """Largest singular value of the map; 0 for a map that is zero."""
    singular = draw_problem(problem, seed, rng).operator.decomposition.singular
    return float(singular[0]) if len(singular) else 0.0


def expected_sigma_max(problem: LinearProblem) -> float:
    """Expected largest singular value of a map.

    1 + sqrt(n / N) for designs with N(0, 1/N) entries; 1 for observed entries; for rank-one measurements
    (sqrt(n1 n2) + sqrt(N)) / N, as for a design whose entries have variance 1/N^2.
    """
    size, measurements = math.prod(problem.shape), problem.measurements
    match problem.kind:
        case "matrix_completion":
            return 1.0
        case "matrix_sensing":
            return (math.sqrt(size) + math.sqrt(measurements)) / measurements
        case _:
            return 1.0 + math.sqrt(size / measurements)
