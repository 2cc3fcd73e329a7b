"""A run of a matrix model by itself."""

import numpy as np
from numpy.typing import NDArray

from core.kernels.columns import grouped
from core.kernels.measured import Array, Measured, Moving
from core.kernels.memory import zeros
from core.kernels.simd import WIDTH
from core.kernels.single import train_one
from core.kernels.watch import CLOSED


class SingleRun:
    """One run, whose matrix lies with its longer side in the vectors."""

    def __init__(
        self, method: int, measured: Measured, settings: Array, levels: Array, place: tuple[int, int]
    ) -> None:
        """See core.kernels.matrices.MatrixRuns; `place` (design, run) is that of this run."""
        g, r = self._place = place
        self._method, self._shape, self._wide = method, measured.shape, measured.shape[0] < measured.shape[1]
        self._m, self._k = max(measured.shape), min(measured.shape)
        self._rows, self._length = _multiple(self._m), _multiple(self._m) + _multiple(self._k)
        self._groups = grouped(self._k)
        long, short = measured.left[g], measured.right[g]
        if self._wide:
            long, short = short, long
        entries = measured.mask.shape[1] > 0
        y = self._columns(measured.targets[g]) if entries else _padded(measured.targets[g][None])
        mask = self._columns(measured.mask[g]) if entries else np.zeros(0)
        truth = self._columns(measured.truth[g])
        self._data = _padded(long), np.ascontiguousarray(short).reshape(-1), mask, y, truth
        self._settings, self._norms = settings[:, g, r].copy(), measured.norms[:, g].copy()
        self._levels = levels[:, g, r].copy()

    def close(self, first: NDArray[np.int64]) -> None:
        """Looks no more for the crossings that `first` (3, G, R) has."""
        self._levels[first[:2, *self._place] >= 0] = CLOSED

    def advance(self, runs: Moving, step: int, target: int) -> None:
        """Takes this run from `step` to `target`, in place, and notes crossings."""
        a, seen = self._columns(runs.state[self._place]), runs.found[:, *self._place].copy()
        columns = zeros(self._k + 1, self._length)
        vectors = columns[: self._k, self._rows : self._rows + self._k]
        vectors[:] = runs.vectors[self._place]
        train_one(
            self._m,
            self._rows,
            self._length,
            *self._data,
            a,
            columns.reshape(-1),
            self._settings,
            self._norms,
            self._levels,
            seen,
            self._groups,
            self._method,
            step,
            target,
        )
        matrix = a.reshape(self._k, self._rows)[:, : self._m]
        runs.state[self._place] = (matrix if self._wide else matrix.T).reshape(-1)
        runs.vectors[self._place] = vectors
        runs.found[:, *self._place] = seen

    def _columns(self, flat: Array) -> Array:
        """The columns of the tall matrix, padded, one after the other, flat; `flat` (n1 n2) is A by rows."""
        matrix = flat.reshape(self._shape)
        return _padded(matrix if self._wide else matrix.T)


def _padded(rows: Array) -> Array:
    """Rows with zeros behind each up to a multiple of WIDTH, flat."""
    padded = zeros(len(rows), _multiple(rows.shape[1]))
    padded[:, : rows.shape[1]] = rows
    return padded.reshape(-1)


def _multiple(size: int) -> int:
    return -(-size // WIDTH) * WIDTH
