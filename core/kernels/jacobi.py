"""One-sided Jacobi decomposition of small matrices, one in each lane, started from where the last one ended.

Columns of A V are made orthogonal by rotations from the right (Demmel and Veselic, SIAM J. Matrix Anal. Appl.
13, 1992): their norms are the singular values, small ones to high relative accuracy. Between two steps of
training A changes little, so few sweeps are left to do.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.kernels.simd import WIDTH, any_of, compiled, fma, load, size, splat, sqrt, store, where

Array = Any
Vector = Any

EPS = float(np.finfo(np.float64).eps)
LANES = 2 * WIDTH
"""Matrices decomposed together: while roots of one vector are on their way, another is at work."""
MAX_SWEEPS = 40
"""Sweeps at most; a dozen from the identity are many."""


def rounds(columns: int) -> NDArray[np.int64]:
    """All pairs of columns in an order in which neighbours share no column. Shape (pairs, 2).

    What has nothing to wait for is computed at the same time.
    """
    places = list(range(columns + columns % 2))
    pairs = []
    for _ in range(len(places) - 1):
        half = len(places) // 2
        pairs += [sorted(pair) for pair in zip(places[:half], places[: half - 1 : -1], strict=True)]
        places.insert(1, places.pop())
    # An odd number leaves one column out of each round.
    kept = [pair for pair in pairs if pair[1] < columns]
    return np.array(kept, dtype=np.int64).reshape(-1, 2)


@compiled
def identity(v: Array, k: int) -> None:
    """Sets v (k, k, LANES) to the identity in each lane."""
    v[:] = 0.0
    for p in range(k):
        for lane in range(0, LANES, WIDTH):
            store(v, (p * k + p) * LANES + lane, splat(1.0))


@compiled
def orthogonalise(w: Array, v: Array, m: int, k: int, pairs: Array) -> None:
    """Rotates columns of w = A V, and those of V alike, until those of w are orthogonal to rounding.

    `w` (k, m, LANES) and `v` (k, k, LANES) hold columns one after the other. Lanes with entries that are no
    numbers stay as they are.
    """
    tolerance = np.sqrt(m) * EPS
    limits, extent = np.empty(LANES), np.empty(2 * LANES)
    limits[:] = tolerance
    for _ in range(MAX_SWEEPS):
        extent[:] = 0.0
        for pair in range(len(pairs)):
            _rotate(w, v, pairs[pair, 0], pairs[pair, 1], m, k, limits, extent)
        waiting = False
        for lane in range(LANES):
            # A rotation by t brings t cos back into pairs that were done. Where that is rounding, so are all,
            # and nothing turns the lane any more while it waits for its neighbours.
            if extent[lane] * extent[LANES + lane] * k <= tolerance:
                limits[lane] = np.inf
            waiting |= limits[lane] < np.inf
        if not waiting:
            return


@compiled
def _rotate(w: Array, v: Array, p: int, q: int, m: int, k: int, limits: Array, extent: Array) -> None:
    """Makes two columns orthogonal; keeps the largest cosines and tangents of a sweep in `extent`."""
    a0 = splat(0.0)
    a1, b0, b1, c0, c1 = a0, a0, a0, a0, a0
    step = m * LANES
    for at in range(0, step, LANES):
        x, y = load(w, p * step + at), load(w, q * step + at)
        a0, b0, c0 = fma(x, x, a0), fma(y, y, b0), fma(x, y, c0)
        x, y = load(w, p * step + at + WIDTH), load(w, q * step + at + WIDTH)
        a1, b1, c1 = fma(x, x, a1), fma(y, y, b1), fma(x, y, c1)
    n0, n1 = sqrt(a0 * b0), sqrt(a1 * b1)
    least0, least1 = load(limits, 0) * n0, load(limits, WIDTH) * n1
    if not (any_of(size(c0) > least0) or any_of(size(c1) > least1)):
        return
    t0, t1 = _tangent(a0, b0, c0, least0), _tangent(a1, b1, c1, least1)
    one = splat(1.0)
    cosine0, cosine1 = one / sqrt(fma(t0, t0, one)), one / sqrt(fma(t1, t1, one))
    _turn(w, p * step, q * step, step, cosine0, cosine0 * t0, cosine1, cosine1 * t1)
    step = k * LANES
    _turn(v, p * step, q * step, step, cosine0, cosine0 * t0, cosine1, cosine1 * t1)
    _raise(extent, 0, size(c0), n0, t0)
    _raise(extent, WIDTH, size(c1), n1, t1)


@compiled
def _tangent(a: Vector, b: Vector, c: Vector, least: Vector) -> Vector:
    """Of the angle that makes columns with squares a, b and product c orthogonal; 0 where c is small."""
    ratio = (b - a) / (c + c)
    sign = where(ratio > splat(0.0), splat(1.0), splat(-1.0))
    tangent = sign / (size(ratio) + sqrt(fma(ratio, ratio, splat(1.0))))
    return where(size(c) > least, tangent, splat(0.0))


@compiled
def _raise(extent: Array, at: int, product: Vector, norms: Vector, tangent: Vector) -> None:
    zero = splat(0.0)
    cosine = where(size(tangent) > zero, product / norms, zero)
    for place, value in ((at, cosine), (at + LANES, size(tangent))):
        known = load(extent, place)
        store(extent, place, where(value > known, value, known))


@compiled
def _turn(
    columns: Array,
    first: int,
    second: int,
    length: int,
    cosine0: Vector,
    sine0: Vector,
    cosine1: Vector,
    sine1: Vector,
) -> None:
    opposite0, opposite1 = splat(0.0) - sine0, splat(0.0) - sine1
    for at in range(0, length, LANES):
        x, y = load(columns, first + at), load(columns, second + at)
        store(columns, first + at, fma(opposite0, y, cosine0 * x))
        store(columns, second + at, fma(sine0, x, cosine0 * y))
        x, y = load(columns, first + at + WIDTH), load(columns, second + at + WIDTH)
        store(columns, first + at + WIDTH, fma(opposite1, y, cosine1 * x))
        store(columns, second + at + WIDTH, fma(sine1, x, cosine1 * y))
