"""Largest singular values of the maps, remembered, since many requests ask about the same one."""

import math
from functools import lru_cache

import numpy as np

from core.problems.draw import draw_problem
from core.spec import MAX_EXACT_WORK, decomposition_work
from core.spec.dataset import Dataset
from core.spec.problem import LinearProblem

_ITERATIONS = 30


@lru_cache(maxsize=4096)
def exact_sigma_max(problem: LinearProblem, seed: int, rng: str) -> float:
    """Largest singular value of the map; 0 for a map that is zero."""
    singular = draw_problem(problem, seed, rng).operator.decomposition.singular
    return float(singular[0]) if len(singular) else 0.0


@lru_cache(maxsize=4096)
def own_sigma_max(problem: Dataset, seed: int) -> float:
    """Largest singular value of own data; of large ones a value just below it, by power iterations."""
    if decomposition_work(problem) <= MAX_EXACT_WORK:
        return exact_sigma_max(problem, seed, "default")
    design = draw_problem(problem, seed, "default").operator
    vector = np.random.Generator(np.random.PCG64(0)).standard_normal(problem.dimension)
    size = 0.0
    for _ in range(_ITERATIONS):
        vector /= np.linalg.norm(vector)
        image = design.apply(vector)
        size = float(np.linalg.norm(image))
        if size == 0.0:
            return 0.0
        vector = design.adjoint(image)
    return size


def own_work(problem: Dataset) -> float:
    """Multiplications that `own_sigma_max` takes, up to a constant."""
    iterated = 2.0 * _ITERATIONS * problem.measurements * problem.dimension
    return min(decomposition_work(problem), MAX_EXACT_WORK + iterated)


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
