"""Matrix models of depth 1: runs side by side in lanes, whatever their designs, or one by one."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.kernels.jacobi import LANES
from core.kernels.lane_runs import LaneRuns
from core.kernels.measured import Array, Measured, Moving
from core.kernels.moves import METHODS
from core.kernels.single_run import SingleRun
from core.kernels.watch import NOT_YET

FULL_ENOUGH = 0.5
"""A set of lanes trains in the time of so much of its runs one by one."""
_VECTORS = "right_vectors"


class MatrixRuns:
    """Runs of matrix models on their designs.

    Attributes:
        found: steps of t1, t2 and divergence, -1 where there is none yet. Shape (3, G, R), int64.
    """

    def __init__(
        self,
        method: str,
        measured: Measured,
        settings: Array,
        levels: Array,
        places: Sequence[tuple[int, int]],
    ) -> None:
        """Lays everything out for compiled code.

        `settings` (4, G, R) are alpha, beta_2, beta_1, beta_*; `levels` (2, G, R) the thresholds of both
        errors; `places` are the taken ones of the G x R places, as (design, run).
        """
        self.found = np.full((3, *levels.shape[1:]), NOT_YET, dtype=np.int64)
        self._vectors = np.tile(np.eye(min(measured.shape)), (*levels.shape[1:], 1, 1))
        self._parts: list[LaneRuns | SingleRun] = []
        for first in range(0, len(places), LANES):
            some, data = places[first : first + LANES], (METHODS[method], measured, settings, levels)
            if len(some) < FULL_ENOUGH * LANES:
                self._parts += [SingleRun(*data, place) for place in some]
            else:
                self._parts.append(LaneRuns(*data, some))

    def go_on(self, first: NDArray[np.int64]) -> None:
        """Takes the crossings `first` (3, G, R) as found."""
        self.found[...] = first
        for part in self._parts:
            part.close(first)

    def anchor(self, g: int, r: int) -> dict[str, Array]:
        """What the steps to come of a run depend on beside its state."""
        return {_VECTORS: self._vectors[g, r].copy()}

    def restore(self, g: int, r: int, kept: Mapping[str, Array]) -> None:
        """Puts a run where `anchor` found it; one that was trained without lanes has no anchor."""
        if _VECTORS in kept:
            self._vectors[g, r] = kept[_VECTORS]

    def advance(self, state: Array, step: int, target: int) -> None:
        """Takes the matrices `state` (G, R, n1 n2) from `step` to `target`, in place, and notes crossings."""
        runs = Moving(state, self._vectors, self.found)
        for part in self._parts:
            part.advance(runs, step, target)
