"""Quadratic + l1 on real vectors, solved exactly by an active set."""

import numpy as np

from core.problems.operators import Array

MAX_ROUNDS = 20
"""Changes of the active set, as a multiple of the size of the design, before it is given up."""
OPTIMAL = 1e-9
"""How far over its bound a dual variable may be from rounding, relative to the bound."""


def minimise_l1(
    design: Array, targets: Array, l1: float, l2_squared: float = 0.0, slope: Array | None = None
) -> Array | None:
    """argmin 1/2 ||X a - y||^2 + (l2_squared / 2) ||a||^2 + <slope, a> + l1 ||a where slope is 0||_1.

    Coordinates enter, the most wanted first, and leave where a step would turn their sign; every round lowers
    the objective (Lee, Battle, Raina and Ng 2007).

    Args:
        design: X. Shape (N, n).
        targets: y. Shape (N,).
        l1: strength, > 0.
        slope: of the coordinates that are not penalised, 0 for all others. Shape (n,).

    Returns shape (n,), or None where the objective has no minimum or ties keep the set from settling.
    """
    n = design.shape[1]
    slope = np.zeros(n) if slope is None else slope
    free = slope != 0
    a, sign, active = np.zeros(n), np.zeros(n), free.copy()
    for _ in range(MAX_ROUNDS * sum(design.shape)):
        places = np.flatnonzero(active)
        push = (l1 * sign + slope)[places]
        step, bounded = _step(design[:, places], targets, push, a[places], l2_squared)
        turning = ~free[places] & (step * sign[places] < 0)
        reach = np.where(turning, -a[places] / np.where(turning, step, -1.0), np.inf)
        length = min(reach.min(initial=np.inf), 1.0 if bounded else np.inf)
        if np.isinf(length):
            return None
        a[places] += length * step
        if length < 1.0 or not bounded:
            leaves = places[int(np.argmin(reach))]
            a[leaves] = sign[leaves] = 0.0
            active[leaves] = False
            continue
        dual = design.T @ (targets - design @ a) - l2_squared * a
        wanted = np.where(active, 0.0, np.abs(dual))
        enters = int(np.argmax(wanted))
        if wanted[enters] <= l1 * (1 + OPTIMAL):
            return a
        sign[enters], active[enters] = np.sign(dual[enters]), True
    return None


def _step(columns: Array, targets: Array, push: Array, a: Array, l2_squared: float) -> tuple[Array, bool]:
    """The way to the minimum with these signs and True, or, where there is none, a way down and False."""
    left, singular, right = np.linalg.svd(columns)
    kept = singular > singular.max(initial=0.0) * max(columns.shape) * np.finfo(np.float64).eps
    rank = np.count_nonzero(kept)
    pushed = right @ push
    # Only the penalty has a slope where the measurements see nothing.
    unseen = right[rank:].T @ pushed[rank:]
    if l2_squared == 0 and np.linalg.norm(unseen) > OPTIMAL * np.linalg.norm(push):
        return -unseen, False
    target = right @ a if l2_squared == 0 else -pushed / l2_squared
    singular = singular[:rank]
    target[:rank] = (singular * (left[:, :rank].T @ targets) - pushed[:rank]) / (singular**2 + l2_squared)
    return right.T @ target - a, True
