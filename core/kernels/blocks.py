"""Runs of one design side by side: the two thin products of a step near the speed of the core.

A block holds its runs in the innermost axis: parameters (n, BLOCK), residuals (N, BLOCK). Each entry of the
design is read once for the whole block, and sums of 4 x BLOCK numbers stay in registers.
"""

from typing import Any

import numpy as np

from core.kernels.moves import PROJECTED, move, multiply
from core.kernels.simd import WIDTH, any_of, compiled, fma, load, splat, spread, sqrt, store, total
from core.kernels.watch import note, testing

Array = Any

BLOCK = 3 * WIDTH
"""Runs of one block: three vectors; with four rows of the design their sums fill twelve registers."""
TILE = 4
"""Rows and columns of a padded design come in multiples of this."""


@compiled
def residual(x: Array, y: Array, a: Array, r: Array, rows: int, columns: int) -> None:
    """Writes X a - y. X is (rows, columns), y (rows,); zero rows and columns are padding."""
    one, two = WIDTH, 2 * WIDTH
    for i in range(0, rows, TILE):
        p0 = splat(0.0) - spread(y, i)
        q0 = splat(0.0) - spread(y, i + 1)
        s0 = splat(0.0) - spread(y, i + 2)
        t0 = splat(0.0) - spread(y, i + 3)
        p1, p2, q1, q2, s1, s2, t1, t2 = p0, p0, q0, q0, s0, s0, t0, t0
        row = i * columns
        for j in range(columns):
            a0, a1, a2 = load(a, j * BLOCK), load(a, j * BLOCK + one), load(a, j * BLOCK + two)
            entry = spread(x, row + j)
            p0, p1, p2 = fma(entry, a0, p0), fma(entry, a1, p1), fma(entry, a2, p2)
            entry = spread(x, row + columns + j)
            q0, q1, q2 = fma(entry, a0, q0), fma(entry, a1, q1), fma(entry, a2, q2)
            entry = spread(x, row + 2 * columns + j)
            s0, s1, s2 = fma(entry, a0, s0), fma(entry, a1, s1), fma(entry, a2, s2)
            entry = spread(x, row + 3 * columns + j)
            t0, t1, t2 = fma(entry, a0, t0), fma(entry, a1, t1), fma(entry, a2, t2)
        _put(r, i * BLOCK, p0, p1, p2)
        _put(r, (i + 1) * BLOCK, q0, q1, q2)
        _put(r, (i + 2) * BLOCK, s0, s1, s2)
        _put(r, (i + 3) * BLOCK, t0, t1, t2)


@compiled
def adjoint(x: Array, r: Array, slopes: Array, j: int, rows: int, columns: int) -> None:
    """Writes TILE rows of X' r, from row j on. Shape (TILE, BLOCK)."""
    one, two = WIDTH, 2 * WIDTH
    p0 = splat(0.0)
    p1, p2, q0, q1, q2, s0, s1, s2, t0, t1, t2 = p0, p0, p0, p0, p0, p0, p0, p0, p0, p0, p0
    for i in range(rows):
        r0, r1, r2 = load(r, i * BLOCK), load(r, i * BLOCK + one), load(r, i * BLOCK + two)
        at = i * columns + j
        entry = spread(x, at)
        p0, p1, p2 = fma(entry, r0, p0), fma(entry, r1, p1), fma(entry, r2, p2)
        entry = spread(x, at + 1)
        q0, q1, q2 = fma(entry, r0, q0), fma(entry, r1, q1), fma(entry, r2, q2)
        entry = spread(x, at + 2)
        s0, s1, s2 = fma(entry, r0, s0), fma(entry, r1, s1), fma(entry, r2, s2)
        entry = spread(x, at + 3)
        t0, t1, t2 = fma(entry, r0, t0), fma(entry, r1, t1), fma(entry, r2, t2)
    _put(slopes, 0, p0, p1, p2)
    _put(slopes, BLOCK, q0, q1, q2)
    _put(slopes, 2 * BLOCK, s0, s1, s2)
    _put(slopes, 3 * BLOCK, t0, t1, t2)


@compiled
def _put(array: Array, at: int, first: Any, second: Any, third: Any) -> None:
    store(array, at, first)
    store(array, at + WIDTH, second)
    store(array, at + 2 * WIDTH, third)


@compiled
def train_block(
    x: Array,
    inverse: Array,
    y: Array,
    truth: Array,
    factors: Array,
    settings: Array,
    norms: Array,
    levels: Array,
    found: Array,
    method: int,
    depth: int,
    step: int,
    target: int,
) -> None:
    """Takes a block of runs of one design from `step` to `target` and looks at every step of them.

    `x` and `inverse` ((X^+)', read by the projected method alone) have shape (rows, columns), multiples of
    TILE; `factors` (depth columns BLOCK) are moved in place; `settings` (3 BLOCK) are alpha, beta_2, beta_1,
    `norms` (2) what train and test errors are divided by. `levels` and `found` as in core.kernels.watch.
    """
    rows, columns = len(y), len(truth)
    plane = columns * BLOCK
    r, slopes = np.empty(rows * BLOCK), np.empty(TILE * BLOCK)
    others, errors = np.empty(depth * WIDTH), np.empty(2 * BLOCK)
    errors[:] = np.inf
    product = np.empty(plane) if depth > 1 else factors
    test = testing(levels, BLOCK)
    for now in range(step, target + 1):
        if depth > 1:
            multiply(depth, factors, plane, product)
        residual(x, y, product, r, rows, columns)
        if _look(r, product, truth, norms, levels, errors, test):
            note(now, errors, levels, found, BLOCK)
            test = testing(levels, BLOCK)
        if now == target:
            return
        for j in range(0, columns, TILE):
            adjoint(x, r, slopes, j, rows, columns)
            first = j * BLOCK
            for k in range(0, BLOCK, WIDTH):
                rate, ridge = load(settings, k), load(settings, BLOCK + k)
                lasso, last = load(settings, 2 * BLOCK + k), first + TILE * BLOCK
                move(
                    method, depth, factors, slopes, first, first + k, last, BLOCK, rate, ridge, lasso, others
                )
        if method == PROJECTED:
            residual(x, y, factors, r, rows, columns)
            for j in range(0, columns, TILE):
                adjoint(inverse, r, slopes, j, rows, columns)
                for at in range(0, TILE * BLOCK, WIDTH):
                    store(factors, j * BLOCK + at, load(factors, j * BLOCK + at) - load(slopes, at))


@compiled
def _look(r: Array, a: Array, truth: Array, norms: Array, levels: Array, errors: Array, test: bool) -> bool:
    """Writes the errors of a block; whether any meets its level or is no number."""
    one, two = WIDTH, 2 * WIDTH
    s0 = splat(0.0)
    s1, s2 = s0, s0
    for at in range(0, len(r), BLOCK):
        r0, r1, r2 = load(r, at), load(r, at + one), load(r, at + two)
        s0, s1, s2 = fma(r0, r0, s0), fma(r1, r1, s1), fma(r2, r2, s2)
    seen = _errors(s0, s1, s2, norms[0], levels, errors, 0)
    if test:
        s0 = splat(0.0)
        s1, s2 = s0, s0
        for j in range(len(truth)):
            entry, at = spread(truth, j), j * BLOCK
            d0, d1, d2 = load(a, at) - entry, load(a, at + one) - entry, load(a, at + two) - entry
            s0, s1, s2 = fma(d0, d0, s0), fma(d1, d1, s1), fma(d2, d2, s2)
        seen |= _errors(s0, s1, s2, norms[1], levels, errors, BLOCK)
    return seen


@compiled
def _errors(s0: Any, s1: Any, s2: Any, norm: float, levels: Array, errors: Array, at: int) -> bool:
    one, two, divisor = at + WIDTH, at + 2 * WIDTH, splat(norm)
    e0, e1, e2 = sqrt(s0) / divisor, sqrt(s1) / divisor, sqrt(s2) / divisor
    _put(errors, at, e0, e1, e2)
    met = any_of(e0 <= load(levels, at)) or any_of(e1 <= load(levels, one)) or any_of(e2 <= load(levels, two))
    # A difference with itself is 0 for numbers alone.
    return bool(met or total((e0 - e0) + (e1 - e1) + (e2 - e2)) != 0.0)
