"""Polar factor and soft threshold of the singular values of small matrices, one in each lane."""

from typing import Any

from core.kernels.jacobi import EPS, LANES, orthogonalise
from core.kernels.simd import WIDTH, compiled, fma, load, splat, sqrt, store, where

Array = Any
Vector = Any


@compiled
def change_singular(
    a: Array,
    n1: int,
    n2: int,
    w: Array,
    v: Array,
    pairs: Array,
    amounts: Array,
    soft: bool,
    out: Array,
) -> None:
    """Adds amount U V' of the thin SVD to `out`, or, `soft`, lowers the singular values of A by the amount.

    For U V' singular values that are zero to rounding contribute zero. `a` and `out`, which is `a` if
    `soft`, are (n1, n2, LANES), `amounts` (LANES); `v` (min, min, LANES) holds right singular vectors of the
    longer side's matrix from the last call, or the identity, and then those of `a`; `w` is room for
    (min, max, LANES) numbers.
    """
    m, k = max(n1, n2), min(n1, n2)
    _multiply(a, n1, n2, v, w)
    orthogonalise(w, v, m, k, pairs)
    for lane in range(0, LANES, WIDTH):
        amount, zero, one = load(amounts, lane), splat(0.0), splat(1.0)
        least = amount if soft else splat(EPS * m) * _largest(w, m, k, lane)
        for p in range(k):
            singular = _norm(w, p, m, lane)
            kept = singular > least
            share = amount / where(kept, singular, one)
            # What is taken off A is small: so is the rounding of V in it, which else adds up step by step.
            _scale(w, p, m, lane, zero - where(kept, share, one) if soft else where(kept, share, zero))
    _combine(w, v, n1, n2, out)


@compiled
def _largest(w: Array, m: int, k: int, lane: int) -> Vector:
    largest = splat(0.0)
    for p in range(k):
        singular = _norm(w, p, m, lane)
        largest = where(singular > largest, singular, largest)
    return largest


@compiled
def _norm(w: Array, p: int, m: int, lane: int) -> Vector:
    s = splat(0.0)
    for at in range(p * m * LANES + lane, (p + 1) * m * LANES, LANES):
        x = load(w, at)
        s = fma(x, x, s)
    return sqrt(s)


@compiled
def _scale(w: Array, p: int, m: int, lane: int, factor: Vector) -> None:
    for at in range(p * m * LANES + lane, (p + 1) * m * LANES, LANES):
        store(w, at, load(w, at) * factor)


@compiled
def _multiply(a: Array, n1: int, n2: int, v: Array, w: Array) -> None:
    """w = A V, or A' V for a wide matrix; columns of w and v one after the other."""
    m, k = max(n1, n2), min(n1, n2)
    down, along = (n2 * LANES, LANES) if n1 >= n2 else (LANES, n2 * LANES)
    step, column = k * LANES, m * LANES
    for lane in range(0, LANES, WIDTH):
        for i in range(m):
            row, place = i * down + lane, i * LANES + lane
            for p in range(0, k - k % 4, 4):
                s0 = splat(0.0)
                s1, s2, s3 = s0, s0, s0
                for j in range(k):
                    x, at = load(a, row + j * along), p * step + j * LANES + lane
                    s0, s1 = fma(x, load(v, at), s0), fma(x, load(v, at + step), s1)
                    s2, s3 = fma(x, load(v, at + 2 * step), s2), fma(x, load(v, at + 3 * step), s3)
                at = p * column + place
                store(w, at, s0)
                store(w, at + column, s1)
                store(w, at + 2 * column, s2)
                store(w, at + 3 * column, s3)
            for p in range(k - k % 4, k):
                s0 = splat(0.0)
                for j in range(k):
                    s0 = fma(load(a, row + j * along), load(v, p * step + j * LANES + lane), s0)
                store(w, p * column + place, s0)


@compiled
def _combine(w: Array, v: Array, n1: int, n2: int, out: Array) -> None:
    """Adds w V', transposed for a wide matrix."""
    m, k = max(n1, n2), min(n1, n2)
    down, along = (n2 * LANES, LANES) if n1 >= n2 else (LANES, n2 * LANES)
    step, column = k * LANES, m * LANES
    for lane in range(0, LANES, WIDTH):
        for i in range(m):
            row, place = i * down + lane, i * LANES + lane
            for j in range(0, k - k % 4, 4):
                s0 = splat(0.0)
                s1, s2, s3 = s0, s0, s0
                for p in range(k):
                    x, at = load(w, p * column + place), p * step + j * LANES + lane
                    s0, s1 = fma(x, load(v, at), s0), fma(x, load(v, at + LANES), s1)
                    s2, s3 = fma(x, load(v, at + 2 * LANES), s2), fma(x, load(v, at + 3 * LANES), s3)
                at = row + j * along
                _add(out, at, s0)
                _add(out, at + along, s1)
                _add(out, at + 2 * along, s2)
                _add(out, at + 3 * along, s3)
            for j in range(k - k % 4, k):
                s0 = splat(0.0)
                for p in range(k):
                    s0 = fma(load(w, p * column + place), load(v, p * step + j * LANES + lane), s0)
                _add(out, row + j * along, s0)


@compiled
def _add(out: Array, at: int, value: Vector) -> None:
    store(out, at, load(out, at) + value)
