"""Runs of one design side by side: the two thin products of a step near the speed of the core.

A block holds its runs in the innermost axis: parameters (n, BLOCK), residuals (N, BLOCK). Each entry of the
design is read once for the whole block, and sums of 4 x BLOCK numbers stay in registers.
"""

from typing import Any

from core.kernels.simd import WIDTH, compiled, fma, load, splat, spread, store

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
        put(r, i * BLOCK, p0, p1, p2)
        put(r, (i + 1) * BLOCK, q0, q1, q2)
        put(r, (i + 2) * BLOCK, s0, s1, s2)
        put(r, (i + 3) * BLOCK, t0, t1, t2)


@compiled
def adjoint(x: Array, r: Array, slopes: Array, place: int, j: int, rows: int, columns: int) -> None:
    """Writes TILE rows of X' r, from row j on, at `place` of the slopes. Shape (TILE, BLOCK)."""
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
    put(slopes, place, p0, p1, p2)
    put(slopes, place + BLOCK, q0, q1, q2)
    put(slopes, place + 2 * BLOCK, s0, s1, s2)
    put(slopes, place + 3 * BLOCK, t0, t1, t2)


@compiled
def put(array: Array, at: int, first: Any, second: Any, third: Any) -> None:
    store(array, at, first)
    store(array, at + WIDTH, second)
    store(array, at + 2 * WIDTH, third)
