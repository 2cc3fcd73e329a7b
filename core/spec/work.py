"""What the designs of a problem cost to decompose."""

import math

from core.spec.problem import LinearProblem, SparseRecovery

MAX_EXACT_WORK = 5e8
"""Designs that need more are judged by expectation: a decomposition would take seconds."""
MAX_SOLUTION_WORK = 1e10
"""Exact minimisers, closed forms and inverses of designs that need more would take many minutes."""


def decomposition_work(problem: LinearProblem) -> float:
    """Multiplications to draw and decompose a design, up to a constant."""
    rows, size = problem.measurements, math.prod(problem.shape)
    match problem.kind:
        case "matrix_completion":
            # Observed entries are their own decomposition; what is left is the SVD of A_LS.
            return size * min(problem.shape)
        case "matrix_sensing":
            return rows**3 + rows**2 * sum(problem.shape) + size * min(problem.shape)
        case _:
            drawn = isinstance(problem, SparseRecovery) and problem.basis == "orthonormal"
            return size * rows * min(size, rows) + (size**3 if drawn else 0)


def jump_work(problem: LinearProblem) -> float:
    """Multiplications to decompose a design as a matrix, whatever it is made of, up to a constant."""
    rows, size = problem.measurements, math.prod(problem.shape)
    return float(size * rows * min(size, rows))


def affordable(problem: LinearProblem) -> bool:
    """Whether exact theory is computed for designs of this size."""
    return decomposition_work(problem) <= MAX_EXACT_WORK
