"""The frozen values of recordings: what training writes down of a run, and what is read of it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Frame:
    """New points of one run: `steps` int64 (K,) strictly rising, `values` float64 (K, M), a column a name."""

    steps: NDArray[np.int64]
    names: tuple[str, ...]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.steps.dtype != np.int64 or self.values.dtype != np.float64:
            raise ValueError(
                f"steps must be int64, values float64; got {self.steps.dtype}, {self.values.dtype}"
            )
        if self.values.shape != (*self.steps.shape, len(self.names)) or self.steps.ndim != 1:
            raise ValueError(
                f"values must be (steps, names); got {self.values.shape} for {self.steps.shape} steps "
                f"and {len(self.names)} names"
            )
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"metric names must be distinct; got {self.names}")
        if self.steps.size and (self.steps[0] < 0 or bool(np.any(np.diff(self.steps) <= 0))):
            raise ValueError(f"steps must rise strictly from 0 on; got {self.steps}")


@dataclass(frozen=True, slots=True)
class SeriesPart:
    """One metric over a range of steps: `steps` int64 (K,), `values` float64 (K,)."""

    metric: str
    steps: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One recorded metric in short; `min` and `max` are over the finite values and None without any."""

    name: str
    n: int
    first_step: int
    last_step: int
    last: float
    min: float | None
    max: float | None
    nonfinite: int


class Watermark(NamedTuple):
    """How far a recording is: its count of frames and its last step (None while empty)."""

    chunks: int
    last_step: int | None
