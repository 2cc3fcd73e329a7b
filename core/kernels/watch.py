"""Looks at the errors of every step and notes the first at which they meet their thresholds."""

from typing import Any

import numpy as np

from core.kernels.simd import compiled

Array = Any

DIVERGENCE = 2
"""Place of the steps of divergence, behind those of t1 and t2."""
NOT_YET = -1
CLOSED = -1.0
"""A level that no error meets: of a crossing that is found, or not looked for."""


@compiled
def note(step: int, errors: Array, levels: Array, found: Array, runs: int) -> None:
    """Notes what some of `runs` runs side by side have crossed at `step`.

    `errors` and `levels` (2 runs) are train errors, then test errors; `found` (3 runs) the steps of t1, t2
    and divergence. A level is closed once it is met.
    """
    for run in range(runs):
        for kind in range(2):
            place = kind * runs + run
            if errors[place] <= levels[place]:
                found[place] = step
                levels[place] = CLOSED
        diverged = DIVERGENCE * runs + run
        if found[diverged] == NOT_YET and not errors[run] < np.inf:
            found[diverged] = step


@compiled
def testing(levels: Array, runs: int) -> bool:
    """Whether any of the runs still waits for its t2."""
    waiting = False
    for run in range(runs):
        waiting |= levels[runs + run] >= 0.0
    return waiting
