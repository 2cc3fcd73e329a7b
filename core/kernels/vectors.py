"""Vector models, shallow and deep: the runs of many designs, in blocks where a design has enough of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
        self._factors = zeros(depth, self._truth.shape[1], BLOCK)
        rows = [(g, r) for g, r, together in jobs if together == 1]
        self._rows = np.array(rows, dtype=np.int64).reshape(-1, 2)
        self._x, self._inverse = (part.reshape(len(part), -1) for part in (self._x, self._inverse))
        self.found = np.full((3, *levels.shape[1:]), NOT_YET, dtype=np.int64)
        self._blocks = [
            _Block(g, slice(first, first + together), together) for g, first, together in jobs if together > 1
        ]
        for block in self._blocks:
            block.fill(self._settings, self._levels, self.found)

    def go_on(self, first: NDArray[np.int64]) -> None:
        """Takes the crossings `first` (3, G, R) as found."""
        self.found[...] = first
        self._levels[first[:2] >= 0] = CLOSED
        for block in self._blocks:
            block.fill(self._settings, self._levels, self.found)

    def anchor(self, g: int, r: int) -> dict[str, NDArray[np.float64]]:
        """Nothing: the steps to come of a run depend on its state alone."""
        return {}

    def restore(self, g: int, r: int, kept: Mapping[str, NDArray[np.float64]]) -> None:
        """Nothing to do, see `anchor`."""

    def advance(self, state: NDArray[np.float64], step: int, target: int) -> None:
        """Takes the factors `state` (G, R, depth n) from `step` to `target`, in place, noting crossings."""
        way = self._method, self._depth, step, target
        for block in self._blocks:
            self._advance_block(state, block, way)
        x, inverse, norms, levels = self._x, self._inverse, self._norms, self._levels
        data = x, inverse, self._y, self._truth, state, self._settings, norms, levels, self.found
        _advance_rows(*data, self._rows, *way)

    def _advance_block(
        self, state: NDArray[np.float64], block: "_Block", way: tuple[int, int, int, int]
    ) -> None:
        # Called from compiled code the block would be compiled into it anew, and come out slower.
        g, runs, count = block.design, block.runs, block.count
        factors, own = self._factors, state[g, runs].reshape(count, self._depth, -1)
        # The padding and the idle lanes too: a run that has diverged leaves NaN there.
        factors.fill(0.0)
        factors[:, : own.shape[2], :count] = own.transpose(1, 2, 0)
        train_block(
            self._x[g],
            self._inverse[g],
            self._y[g],
            self._truth[g],
            factors.reshape(-1),
            block.settings,
            self._norms[g],
            block.levels,
            block.found,
            *way,
        )
        own[:] = factors[:, : own.shape[2], :count].transpose(2, 0, 1)
        self.found[:, g, runs] = block.found.reshape(3, -1)[:, :count]


@dataclass(slots=True)
class _Block:
    """Runs of one design that are trained together, with what compiled code reads and notes of them.

    Kept between calls: between two recorded steps there may be few steps to take.
    """

    design: int
    runs: slice
    count: int
    settings: NDArray[np.float64] = field(init=False)
    levels: NDArray[np.float64] = field(init=False)
    found: NDArray[np.int64] = field(init=False)

    def fill(
        self, settings: NDArray[np.float64], levels: NDArray[np.float64], found: NDArray[np.int64]
    ) -> None:
        """Takes what belongs to these runs, with idle lanes behind it."""
        own = self.design, self.runs
        self.settings = filled(settings[:, *own], BLOCK, 0.0).reshape(-1)
        self.levels = filled(levels[:, *own], BLOCK, CLOSED).reshape(-1)
        self.found = filled(found[:, *own], BLOCK, NOT_YET).reshape(-1)


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
