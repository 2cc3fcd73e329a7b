"""Vector models, shallow and deep: the runs of many designs, in blocks where a design has enough of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.kernels.blocks import BLOCK, TILE, train_block
from core.kernels.moves import PROJECTED, PROXIMAL, SUBGRADIENT
from core.kernels.rows import ROWS, train_row
from core.kernels.simd import WIDTH, compiled
from core.kernels.watch import CLOSED

Array = Any

METHODS = {"subgradient": SUBGRADIENT, "projected_subgradient": PROJECTED, "proximal": PROXIMAL}
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
        self._truth = np.zeros((len(designs), self._x.shape[2]))
        self._levels = levels.copy()
        if truth is None:
            self._levels[1] = CLOSED
        else:
            self._truth[:, : truth.shape[1]] = truth
        self._norms, self._settings = np.ascontiguousarray(norms.T), settings.copy()
        self._jobs = _jobs(runs)
        self.found = np.full((3, *levels.shape[1:]), -1, dtype=np.int64)

    def go_on(self, first: NDArray[np.int64]) -> None:
        """Takes the crossings `first` (3, G, R) as found."""
        self.found[...] = first
        self._levels[first[:2] >= 0] = CLOSED

    def advance(self, state: NDArray[np.float64], step: int, target: int) -> None:
        """Takes the factors `state` (G, R, depth n) from `step` to `target`, in place, noting crossings."""
        _advance(
            self._x.reshape(len(self._x), -1),
            self._inverse.reshape(len(self._x), -1),
            self._y,
            self._truth,
            state,
            self._settings,
            self._norms,
            self._levels,
            self.found,
            self._jobs,
            self._method,
            self._depth,
            step,
            target,
        )


def _padded(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Zero rows and columns up to what the compiled loops come in multiples of."""
    rows, columns = (-(-size // step) * step for size, step in zip(matrices.shape[1:], _STEPS, strict=True))
    padded = np.zeros((len(matrices), rows, columns))
    padded[:, : matrices.shape[1], : matrices.shape[2]] = matrices
    return padded


_STEPS = (max(TILE, ROWS), max(TILE, WIDTH))


def _jobs(runs: Sequence[int]) -> NDArray[np.int64]:
    """What is trained together, as rows (design, first run, number of runs)."""
    jobs = []
    for g, count in enumerate(runs):
        first = 0
        while first < count:
            together = min(BLOCK, count - first)
            if together < FULL_ENOUGH * BLOCK:
                together = 1
            jobs.append((g, first, together))
            first += together
    return np.array(jobs, dtype=np.int64).reshape(-1, 3)


@compiled
def _advance(
    x: Array,
    inverse: Array,
    y: Array,
    truth: Array,
    state: Array,
    settings: Array,
    norms: Array,
    levels: Array,
    found: Array,
    jobs: Array,
    method: int,
    depth: int,
    step: int,
    target: int,
) -> None:
    columns = truth.shape[1]
    for job in range(len(jobs)):
        g, first, count = jobs[job, 0], jobs[job, 1], jobs[job, 2]
        lanes = 1 if count == 1 else BLOCK
        factors, own = np.zeros(depth * columns * lanes), np.zeros(3 * lanes)
        limits, seen = np.empty(2 * lanes), np.empty(3 * lanes, dtype=np.int64)
        limits[:] = CLOSED
        for lane in range(count):
            _pack(state[g, first + lane], factors, depth, columns, lanes, lane)
            for k in range(3):
                own[k * lanes + lane] = settings[k, g, first + lane]
                seen[k * lanes + lane] = found[k, g, first + lane]
            for k in range(2):
                limits[k * lanes + lane] = levels[k, g, first + lane]
        flat, back = x[g], inverse[g]
        if lanes == 1:
            train_row(
                flat, back, y[g], truth[g], factors, own, norms[g], limits, seen, method, depth, step, target
            )
        else:
            train_block(
                flat, back, y[g], truth[g], factors, own, norms[g], limits, seen, method, depth, step, target
            )
        for lane in range(count):
            _unpack(factors, state[g, first + lane], depth, columns, lanes, lane)
            for k in range(3):
                found[k, g, first + lane] = seen[k * lanes + lane]
            for k in range(2):
                levels[k, g, first + lane] = limits[k * lanes + lane]


@compiled
def _pack(state: Array, factors: Array, depth: int, columns: int, lanes: int, lane: int) -> None:
    n = len(state) // depth
    for i in range(depth):
        for j in range(n):
            factors[(i * columns + j) * lanes + lane] = state[i * n + j]


@compiled
def _unpack(factors: Array, state: Array, depth: int, columns: int, lanes: int, lane: int) -> None:
    n = len(state) // depth
    for i in range(depth):
        for j in range(n):
            state[i * n + j] = factors[(i * columns + j) * lanes + lane]
