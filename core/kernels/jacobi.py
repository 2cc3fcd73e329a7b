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
    """Sets v (k, k, WIDTH) to the identity in each lane."""
    v[:] = 0.0
    for p in range(k):
        store(v, (p * k + p) * WIDTH, splat(1.0))


@compiled
def orthogonalise(w: Array, v: Array, m: int, k: int, pairs: Array) -> None:
    """Rotates columns of w = A V, and those of V alike, until those of w are orthogonal to rounding.

    `w` (k, m, WIDTH) and `v` (k, k, WIDTH) hold columns one after the other. Lanes with entries that are no
    numbers stay as they are.
    """
    tolerance = splat(np.sqrt(m) * EPS)
    for _ in range(MAX_SWEEPS):
        turned = False
        for pair in range(len(pairs)):
            p, q = pairs[pair, 0], pairs[pair, 1]
            turned |= _rotate(w, v, p, q, m, k, tolerance)
        if not turned:
            return


@compiled
def _rotate(w: Array, v: Array, p: int, q: int, m: int, k: int, tolerance: Vector) -> bool:
    a = splat(0.0)
    b, c = a, a
    step = m * WIDTH
    for at in range(0, step, WIDTH):
        x, y = load(w, p * step + at), load(w, q * step + at)
        a, b, c = fma(x, x, a), fma(y, y, b), fma(x, y, c)
    needed = size(c) > tolerance * sqrt(a * b)
    if not any_of(needed):
        return False
    one = splat(1.0)
    ratio = (b - a) / where(needed, c + c, one)
    tangent = where(ratio > splat(0.0), one, splat(-1.0)) / (size(ratio) + sqrt(fma(ratio, ratio, one)))
    cosine = one / sqrt(fma(tangent, tangent, one))
    sine = where(needed, cosine * tangent, splat(0.0))
    cosine = where(needed, cosine, one)
    _turn(w, p * step, q * step, step, cosine, sine)
    _turn(v, p * k * WIDTH, q * k * WIDTH, k * WIDTH, cosine, sine)
    return True


@compiled
def _turn(columns: Array, first: int, second: int, length: int, cosine: Vector, sine: Vector) -> None:
    for at in range(0, length, WIDTH):
        x, y = load(columns, first + at), load(columns, second + at)
        store(columns, first + at, cosine * x - sine * y)
        store(columns, second + at, fma(sine, x, cosine * y))
