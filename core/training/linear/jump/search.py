"""Finds how far something is certain that can be told for whole intervals of steps."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.training.linear.jump.modes import Steps

FINEST = 16
"""Parts into which an interval is cut that is not certain as a whole."""
MOST_LOOKS = 128
"""Rows of intervals that are looked at before the search is content with what is certain."""
FARTHEST = 1 << 40
"""Steps that are looked at; no run is longer."""

Certain = Callable[[Steps], NDArray[np.bool_]]
"""From points (I + 1,) in increasing order: which of the closed intervals between them are certain, (I,)."""


def certain_until(certain: Certain, last: int) -> tuple[int, bool]:
    """How many steps from 0, at most `last`, are certain, and whether the next one is known not to be.

    Intervals that are not certain as a whole are cut, down to single steps. Both false ends, the last step
    and a search that was given up after MOST_LOOKS, leave what follows open.
    """
    waiting = [_doubling(last)]
    reached = 0
    for _ in range(MOST_LOOKS):
        if not waiting:
            break
        points = waiting.pop()
        doubtful = np.flatnonzero(~certain(points))
        if not len(doubtful):
            reached = int(points[-1])
            continue
        place = int(doubtful[0])
        reached, after = int(points[place]), int(points[place + 1])
        if after - reached == 1:
            return reached, True
        if place + 2 < len(points):
            waiting.append(points[place + 1 :])
        waiting.append(_cut(reached, after))
    return reached, False


def _doubling(last: int) -> Steps:
    powers = 1 << np.arange(last.bit_length(), dtype=np.int64)
    return np.concatenate([[0], powers[powers < last], [last]])


def _cut(low: int, high: int) -> Steps:
    parts = min(FINEST, high - low)
    return low + (high - low) * np.arange(parts + 1, dtype=np.int64) // parts
