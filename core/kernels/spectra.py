"""Polar factor and soft threshold of the singular values of small matrices, one in each lane."""

from typing import Any

from core.kernels.jacobi import EPS, orthogonalise
from core.kernels.simd import WIDTH, compiled, fma, load, splat, sqrt, store, where

Array = Any
Vector = Any


@compiled
def add_polar(
    a: Array, n1: int, n2: int, w: Array, v: Array, pairs: Array, strength: Vector, out: Array
) -> None:
    """Adds strength U V' of the thin SVD to `out`; singular values that are zero to rounding contribute zero.

    `a` and `out` are (n1, n2, WIDTH); `v` holds right singular vectors of the longer side's matrix from the
    last call, or the identity, and then those of `a`; `w` is room for (min, max, WIDTH) numbers.
    """
    m, k = max(n1, n2), min(n1, n2)
    _multiply(a, n1, n2, v, w)
    orthogonalise(w, v, m, k, pairs)
    step = m * WIDTH
    largest = splat(0.0)
    for p in range(k):
        singular = _norm(w, p * step, step)
        largest = where(singular > largest, singular, largest)
    smallest = splat(EPS * m) * largest
    for p in range(k):
        singular = _norm(w, p * step, step)
        kept = singular > smallest
        _scale(w, p * step, step, where(kept, strength / where(kept, singular, splat(1.0)), splat(0.0)))
    _combine(w, v, n1, n2, True, out)


@compiled
def shrink(a: Array, n1: int, n2: int, w: Array, v: Array, pairs: Array, threshold: Vector) -> None:
    """Soft threshold of the singular values of `a`, in place; arguments as of `add_polar`."""
    m, k = max(n1, n2), min(n1, n2)
    _multiply(a, n1, n2, v, w)
    orthogonalise(w, v, m, k, pairs)
    step = m * WIDTH
    for p in range(k):
        singular = _norm(w, p * step, step)
        kept = singular > threshold
        rest = splat(1.0) - threshold / where(kept, singular, splat(1.0))
        _scale(w, p * step, step, where(kept, rest, splat(0.0)))
    _combine(w, v, n1, n2, False, a)


@compiled
def _norm(columns: Array, first: int, length: int) -> Vector:
    s = splat(0.0)
    for at in range(first, first + length, WIDTH):
        x = load(columns, at)
        s = fma(x, x, s)
    return sqrt(s)


@compiled
def _scale(columns: Array, first: int, length: int, factor: Vector) -> None:
    for at in range(first, first + length, WIDTH):
        store(columns, at, load(columns, at) * factor)


@compiled
def _multiply(a: Array, n1: int, n2: int, v: Array, w: Array) -> None:
    """w = A V, or A' V for a wide matrix; columns of w and v one after the other."""
    m, k = max(n1, n2), min(n1, n2)
    down, along = (n2 * WIDTH, WIDTH) if n1 >= n2 else (WIDTH, n2 * WIDTH)
    step = k * WIDTH
    for i in range(m):
        for p in range(0, k - k % 4, 4):
            s0 = splat(0.0)
            s1, s2, s3 = s0, s0, s0
            for j in range(k):
                x, at = load(a, i * down + j * along), p * step + j * WIDTH
                s0, s1 = fma(x, load(v, at), s0), fma(x, load(v, at + step), s1)
                s2, s3 = fma(x, load(v, at + 2 * step), s2), fma(x, load(v, at + 3 * step), s3)
            at, column = (p * m + i) * WIDTH, m * WIDTH
            store(w, at, s0)
            store(w, at + column, s1)
            store(w, at + 2 * column, s2)
            store(w, at + 3 * column, s3)
        for p in range(k - k % 4, k):
            s0 = splat(0.0)
            for j in range(k):
                s0 = fma(load(a, i * down + j * along), load(v, p * step + j * WIDTH), s0)
            store(w, (p * m + i) * WIDTH, s0)


@compiled
def _combine(w: Array, v: Array, n1: int, n2: int, add: bool, out: Array) -> None:
    """Writes w V', transposed for a wide matrix, or adds it."""
    m, k = max(n1, n2), min(n1, n2)
    down, along = (n2 * WIDTH, WIDTH) if n1 >= n2 else (WIDTH, n2 * WIDTH)
    step = k * WIDTH
    for i in range(m):
        for j in range(0, k - k % 4, 4):
            s0 = splat(0.0)
            s1, s2, s3 = s0, s0, s0
            for p in range(k):
                x, at = load(w, (p * m + i) * WIDTH), p * step + j * WIDTH
                s0, s1 = fma(x, load(v, at), s0), fma(x, load(v, at + WIDTH), s1)
                s2, s3 = fma(x, load(v, at + 2 * WIDTH), s2), fma(x, load(v, at + 3 * WIDTH), s3)
            at = i * down + j * along
            _put(out, at, s0, add)
            _put(out, at + along, s1, add)
            _put(out, at + 2 * along, s2, add)
            _put(out, at + 3 * along, s3, add)
        for j in range(k - k % 4, k):
            s0 = splat(0.0)
            for p in range(k):
                s0 = fma(load(w, (p * m + i) * WIDTH), load(v, p * step + j * WIDTH), s0)
            _put(out, i * down + j * along, s0, add)


@compiled
def _put(out: Array, at: int, value: Vector, add: bool) -> None:
    store(out, at, load(out, at) + value if add else value)
