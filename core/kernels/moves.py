"""What one step does to the factors of vector models, a vector of numbers at a time."""

from typing import Any

from core.kernels.simd import WIDTH, compiled, fma, load, sign, splat, store, where

SUBGRADIENT, PROJECTED, PROXIMAL = range(3)
"""Methods, as compiled code knows them."""
METHODS = {"subgradient": SUBGRADIENT, "projected_subgradient": PROJECTED, "proximal": PROXIMAL}

Array = Any
Vector = Any


@compiled
def move(
    method: int,
    depth: int,
    factors: Array,
    slopes: Array,
    offset: int,
    first: int,
    last: int,
    stride: int,
    rate: Vector,
    ridge: Vector,
    lasso: Vector,
    others: Array,
) -> None:
    """One step of all factors at the vectors first, first + stride, ... before last.

    `factors` holds `depth` planes one after the other, `slopes` (one plane) the gradient of g in their
    product; `others` is room for `depth` vectors. Here sign 0 = 0.
    """
    if depth == 2:
        _move_two(method, factors, slopes, offset, first, last, stride, rate, ridge, lasso)
    elif depth > 2:
        for at in range(first, last, stride):
            _move_deep(method, depth, factors, load(slopes, at - offset), at, rate, ridge, lasso, others)
    elif method == PROXIMAL:
        threshold = rate * lasso
        for at in range(first, last, stride):
            v = load(factors, at)
            store(factors, at, _shrunk(v - rate * fma(ridge, v, load(slopes, at - offset)), threshold))
    else:
        for at in range(first, last, stride):
            v = load(factors, at)
            slope = fma(lasso, sign(v), fma(ridge, v, load(slopes, at - offset)))
            store(factors, at, v - rate * slope)


@compiled
def multiply(depth: int, factors: Array, plane: int, product: Array) -> None:
    """The product of the factors, entry by entry."""
    for at in range(0, plane, WIDTH):
        value = load(factors, at)
        for i in range(1, depth):
            value = value * load(factors, i * plane + at)
        store(product, at, value)


@compiled
def _shrunk(v: Vector, threshold: Vector) -> Vector:
    """The soft threshold v - clip(v, -t, t): exactly zero inside, and NaN stays NaN."""
    opposite = splat(0.0) - threshold
    return v - where(v > threshold, threshold, where(opposite > v, opposite, v))


@compiled
def _move_two(
    method: int,
    factors: Array,
    slopes: Array,
    offset: int,
    first: int,
    last: int,
    stride: int,
    rate: Vector,
    ridge: Vector,
    lasso: Vector,
) -> None:
    plane, threshold = len(factors) // 2, rate * lasso
    for at in range(first, last, stride):
        slope, u, v = load(slopes, at - offset), load(factors, at), load(factors, plane + at)
        du, dv = fma(ridge, u, slope * v), fma(ridge, v, slope * u)
        if method == PROXIMAL:
            store(factors, at, _shrunk(u - rate * du, threshold))
            store(factors, plane + at, _shrunk(v - rate * dv, threshold))
        else:
            store(factors, at, u - rate * fma(lasso, sign(u), du))
            store(factors, plane + at, v - rate * fma(lasso, sign(v), dv))


@compiled
def _move_deep(
    method: int,
    depth: int,
    factors: Array,
    slope: Vector,
    at: int,
    rate: Vector,
    ridge: Vector,
    lasso: Vector,
    others: Array,
) -> None:
    plane = len(factors) // depth
    after = splat(1.0)
    for i in range(depth - 1, -1, -1):
        store(others, i * WIDTH, after)
        after = after * load(factors, i * plane + at)
    before = splat(1.0)
    for i in range(depth):
        place = i * plane + at
        v = load(factors, place)
        part = fma(ridge, v, slope * (before * load(others, i * WIDTH)))
        before = before * v
        if method == PROXIMAL:
            store(factors, place, _shrunk(v - rate * part, rate * lasso))
        else:
            store(factors, place, v - rate * fma(lasso, sign(v), part))
