"""Singular values of designs, remembered, since many runs and requests ask about the same one."""

import math
from functools import lru_cache

import numpy as np

from core.problems.sparse_recovery import draw_data
from core.spec.problem import SparseRecovery

MAX_EXACT_WORK = 5e8
"""Designs that need more are judged by expectation: a decomposition would take seconds."""


def decomposition_work(problem: SparseRecovery) -> float:
    """Multiplications to draw and decompose a design, up to a constant."""
    n, rows = problem.dimension, problem.measurements
    return n * rows * min(n, rows) + (n**3 if problem.basis == "orthonormal" else 0)


def affordable(problem: SparseRecovery) -> bool:
    """Whether exact theory is computed for designs of this size."""
    return decomposition_work(problem) <= MAX_EXACT_WORK


@lru_cache(maxsize=1024)
def exact_sigma_max(problem: SparseRecovery, seed: int, rng: str) -> float:
    """Largest singular value of X."""
    return float(np.linalg.svd(draw_data(problem, seed, rng)[1], compute_uv=False)[0])


def expected_sigma_max(problem: SparseRecovery) -> float:
    """Expected largest singular value of a design with N(0, 1/N) entries: 1 + sqrt(n / N)."""
    return 1.0 + math.sqrt(problem.dimension / problem.measurements)
