"""Which steps are recorded: a schedule that is known before training begins."""

import math

import numpy as np
from numpy.typing import NDArray

from core.spec.record import Record


def recorded_steps(record: Record, steps: int) -> NDArray[np.int64]:
    """Recorded steps of a run of `steps` steps, strictly increasing, from 0 to `steps`. Shape (K,)."""
    parts = [np.arange(min(record.first, steps) + 1, dtype=np.int64), np.array([steps], dtype=np.int64)]
    if record.per_decade is not None:
        powers = np.arange(math.floor(record.per_decade * math.log10(steps)) + 2)
        log_spaced = np.rint(10.0 ** (powers / record.per_decade)).astype(np.int64)
        parts.append(log_spaced[(log_spaced > record.first) & (log_spaced <= steps)])
    if record.every is not None:
        parts.append(np.arange(0, steps + 1, record.every, dtype=np.int64))
    return np.unique(np.concatenate(parts))


def parameter_steps(record: Record, steps: int) -> NDArray[np.int64]:
    """Steps whose parameters are kept: 0, every round(10^(k/parameters_per_decade)), the last. Shape (K,)."""
    if record.parameters_per_decade == 0:
        return np.empty(0, dtype=np.int64)
    return recorded_steps(Record(per_decade=record.parameters_per_decade, first=0), steps)


def count_bound(record: Record, steps: int) -> int:
    """An upper bound on the number of recorded steps, without listing them."""
    points = min(record.first, steps) + 2
    if record.per_decade is not None:
        points += min(steps, math.ceil(record.per_decade * math.log10(steps)) + 1)
    return points + (steps // record.every if record.every is not None else 0)
