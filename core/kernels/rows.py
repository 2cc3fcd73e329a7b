"""One run by itself, whose design no other shares: rows of the design in the vectors, read once a step."""

from typing import Any

import numpy as np

from core.kernels.moves import PROJECTED, move, multiply
from core.kernels.simd import WIDTH, compiled, fma, load, pairs, splat, spread, store, total
from core.kernels.watch import note, testing

Array = Any

ROWS = 8
"""Rows of a padded design come in multiples of this: so many sums keep both multipliers of a core busy."""


@compiled
def train_row(
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
    """Takes one run from `step` to `target` and looks at every step of it.

    Arguments as of core.kernels.blocks.train_block, of one run in place of BLOCK; rows of `x` come in
    multiples of ROWS, columns in multiples of WIDTH.
    """
    rows, columns = len(y), len(truth)
    r, slopes = np.empty(rows), np.empty(columns)
    others, errors = np.empty(depth * WIDTH), np.empty(2)
    errors[:] = np.inf
    product = np.empty(columns) if depth > 1 else factors
    rate, ridge, lasso = splat(settings[0]), splat(settings[1]), splat(settings[2])
    test = testing(levels, 1)
    for now in range(step, target + 1):
        if depth > 1:
            multiply(depth, factors, columns, product)
        _gradient(x, x, y, product, r, slopes)
        errors[0] = np.sqrt(_square(r)) / norms[0]
        if test:
            errors[1] = _distance(product, truth) / norms[1]
        if errors[0] <= levels[0] or errors[1] <= levels[1] or not errors[0] < np.inf:
            note(now, errors, levels, found, 1)
            test = testing(levels, 1)
        if now == target:
            return
        move(method, depth, factors, slopes, 0, 0, columns, WIDTH, rate, ridge, lasso, others)
        if method == PROJECTED:
            _gradient(x, inverse, y, factors, r, slopes)
            for at in range(0, columns, WIDTH):
                store(factors, at, load(factors, at) - load(slopes, at))


@compiled
def _gradient(x: Array, back: Array, y: Array, a: Array, r: Array, slopes: Array) -> None:
    """Writes X a - y, and what the rows of `back` sum to with it: X'(X a - y) for X itself."""
    columns = len(a)
    for at in range(0, columns, WIDTH):
        store(slopes, at, splat(0.0))
    for i in range(0, len(y), ROWS):
        _residuals(x, y, a, r, i, columns)
        _add(back, r, slopes, i, columns)


@compiled
def _residuals(x: Array, y: Array, a: Array, r: Array, i: int, columns: int) -> None:
    s0 = splat(0.0)
    s1, s2, s3, s4, s5, s6, s7 = s0, s0, s0, s0, s0, s0, s0
    first = i * columns
    for at in range(first, first + columns, WIDTH):
        v = load(a, at - first)
        s0 = fma(load(x, at), v, s0)
        s1 = fma(load(x, at + columns), v, s1)
        s2 = fma(load(x, at + 2 * columns), v, s2)
        s3 = fma(load(x, at + 3 * columns), v, s3)
        s4 = fma(load(x, at + 4 * columns), v, s4)
        s5 = fma(load(x, at + 5 * columns), v, s5)
        s6 = fma(load(x, at + 6 * columns), v, s6)
        s7 = fma(load(x, at + 7 * columns), v, s7)
    low = pairs(pairs(s0, s1), pairs(s2, s3))
    high = pairs(pairs(s4, s5), pairs(s6, s7))
    if WIDTH == ROWS:
        store(r, i, pairs(low, high) - load(y, i))
    else:
        store(r, i, low - load(y, i))
        store(r, i + WIDTH, high - load(y, i + WIDTH))


@compiled
def _add(x: Array, r: Array, slopes: Array, i: int, columns: int) -> None:
    r0, r1, r2, r3 = spread(r, i), spread(r, i + 1), spread(r, i + 2), spread(r, i + 3)
    r4, r5, r6, r7 = spread(r, i + 4), spread(r, i + 5), spread(r, i + 6), spread(r, i + 7)
    first = i * columns
    for at in range(first, first + columns, WIDTH):
        place = at - first
        # Two sums, so that neither waits for the other.
        even = fma(load(x, at), r0, load(slopes, place))
        odd = load(x, at + columns) * r1
        even = fma(load(x, at + 2 * columns), r2, even)
        odd = fma(load(x, at + 3 * columns), r3, odd)
        even = fma(load(x, at + 4 * columns), r4, even)
        odd = fma(load(x, at + 5 * columns), r5, odd)
        even = fma(load(x, at + 6 * columns), r6, even)
        odd = fma(load(x, at + 7 * columns), r7, odd)
        store(slopes, place, even + odd)


@compiled
def _square(r: Array) -> float:
    s = splat(0.0)
    for at in range(0, len(r), WIDTH):
        v = load(r, at)
        s = fma(v, v, s)
    return float(total(s))


@compiled
def _distance(a: Array, truth: Array) -> float:
    s = splat(0.0)
    for at in range(0, len(a), WIDTH):
        d = load(a, at) - load(truth, at)
        s = fma(d, d, s)
    return float(np.sqrt(total(s)))
