"""The minimiser that the gradient methods approach, by whichever exact method fits."""

import math
from collections.abc import Callable

import numpy as np

from core.convex.basis_pursuit import basis_pursuit
from core.convex.shrinkage import Shrinkage, shrink_entries, shrink_singular_values
from core.convex.splitting import SHARE, Quadratic, minimise
from core.problems import Dense, Operator, least_squares, minimise_l1
from core.problems.operators import Numbers


def reference(
    operator: Operator,
    targets: Numbers,
    l1: float = 0.0,
    l2_squared: float = 0.0,
    nuclear: float = 0.0,
    *,
    attend: Callable[[], None] = lambda: None,
) -> Numbers:
    """argmin_a 1/2 ||X a - y||^2 + (l2_squared / 2) ||a||^2 + l1 ||a||_1 + nuclear ||a||_*.

    With all strengths zero, its limit for vanishing strength: the least-squares solution of least l1 norm,
    for matrices of least nuclear norm. With l2_squared alone it is the ridge solution.

    Args:
        operator: X.
        targets: y. Shape (N,).
        l1, l2_squared, nuclear: strengths, >= 0; not both l1 and nuclear.
        attend: called now and then; it may give up by raising.

    Returns shape `operator.shape`. Raises ValueError for l1 beside nuclear, `NotConverged` where no method
    comes near a solution.
    """
    if l1 > 0 and nuclear > 0:
        raise ValueError(f"l1 = {l1} beside nuclear = {nuclear} has no reference")
    strength = max(l1, nuclear)
    if strength == 0 and l2_squared > 0:
        return _ridge(operator, targets, l2_squared)
    matrix = nuclear > 0 or (strength == 0 and len(operator.shape) == 2)
    if strength == 0:
        return _interpolation(operator, targets, matrix, attend)
    if _largest(operator.adjoint(targets), matrix) <= strength:
        return np.zeros_like(operator.adjoint(targets))
    if isinstance(operator, Dense) and not np.iscomplexobj(operator.design):
        exact = minimise_l1(operator.design, targets, l1, l2_squared)
        if exact is not None:
            return exact
    return _split(operator, targets, l2_squared, strength, matrix, attend)


def _ridge(operator: Operator, targets: Numbers, l2_squared: float) -> Numbers:
    known = operator.decomposition
    solution: Numbers = operator.adjoint(
        known.combine(known.coordinates(targets) / (known.singular**2 + l2_squared))
    )
    return solution


def _interpolation(operator: Operator, targets: Numbers, matrix: bool, attend: Callable[[], None]) -> Numbers:
    known, solution = operator.decomposition, least_squares(operator, targets)
    if len(known.singular) == math.prod(operator.shape) or not solution.any():
        # There is no other.
        return solution
    if isinstance(operator, Dense) and not np.iscomplexobj(operator.design):
        # U'X a = U'y asks for least squares where X a = y has no solution.
        return basis_pursuit(known.coordinates(operator.design.T).T, known.coordinates(targets))
    return _split(operator, targets, 0.0, 0.0, matrix, attend)


def _split(
    operator: Operator,
    targets: Numbers,
    l2_squared: float,
    strength: float,
    matrix: bool,
    attend: Callable[[], None],
) -> Numbers:
    start = least_squares(operator, targets)
    threshold = SHARE * _largest(start, matrix)
    weight = threshold / strength if strength > 0 else math.inf
    shrink: Shrinkage = shrink_singular_values if matrix else shrink_entries
    return minimise(Quadratic(operator, targets, l2_squared, weight), shrink, threshold, start, attend)


def _largest(a: Numbers, matrix: bool) -> float:
    return float(np.linalg.norm(a, 2)) if matrix else float(np.abs(a).max(initial=0.0))
