"""Matrix models, a run in each lane: completion and sensing with a decomposition in every step."""

from typing import Any

import numpy as np

from core.kernels.jacobi import LANES, identity
from core.kernels.moves import PROJECTED, PROXIMAL, move
from core.kernels.simd import WIDTH, any_of, compiled, fma, load, splat, sqrt, store, total
from core.kernels.spectra import change_singular
from core.kernels.watch import note, testing

Array = Any
Vector = Any

RENEWAL = 256
"""Steps after which singular vectors are sought from the identity, so that no rounding adds up in them."""


@compiled
def train_lanes(
    n1: int,
    n2: int,
    left: Array,
    right: Array,
    mask: Array,
    y: Array,
    truth: Array,
    a: Array,
    v: Array,
    settings: Array,
    norms: Array,
    levels: Array,
    found: Array,
    pairs: Array,
    method: int,
    nuclear: bool,
    step: int,
    target: int,
) -> None:
    """Takes LANES runs from `step` to `target` and looks at every step of them.

    The innermost axis of all arrays, LANES, is the run. Sensing: `left` (N, n1), `right` (N, n2), `y` (N), an
    empty `mask`; completion: `mask` and `y` (n1 n2), empty factors. `a` and `truth` (n1 n2); `v` (k k)
    right singular vectors, one after the other; `settings` (4) are alpha, beta_2, beta_1, beta_*; `norms` (2)
    divide both errors; `levels` and `found` as in core.kernels.watch.
    """
    size, k = n1 * n2 * LANES, min(n1, n2)
    r, slopes = np.empty(len(y)), np.empty(size)
    w = np.empty(size)
    others, errors = np.empty(WIDTH), np.empty(2 * LANES)
    errors[:] = np.inf
    strengths, thresholds = np.empty(LANES), np.empty(LANES)
    for lane in range(LANES):
        strengths[lane] = settings[3 * LANES + lane]
        thresholds[lane] = settings[lane] * strengths[lane]
    test = testing(levels, LANES)
    for now in range(step, target + 1):
        _residual(n1, n2, left, right, mask, y, a, r)
        if _look(r, a, truth, norms, levels, errors, test):
            note(now, errors, levels, found, LANES)
            test = testing(levels, LANES)
        if now == target:
            return
        if now % RENEWAL == 0:
            identity(v, k)
        _adjoint(n1, n2, left, right, mask, r, slopes)
        if nuclear and method != PROXIMAL:
            change_singular(a, n1, n2, w, v, pairs, strengths, False, slopes)
        for lane in range(0, LANES, WIDTH):
            rate, ridge = load(settings, lane), load(settings, LANES + lane)
            lasso = load(settings, 2 * LANES + lane)
            move(method, 1, a, slopes, 0, lane, size, LANES, rate, ridge, lasso, others)
        if nuclear and method == PROXIMAL:
            change_singular(a, n1, n2, w, v, pairs, thresholds, True, a)
        if method == PROJECTED:
            # X X' = I for observed entries: the correction is the residual.
            _residual(n1, n2, left, right, mask, y, a, r)
            for at in range(0, size, WIDTH):
                store(a, at, load(a, at) - load(r, at))


@compiled
def _residual(n1: int, n2: int, left: Array, right: Array, mask: Array, y: Array, a: Array, r: Array) -> None:
    for at in range(0, len(mask), WIDTH):
        store(r, at, (load(a, at) - load(y, at)) * load(mask, at))
    for row in range(len(left) // (n1 * LANES)):
        for lane in range(0, LANES, WIDTH):
            s = splat(0.0) - load(y, row * LANES + lane)
            for i in range(n1):
                t = splat(0.0)
                for j in range(n2):
                    along = load(right, (row * n2 + j) * LANES + lane)
                    t = fma(load(a, (i * n2 + j) * LANES + lane), along, t)
                s = fma(load(left, (row * n1 + i) * LANES + lane), t, s)
            store(r, row * LANES + lane, s)


@compiled
def _adjoint(n1: int, n2: int, left: Array, right: Array, mask: Array, r: Array, slopes: Array) -> None:
    for at in range(0, len(mask), WIDTH):
        store(slopes, at, load(r, at))
    if len(left) == 0:
        return
    slopes[:] = 0.0
    for row in range(len(r) // LANES):
        for lane in range(0, LANES, WIDTH):
            residual = load(r, row * LANES + lane)
            for i in range(n1):
                t = residual * load(left, (row * n1 + i) * LANES + lane)
                for j in range(n2):
                    at = (i * n2 + j) * LANES + lane
                    store(slopes, at, fma(t, load(right, (row * n2 + j) * LANES + lane), load(slopes, at)))


@compiled
def _look(r: Array, a: Array, truth: Array, norms: Array, levels: Array, errors: Array, test: bool) -> bool:
    """Writes the errors of all lanes; whether any meets its level or is no number."""
    seen = False
    for lane in range(0, LANES, WIDTH):
        s = splat(0.0)
        for at in range(lane, len(r), LANES):
            x = load(r, at)
            s = fma(x, x, s)
        error = sqrt(s) / load(norms, lane)
        store(errors, lane, error)
        seen |= any_of(error <= load(levels, lane)) or total(error - error) != 0.0
        if test:
            s = splat(0.0)
            for at in range(lane, len(truth), LANES):
                x = load(a, at) - load(truth, at)
                s = fma(x, x, s)
            error = sqrt(s) / load(norms, LANES + lane)
            store(errors, LANES + lane, error)
            seen |= any_of(error <= load(levels, LANES + lane))
    return bool(seen)
