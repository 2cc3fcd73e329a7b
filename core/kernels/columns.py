"""One-sided Jacobi decomposition of one small matrix by itself: the columns of A V and of V in the vectors.

The method is that of core.kernels.jacobi; there a vector holds a number of many matrices, here many numbers of
one. Columns of A V are padded with zeros to `rows` numbers, those of V, behind them, to fill `length`; both are
multiples of WIDTH.
"""

from typing import Any

import numpy as np

from core.kernels.jacobi import EPS, MAX_SWEEPS
from core.kernels.simd import WIDTH, compiled, fma, load, splat, spread, store, total

Array = Any


@compiled
def change_one(
    a: Array,
    m: int,
    rows: int,
    length: int,
    columns: Array,
    pairs: Array,
    amount: float,
    soft: bool,
    out: Array,
) -> None:
    """Adds amount U V' of the thin SVD to `out`, or, `soft`, writes A with singular values that much smaller.

    For U V' singular values that are zero to rounding contribute zero. `a` (k, rows) and `out`, which may be
    `a` if `soft`, hold the k columns of an m x k matrix, m >= k, one after the other. `columns` (k, length)
    holds right singular vectors of the last call, or of the identity, and then those of `a`.
    """
    k = len(a) // rows
    _multiply(a, rows, length, columns)
    orthogonalise_one(columns, m, rows, length, pairs)
    largest = 0.0
    if not soft:
        for p in range(k):
            largest = max(largest, _norm(columns, p * length, rows))
    least = amount if soft else EPS * m * largest
    for p in range(k):
        singular = _norm(columns, p * length, rows)
        factor = 0.0
        if singular > least:
            factor = 1.0 - amount / singular if soft else amount / singular
        for at in range(p * length, p * length + rows, WIDTH):
            store(columns, at, load(columns, at) * splat(factor))
    if soft:
        out[:] = 0.0
    _combine(columns, rows, length, out)


@compiled
def identity_one(columns: Array, rows: int, length: int) -> None:
    """Sets the right singular vectors to the identity."""
    columns[:] = 0.0
    for p in range(len(columns) // length):
        columns[p * length + rows + p] = 1.0


@compiled
def orthogonalise_one(columns: Array, m: int, rows: int, length: int, pairs: Array) -> None:
    """Rotates columns of A V, and those of V alike, until those of A V are orthogonal to rounding.

    A matrix with entries that are no numbers stays as it is.
    """
    tolerance, k = np.sqrt(m) * EPS, len(columns) // length
    for _ in range(MAX_SWEEPS):
        cosine, tangent = 0.0, 0.0
        for pair in range(len(pairs)):
            c, t = _rotate(columns, pairs[pair, 0] * length, pairs[pair, 1] * length, rows, length, tolerance)
            cosine, tangent = max(cosine, c), max(tangent, t)
        # A rotation by t brings t cos back into pairs that were done. Where that is rounding, so are all.
        if cosine * tangent * k <= tolerance:
            return


@compiled
def _rotate(
    columns: Array, first: int, second: int, rows: int, length: int, tolerance: float
) -> tuple[float, float]:
    """Makes two columns orthogonal; the cosine between them and the tangent of the rotation, 0 without one."""
    s0 = splat(0.0)
    s1, s2 = s0, s0
    for at in range(0, rows, WIDTH):
        x, y = load(columns, first + at), load(columns, second + at)
        s0, s1, s2 = fma(x, x, s0), fma(y, y, s1), fma(x, y, s2)
    a, b, c = total(s0), total(s1), total(s2)
    norms = np.sqrt(a * b)
    if not abs(c) > tolerance * norms:
        return 0.0, 0.0
    ratio = (b - a) / (c + c)
    t = 1.0 / (abs(ratio) + np.sqrt(ratio * ratio + 1.0))
    t = t if ratio > 0.0 else -t
    cosine = 1.0 / np.sqrt(t * t + 1.0)
    cosines, sines, opposite = splat(cosine), splat(cosine * t), splat(-cosine * t)
    for at in range(0, length, WIDTH):
        x, y = load(columns, first + at), load(columns, second + at)
        store(columns, first + at, fma(opposite, y, cosines * x))
        store(columns, second + at, fma(sines, x, cosines * y))
    return abs(c) / norms, abs(t)


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
    k = len(columns) // length
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
    k = len(columns) // length
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
