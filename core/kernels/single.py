"""One matrix model by itself: completion or sensing with a decomposition in every step."""

from typing import Any

import numpy as np

from core.kernels.columns import change_one, identity_one
from core.kernels.lanes import RENEWAL
from core.kernels.moves import PROJECTED, PROXIMAL, move
from core.kernels.simd import WIDTH, compiled, fma, load, splat, spread, store, total
from core.kernels.watch import note, testing

Array = Any


@compiled
def train_one(
    m: int,
    rows: int,
    length: int,
    left: Array,
    right: Array,
    mask: Array,
    y: Array,
    truth: Array,
    a: Array,
    columns: Array,
    settings: Array,
    norms: Array,
    levels: Array,
    found: Array,
    groups: Array,
    method: int,
    step: int,
    target: int,
) -> None:
    """Takes one run from `step` to `target` and looks at every step of it.

    Matrices are tall and lie as core.kernels.columns has them: `a`, `truth`, and for completion `mask` and
    `y` (k, rows). Sensing: `left` (N, rows), `right` (N, k), an empty `mask`, and `y` with zeros up to a
    multiple of WIDTH; completion: empty factors. `columns` as there; `settings` (4) are alpha, beta_2,
    beta_1, beta_*; `norms` (2) divide both errors; `levels` and `found` as in core.kernels.watch.
    """
    r, slopes, others = np.empty(len(y)), np.empty(len(a)), np.empty(WIDTH)
    r[:] = 0.0
    errors = np.full(2, np.inf)
    rate, nuclear = settings[0], settings[3]
    alpha, ridge, lasso = splat(rate), splat(settings[1]), splat(settings[2])
    test = testing(levels, 1)
    for now in range(step, target + 1):
        _residual(rows, left, right, mask, y, a, r)
        errors[0] = _distance(r) / norms[0]
        if test:
            errors[1] = _apart(a, truth) / norms[1]
        if errors[0] <= levels[0] or errors[1] <= levels[1] or not errors[0] < np.inf:
            note(now, errors, levels, found, 1)
            test = testing(levels, 1)
        if now == target:
            return
        if now % RENEWAL == 0:
            identity_one(columns, rows, length)
        _adjoint(rows, left, right, mask, r, slopes)
        if nuclear > 0.0 and method != PROXIMAL:
            change_one(a, m, rows, length, columns, groups, nuclear, False, slopes)
        move(method, 1, a, slopes, 0, 0, len(a), WIDTH, alpha, ridge, lasso, others)
        if nuclear > 0.0 and method == PROXIMAL:
            change_one(a, m, rows, length, columns, groups, rate * nuclear, True, a)
        if method == PROJECTED:
            # X X' = I for observed entries: the correction is the residual.
            _residual(rows, left, right, mask, y, a, r)
            for at in range(0, len(a), WIDTH):
                store(a, at, load(a, at) - load(r, at))


@compiled
def _residual(rows: int, left: Array, right: Array, mask: Array, y: Array, a: Array, r: Array) -> None:
    for at in range(0, len(mask), WIDTH):
        store(r, at, (load(a, at) - load(y, at)) * load(mask, at))
    k = len(a) // rows
    for row in range(len(left) // rows):
        s = splat(0.0)
        for i in range(0, rows, WIDTH):
            t = splat(0.0)
            for j in range(k):
                t = fma(load(a, j * rows + i), spread(right, row * k + j), t)
            s = fma(load(left, row * rows + i), t, s)
        r[row] = total(s) - y[row]


@compiled
def _adjoint(rows: int, left: Array, right: Array, mask: Array, r: Array, slopes: Array) -> None:
    for at in range(0, len(mask), WIDTH):
        store(slopes, at, load(r, at))
    if len(left) == 0:
        return
    slopes[:] = 0.0
    k = len(slopes) // rows
    for row in range(len(left) // rows):
        residual = spread(r, row)
        for i in range(0, rows, WIDTH):
            t = residual * load(left, row * rows + i)
            for j in range(k):
                at = j * rows + i
                store(slopes, at, fma(t, spread(right, row * k + j), load(slopes, at)))


@compiled
def _distance(r: Array) -> float:
    s = splat(0.0)
    for at in range(0, len(r), WIDTH):
        x = load(r, at)
        s = fma(x, x, s)
    return float(np.sqrt(total(s)))


@compiled
def _apart(a: Array, truth: Array) -> float:
    s = splat(0.0)
    for at in range(0, len(a), WIDTH):
        x = load(a, at) - load(truth, at)
        s = fma(x, x, s)
    return float(np.sqrt(total(s)))
