"""One-sided Jacobi decomposition of one small matrix by itself: columns of A V and of V in the vectors.

The method is that of core.kernels.jacobi; there a vector holds one number of many matrices, here many numbers
of one. A column of A V is padded with zeros to `rows` numbers, and with the one of V behind it to `length`;
both are multiples of WIDTH. Behind the last column is one of zeros.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.kernels.jacobi import EPS, MAX_SWEEPS, rounds
from core.kernels.simd import (
    WIDTH,
    any_of,
    compiled,
    fma,
    load,
    pairs,
    size,
    splat,
    spread,
    sqrt,
    store,
    total,
    where,
)

Array = Any
Vector = Any


def grouped(columns: int) -> NDArray[np.int64]:
    """All pairs of columns in groups of WIDTH that share none: their angles are computed at once.

    Shape (groups WIDTH, 2). Where a group has fewer pairs, the column of zeros is paired with itself.
    """
    waiting, found = rounds(columns).tolist(), []
    while waiting:
        group: list[list[int]] = []
        taken: set[int] = set()
        place = 0
        while place < len(waiting) and len(group) < WIDTH:
            if taken.isdisjoint(waiting[place]):
                group.append(waiting.pop(place))
                taken.update(group[-1])
            else:
                place += 1
        found += group + [[columns, columns]] * (WIDTH - len(group))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


@compiled
def change_one(
    a: Array,
    m: int,
    rows: int,
    length: int,
    columns: Array,
    groups: Array,
    amount: float,
    soft: bool,
    out: Array,
) -> None:
    """Adds amount U V' of the thin SVD to `out`, or, `soft`, lowers the singular values of A by the amount.

    For U V' singular values that are zero to rounding contribute zero. `a` (k, rows) and `out`, which is `a`
    if `soft`, hold the k columns of an m x k matrix, m >= k, one after the other. `columns` (k + 1, length)
    holds right singular vectors of the last call, or the identity, and then those of `a`.
    """
    k = len(a) // rows
    _multiply(a, rows, length, columns)
    orthogonalise_one(columns, m, rows, length, groups)
    largest = 0.0
    if not soft:
        for p in range(k):
            largest = max(largest, _norm(columns, p * length, rows))
    least = amount if soft else EPS * m * largest
    for p in range(k):
        singular = _norm(columns, p * length, rows)
        # What is taken off A is small: so is the rounding of V in it, which else adds up step by step.
        factor = -1.0 if soft else 0.0
        if singular > least:
            factor = -amount / singular if soft else amount / singular
        for at in range(p * length, p * length + rows, WIDTH):
            store(columns, at, load(columns, at) * splat(factor))
    _combine(columns, rows, length, out)


@compiled
def identity_one(columns: Array, rows: int, length: int) -> None:
    """Sets the right singular vectors to the identity."""
    columns[:] = 0.0
    for p in range(len(columns) // length - 1):
        columns[p * length + rows + p] = 1.0


@compiled
def orthogonalise_one(columns: Array, m: int, rows: int, length: int, groups: Array) -> None:
    """Rotates columns of A V, and those of V alike, until those of A V are orthogonal to rounding.

    A matrix with entries that are no numbers stays as it is.
    """
    tolerance, k = np.sqrt(m) * EPS, len(columns) // length - 1
    angles, extent = np.empty(2 * WIDTH), np.empty(2 * WIDTH)
    for _ in range(MAX_SWEEPS):
        extent[:] = 0.0
        for first in range(0, len(groups), WIDTH):
            if _measure(columns, groups, first, rows, length, tolerance, angles, extent):
                _turn(columns, groups, first, length, angles)
        cosine, tangent = 0.0, 0.0
        for at in range(WIDTH):
            cosine, tangent = max(cosine, extent[at]), max(tangent, extent[WIDTH + at])
        # A rotation by t brings t cos back into pairs that were done. Where that is rounding, so are all.
        if cosine * tangent * k <= tolerance:
            return


@compiled
def _measure(
    columns: Array,
    groups: Array,
    first: int,
    rows: int,
    length: int,
    tolerance: float,
    angles: Array,
    extent: Array,
) -> bool:
    """Writes cosines and sines of the rotations of a group; whether there is anything to rotate.

    Keeps the largest cosines between columns and tangents of rotations of a sweep in `extent`.
    """
    a, b, c = _products(columns, groups, first, rows, length)
    if WIDTH == 8:
        d, e, f = _products(columns, groups, first + 4, rows, length)
        a, b, c = pairs(a, d), pairs(b, e), pairs(c, f)
    zero, one = splat(0.0), splat(1.0)
    # Roots and ratios before products: squares of squares overflow beyond 1e77, and vanish below 1e-81.
    norms = sqrt(a) * sqrt(b)
    moved = size(c) > splat(tolerance) * norms
    if not any_of(moved):
        return False
    ratio = where(moved, (b - a) / (c + c), one)
    tangent = where(moved, one / (size(ratio) + sqrt(fma(ratio, ratio, one))), zero)
    cosine = one / sqrt(fma(tangent, tangent, one))
    sine = cosine * tangent
    store(angles, 0, cosine)
    store(angles, WIDTH, where(ratio > zero, sine, zero - sine))
    _raise(extent, 0, where(moved, size(c) / norms, zero))
    _raise(extent, WIDTH, size(tangent))
    return True


@compiled
def _products(
    columns: Array, groups: Array, first: int, rows: int, length: int
) -> tuple[Vector, Vector, Vector]:
    """Of four pairs: squares of the first columns, of the second ones, and their products, summed in part."""
    p0, p1, p2, p3 = groups[first, 0], groups[first + 1, 0], groups[first + 2, 0], groups[first + 3, 0]
    q0, q1, q2, q3 = groups[first, 1], groups[first + 1, 1], groups[first + 2, 1], groups[first + 3, 1]
    a0 = splat(0.0)
    a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3 = a0, a0, a0, a0, a0, a0, a0, a0, a0, a0, a0
    for at in range(0, rows, WIDTH):
        x, y = load(columns, p0 * length + at), load(columns, q0 * length + at)
        a0, b0, c0 = fma(x, x, a0), fma(y, y, b0), fma(x, y, c0)
        x, y = load(columns, p1 * length + at), load(columns, q1 * length + at)
        a1, b1, c1 = fma(x, x, a1), fma(y, y, b1), fma(x, y, c1)
        x, y = load(columns, p2 * length + at), load(columns, q2 * length + at)
        a2, b2, c2 = fma(x, x, a2), fma(y, y, b2), fma(x, y, c2)
        x, y = load(columns, p3 * length + at), load(columns, q3 * length + at)
        a3, b3, c3 = fma(x, x, a3), fma(y, y, b3), fma(x, y, c3)
    a = pairs(pairs(a0, a1), pairs(a2, a3))
    b = pairs(pairs(b0, b1), pairs(b2, b3))
    c = pairs(pairs(c0, c1), pairs(c2, c3))
    return a, b, c


@compiled
def _raise(extent: Array, place: int, value: Vector) -> None:
    known = load(extent, place)
    store(extent, place, where(value > known, value, known))


@compiled
def _turn(columns: Array, groups: Array, first: int, length: int, angles: Array) -> None:
    for pair in range(WIDTH):
        one, other = groups[first + pair, 0] * length, groups[first + pair, 1] * length
        cosine, sine = spread(angles, pair), spread(angles, WIDTH + pair)
        opposite = splat(0.0) - sine
        for at in range(0, length, WIDTH):
            x, y = load(columns, one + at), load(columns, other + at)
            store(columns, one + at, fma(opposite, y, cosine * x))
            store(columns, other + at, fma(sine, x, cosine * y))


@compiled
def _norm(columns: Array, first: int, rows: int) -> float:
    s = splat(0.0)
    for at in range(first, first + rows, WIDTH):
        x = load(columns, at)
        s = fma(x, x, s)
    return float(np.sqrt(total(s)))


@compiled
def _multiply(a: Array, rows: int, length: int, columns: Array) -> None:
    """Writes A V over the first part of the columns."""
    k = len(columns) // length - 1
    for i in range(0, rows, WIDTH):
        for p in range(0, k - k % 4, 4):
            s0 = splat(0.0)
            s1, s2, s3 = s0, s0, s0
            for j in range(k):
                x, at = load(a, j * rows + i), p * length + rows + j
                s0, s1 = fma(x, spread(columns, at), s0), fma(x, spread(columns, at + length), s1)
                s2 = fma(x, spread(columns, at + 2 * length), s2)
                s3 = fma(x, spread(columns, at + 3 * length), s3)
            at = p * length + i
            store(columns, at, s0)
            store(columns, at + length, s1)
            store(columns, at + 2 * length, s2)
            store(columns, at + 3 * length, s3)
        for p in range(k - k % 4, k):
            s0 = splat(0.0)
            for j in range(k):
                s0 = fma(load(a, j * rows + i), spread(columns, p * length + rows + j), s0)
            store(columns, p * length + i, s0)


@compiled
def _combine(columns: Array, rows: int, length: int, out: Array) -> None:
    """Adds the first part of the columns times V'."""
    k = len(columns) // length - 1
    for i in range(0, rows, WIDTH):
        for j in range(0, k - k % 4, 4):
            at = j * rows + i
            s0, s1 = load(out, at), load(out, at + rows)
            s2, s3 = load(out, at + 2 * rows), load(out, at + 3 * rows)
            for p in range(k):
                x, place = load(columns, p * length + i), p * length + rows + j
                s0, s1 = fma(x, spread(columns, place), s0), fma(x, spread(columns, place + 1), s1)
                s2, s3 = fma(x, spread(columns, place + 2), s2), fma(x, spread(columns, place + 3), s3)
            store(out, at, s0)
            store(out, at + rows, s1)
            store(out, at + 2 * rows, s2)
            store(out, at + 3 * rows, s3)
        for j in range(k - k % 4, k):
            s0 = load(out, j * rows + i)
            for p in range(k):
                s0 = fma(load(columns, p * length + i), spread(columns, p * length + rows + j), s0)
            store(out, j * rows + i, s0)
