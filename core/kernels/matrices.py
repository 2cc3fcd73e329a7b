"""Matrix models of depth 1: runs packed into lanes, whatever their designs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.kernels.jacobi import LANES, rounds
from core.kernels.lanes import train_lanes
from core.kernels.memory import filled, zeros
from core.kernels.moves import METHODS
from core.kernels.watch import CLOSED, NOT_YET

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """What G designs measure of n1 x n2 matrices: observed entries, or products l_k' A r_k.

    Attributes:
        shape: (n1, n2).
        left, right: l_k and r_k, empty for observed entries. Shapes (G, N, n1), (G, N, n2).
        mask: 1 where an entry is observed, empty for products. Shape (G, n1 n2).
        targets: shape (G, n1 n2) or (G, N).
    """

    shape: tuple[int, int]
    left: Array
    right: Array
    mask: Array
    targets: Array


class MatrixRuns:
    """Runs of matrix models on their designs.

    Attributes:
        found: steps of t1, t2 and divergence, -1 where there is none yet. Shape (3, G, R), int64.
    """

    def __init__(
        self,
        method: str,
        measured: Measured,
        truth: Array,
        norms: Array,
        settings: Array,
        levels: Array,
        places: Sequence[tuple[int, int]],
    ) -> None:
        """Lays everything out in lanes.

        `truth` (G, n1 n2); `norms` (2, G) divide train and test errors; `settings` (4, G, R) are alpha,
        beta_2, beta_1, beta_*; `levels` (2, G, R) the thresholds of both errors; `places` are the taken ones
        of the G x R places, as (design, run).
        """
        self._method, self._shape = METHODS[method], measured.shape
        self._pairs, self._nuclear = rounds(min(measured.shape)), bool(settings[3].any())
        self.found = np.full((3, *levels.shape[1:]), NOT_YET, dtype=np.int64)
        self._blocks = []
        for first in range(0, len(places), LANES):
            g, r = np.array(places[first : first + LANES]).T
            data = (measured.left, measured.right, measured.mask, measured.targets, truth)
            watched = (settings[:, g, r], norms[:, g], levels[:, g, r])
            self._blocks.append(_Block(g, r, [_lanes(part[g]) for part in data], watched))

    def go_on(self, first: NDArray[np.int64]) -> None:
        """Takes the crossings `first` (3, G, R) as found."""
        self.found[...] = first
        for block in self._blocks:
            closed = first[:2, block.g, block.r] >= 0
            block.levels[:, : len(block.g)][closed] = CLOSED

    def advance(self, state: Array, step: int, target: int) -> None:
        """Takes the matrices `state` (G, R, n1 n2) from `step` to `target`, in place, and notes crossings."""
        n1, n2 = self._shape
        for block in self._blocks:
            g, r, count = block.g, block.r, len(block.g)
            left, right, mask, targets, truth = block.data
            a, seen = _lanes(state[g, r]), np.zeros((3, LANES), dtype=np.int64)
            seen[:, :count] = self.found[:, g, r]
            train_lanes(
                n1,
                n2,
                left,
                right,
                mask,
                targets,
                truth,
                a,
                block.settings.reshape(-1),
                block.norms.reshape(-1),
                block.levels.reshape(-1),
                seen.reshape(-1),
                self._pairs,
                self._method,
                self._nuclear,
                step,
                target,
            )
            state[g, r] = a.reshape(-1, LANES)[:, :count].T
            self.found[:, g, r] = seen[:, :count]


class _Block:
    """Runs side by side: their places and what belongs to them, with idle lanes at the end."""

    def __init__(
        self, g: NDArray[np.int64], r: NDArray[np.int64], data: list[Array], watched: Sequence[Array]
    ) -> None:
        self.g, self.r, self.data = g, r, data
        settings, norms, levels = watched
        self.settings = filled(settings, LANES, 0.0)
        self.norms = filled(norms, LANES, 1.0)
        self.levels = filled(levels, LANES, CLOSED)


def _lanes(rows: Array) -> Array:
    """Rows (B, ...) of at most LANES runs side by side, flat: the run is the innermost axis."""
    lanes = zeros(rows[0].size, LANES)
    lanes[:, : len(rows)] = rows.reshape(len(rows), -1).T
    return lanes.reshape(-1)
