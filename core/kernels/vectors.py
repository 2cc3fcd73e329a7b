"""Vector models, shallow and deep: the runs of many designs, in blocks where a design has enough of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.kernels.blocks import train_block
from core.kernels.memory import filled, zeros
from core.kernels.moves import METHODS, PROJECTED
from core.kernels.products import BLOCK, TILE
from core.kernels.rows import ROWS, train_row
from core.kernels.simd import WIDTH, compiled
from core.kernels.watch import CLOSED, NOT_YET

Array = Any

FULL_ENOUGH = 0.6
"""A block trains in the time of so much of its runs one by one."""


class VectorRuns:
    """Runs of vector models on their designs.

    Attributes:
        found: steps of t1, t2 and divergence, -1 where there is none yet. Shape (3, G, R), int64.
    """

    def __init__(
        self,
        method: str,
        depth: int,
        designs: NDArray[np.float64],
        targets: NDArray[np.float64],
        truth: NDArray[np.float64] | None,
        norms: NDArray[np.float64],
        settings: NDArray[np.float64],
        levels: NDArray[np.float64],
        runs: Sequence[int],
    ) -> None:
        """Lays the designs out for compiled code.

        `designs` (G, N, n), `targets` (G, N), `truth` (G, n) or None; `norms` (2, G) divide train and test
        errors; `settings` (3, G, R) are alpha, beta_2, beta_1; `levels` (2, G, R) the thresholds of both
        errors; `runs` says how many of the R places of each design are taken.
        """
        self._method, self._depth = METHODS[method], depth
        self._x, self._y = _padded(designs), _padded(targets[:, :, None])[:, :, 0].copy()
        self._inverse = self._x
        if self._method == PROJECTED:
            inverse = np.asarray(np.linalg.pinv(designs), dtype=np.float64)
            self._inverse = _padded(inverse.swapaxes(1, 2))
        self._truth = zeros(len(designs), self._x.shape[2])
        self._levels = levels.copy()
        if truth is None:
            self._levels[1] = CLOSED
        else:
            self._truth[:, : truth.shape[1]] = truth
        self._norms, self._settings = np.ascontiguousarray(norms.T), settings.copy()
        jobs = _jobs(runs)
        self._blocks = [job for job in jobs if job[2] > 1]
        rows = [(g, r) for g, r, together in jobs if together == 1]
        self._rows = np.array(rows, dtype=np.int64).reshape(-1, 2)
        self._x, self._inverse = (part.reshape(len(part), -1) for part in (self._x, self._inverse))
        self.found = np.full((3, *levels.shape[1:]), NOT_YET, dtype=np.int64)

    def go_on(self, first: NDArray[np.int64]) -> None:
        """Takes the crossings `first` (3, G, R) as found."""
        self.found[...] = first
        self._levels[first[:2] >= 0] = CLOSED

    def advance(self, state: NDArray[np.float64], step: int, target: int) -> None:
        """Takes the factors `state` (G, R, depth n) from `step` to `target`, in place, noting crossings."""
        way = self._method, self._depth, step, target
        for job in self._blocks:
            self._advance_block(state, *job, way)
        x, inverse, norms, levels = self._x, self._inverse, self._norms, self._levels
        data = x, inverse, self._y, self._truth, state, self._settings, norms, levels, self.found
        _advance_rows(*data, self._rows, *way)

    def _advance_block(
        self, state: NDArray[np.float64], g: int, first: int, count: int, way: tuple[int, int, int, int]
    ) -> None:
        # Called from compiled code the block would be compiled into it anew, and come out slower.
        runs, columns = slice(first, first + count), self._truth.shape[1]
        factors = zeros(self._depth, columns, BLOCK)
        own = state[g, runs].reshape(count, self._depth, -1)
        factors[:, : own.shape[2], :count] = own.transpose(1, 2, 0)
        settings = filled(self._settings[:, g, runs], BLOCK, 0.0)
        levels = filled(self._levels[:, g, runs], BLOCK, CLOSED)
        found = filled(self.found[:, g, runs], BLOCK, NOT_YET)
        train_block(
            self._x[g],
            self._inverse[g],
            self._y[g],
            self._truth[g],
            factors.reshape(-1),
            settings.reshape(-1),
            self._norms[g],
            levels.reshape(-1),
            found.reshape(-1),
            *way,
        )
        own[:] = factors[:, : own.shape[2], :count].transpose(2, 0, 1)
        self._levels[:, g, runs], self.found[:, g, runs] = levels[:, :count], found[:, :count]


def _padded(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Zero rows and columns up to what the compiled loops come in multiples of."""
    rows, columns = (-(-size // step) * step for size, step in zip(matrices.shape[1:], _STEPS, strict=True))
    padded = zeros(len(matrices), rows, columns)
    padded[:, : matrices.shape[1], : matrices.shape[2]] = matrices
    return padded


_STEPS = (max(TILE, ROWS), max(TILE, WIDTH))


def _jobs(runs: Sequence[int]) -> list[tuple[int, int, int]]:
    """What is trained together, as (design, first run, number of runs)."""
    jobs = []
    for g, count in enumerate(runs):
        first = 0
        while first < count:
            together = min(BLOCK, count - first)
            if together < FULL_ENOUGH * BLOCK:
                together = 1
            jobs.append((g, first, together))
            first += together
    return jobs


@compiled
def _advance_rows(
    x: Array,
    inverse: Array,
    y: Array,
    truth: Array,
    state: Array,
    settings: Array,
    norms: Array,
    levels: Array,
    found: Array,
    rows: Array,
    method: int,
    depth: int,
    step: int,
    target: int,
) -> None:
    """Runs one by one; `rows` are their places (design, run)."""
    columns = truth.shape[1]
    n = state.shape[2] // depth
    factors, own = np.empty(depth * columns), np.empty(3)
    limits, seen = np.empty(2), np.empty(3, dtype=np.int64)
    for row in range(len(rows)):
        g, r = rows[row, 0], rows[row, 1]
        # The padding too: a run that has diverged leaves NaN there.
        factors[:] = 0.0
        for i in range(depth):
            for j in range(n):
                factors[i * columns + j] = state[g, r, i * n + j]
        for k in range(3):
            own[k], seen[k] = settings[k, g, r], found[k, g, r]
        limits[0], limits[1] = levels[0, g, r], levels[1, g, r]
        train_row(
            x[g],
            inverse[g],
            y[g],
            truth[g],
            factors,
            own,
            norms[g],
            limits,
            seen,
            method,
            depth,
            step,
            target,
        )
        for i in range(depth):
            for j in range(n):
                state[g, r, i * n + j] = factors[i * columns + j]
        for k in range(3):
            found[k, g, r] = seen[k]
        levels[0, g, r], levels[1, g, r] = limits[0], limits[1]
