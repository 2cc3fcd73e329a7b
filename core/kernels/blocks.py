"""Blocks of runs of one design: their steps, and a look at each of them."""

from typing import Any

import numpy as np

from core.kernels.moves import PROJECTED, move, multiply
from core.kernels.products import BLOCK, TILE, adjoint, put, residual
from core.kernels.simd import WIDTH, any_of, compiled, fma, load, splat, spread, sqrt, store, total
from core.kernels.watch import note, testing

Array = Any
Vector = Any


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
    r, slopes = np.empty(rows * BLOCK), np.empty(plane)
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
        if depth == 1:
            _move_shallow(x, r, slopes, factors, settings, method, rows, columns)
        else:
            _move_deep(x, r, slopes, factors, others, settings, method, depth, rows, columns)
        if method == PROJECTED:
            residual(x, y, factors, r, rows, columns)
            for j in range(0, columns, TILE):
                adjoint(inverse, r, slopes, 0, j, rows, columns)
                for at in range(0, TILE * BLOCK, WIDTH):
                    store(factors, j * BLOCK + at, load(factors, j * BLOCK + at) - load(slopes, at))


@compiled
def _move_shallow(
    x: Array,
    r: Array,
    slopes: Array,
    a: Array,
    settings: Array,
    method: int,
    rows: int,
    columns: int,
) -> None:
    """One step of a single factor: all products, then all moves, which need few registers each."""
    for j in range(0, columns, TILE):
        adjoint(x, r, slopes, j * BLOCK, j, rows, columns)
    for k in range(0, BLOCK, WIDTH):
        rate, ridge, lasso = _settings(settings, k)
        move(method, 1, a, slopes, 0, k, columns * BLOCK, BLOCK, rate, ridge, lasso, slopes)


@compiled
def _move_deep(
    x: Array,
    r: Array,
    slopes: Array,
    factors: Array,
    others: Array,
    settings: Array,
    method: int,
    depth: int,
    rows: int,
    columns: int,
) -> None:
    """One step of several factors, tile by tile: together they leave the first cache."""
    for j in range(0, columns, TILE):
        adjoint(x, r, slopes, 0, j, rows, columns)
        first = j * BLOCK
        last = first + TILE * BLOCK
        for k in range(0, BLOCK, WIDTH):
            rate, ridge, lasso = _settings(settings, k)
            move(method, depth, factors, slopes, first, first + k, last, BLOCK, rate, ridge, lasso, others)


@compiled
def _settings(settings: Array, k: int) -> tuple[Vector, Vector, Vector]:
    return load(settings, k), load(settings, BLOCK + k), load(settings, 2 * BLOCK + k)


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
    put(errors, at, e0, e1, e2)
    met = any_of(e0 <= load(levels, at)) or any_of(e1 <= load(levels, one)) or any_of(e2 <= load(levels, two))
    # A difference with itself is 0 for numbers alone.
    return bool(met or total((e0 - e0) + (e1 - e1) + (e2 - e2)) != 0.0)
