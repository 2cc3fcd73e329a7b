"""Runs of matrix models side by side in lanes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.kernels.jacobi import LANES, rounds
from core.kernels.lanes import train_lanes
from core.kernels.measured import Array, Measured, Moving
from core.kernels.memory import filled, zeros
from core.kernels.watch import CLOSED


class LaneRuns:
    """Up to LANES runs, with idle lanes at the end."""

    def __init__(
        self,
        method: int,
        measured: Measured,
        settings: Array,
        levels: Array,
        places: Sequence[tuple[int, int]],
    ) -> None:
        """See core.kernels.matrices.MatrixRuns; `places` (design, run) are those of these runs."""
        self._g, self._r = g, r = np.array(places).T
        self._method, self._shape = method, measured.shape
        self._pairs, self._nuclear = rounds(min(measured.shape)), bool(settings[3, g, r].any())
        self._left, self._right, self._mask, self._targets, self._truth = (
            _lanes(part[g])
            for part in (measured.left, measured.right, measured.mask, measured.targets, measured.truth)
        )
        self._settings = filled(settings[:, g, r], LANES, 0.0)
        self._norms = filled(measured.norms[:, g], LANES, 1.0)
        self._levels = filled(levels[:, g, r], LANES, CLOSED)

    def close(self, first: NDArray[np.int64]) -> None:
        """Looks no more for the crossings that `first` (3, G, R) has."""
        self._levels[:, : len(self._g)][first[:2, self._g, self._r] >= 0] = CLOSED

    def advance(self, runs: Moving, step: int, target: int) -> None:
        """Takes these runs from `step` to `target`, in place, and notes crossings."""
        g, r, count = self._g, self._r, len(self._g)
        a, vectors, seen = (
            _lanes(runs.state[g, r]),
            _lanes(runs.vectors[g, r]),
            np.zeros((3, LANES), np.int64),
        )
        seen[:, :count] = runs.found[:, g, r]
        train_lanes(
            *self._shape,
            self._left,
            self._right,
            self._mask,
            self._targets,
            self._truth,
            a,
            vectors,
            self._settings.reshape(-1),
            self._norms.reshape(-1),
            self._levels.reshape(-1),
            seen.reshape(-1),
            self._pairs,
            self._method,
            self._nuclear,
            step,
            target,
        )
        runs.state[g, r] = a.reshape(-1, LANES)[:, :count].T
        runs.vectors[g, r] = vectors.reshape(-1, LANES)[:, :count].T.reshape(count, *runs.vectors.shape[2:])
        runs.found[:, g, r] = seen[:, :count]


def _lanes(rows: Array) -> Array:
    """Rows (B, ...) of at most LANES runs side by side, flat: the run is the innermost axis."""
    lanes = zeros(rows[0].size, LANES)
    lanes[:, : len(rows)] = rows.reshape(len(rows), -1).T
    return lanes.reshape(-1)
