"""min ||a||_1 subject to X a = y, of real vectors, as a linear program."""

import numpy as np
from scipy.optimize import linprog

from core.convex.splitting import NotConverged
from core.problems.operators import Array

ENTRY = 1e-10
"""Entries of the solution that are smaller, relative to the largest, are zero."""


def basis_pursuit(design: Array, targets: Array) -> Array:
    """A vertex of the set of minimisers (Chen, Donoho and Saunders 1998). Shape (n,).

    Args:
        design: of full row rank. Shape (N, n).
        targets: shape (N,).

    Raises NotConverged where the solver finds none.
    """
    n = design.shape[1]
    # The solver's tolerances are absolute.
    scale = float(np.abs(targets).max(initial=0.0))
    if scale == 0.0:
        return np.zeros(n)
    found = linprog(np.ones(2 * n), A_eq=np.hstack([design, -design]), b_eq=targets / scale, method="highs")
    if found.x is None:
        raise NotConverged(f"the linear program has no solution: {found.message}")
    a: Array = scale * (found.x[:n] - found.x[n:])
    return _sharpened(design, targets, a)


def _sharpened(design: Array, targets: Array, a: Array) -> Array:
    """The vertex to rounding: its support is what the program found, its values solve the equations."""
    support = np.abs(a) > ENTRY * np.abs(a).max()
    solved, _, rank, _ = np.linalg.lstsq(design[:, support], targets, rcond=None)
    if rank < np.count_nonzero(support):
        return a
    sharp = np.zeros_like(a)
    sharp[support] = solved
    return sharp
