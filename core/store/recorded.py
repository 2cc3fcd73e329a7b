"""The frozen values of recordings: what training writes down of a run, and what is read of it."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Vectors:
    """New rows of one vector metric of one run, at steps of their own.

    Attributes:
        name: the metric.
        shape: of one row, such as (d,) or (n1, n2); every extent is at least 1.
        steps: strictly rising from 0 on. Shape (K,), int64.
        values: rows in row-major order. Shape (K, product of `shape`), float64.
    """

    name: str
    shape: tuple[int, ...]
    steps: NDArray[np.int64]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        _require_numbers(self.steps, self.values)
        if not self.shape or min(self.shape) < 1:
            raise ValueError(f"the shape of {self.name} must have extents of 1 or more; got {self.shape}")
        if self.values.shape != (*self.steps.shape, math.prod(self.shape)) or self.steps.ndim != 1:
            raise ValueError(
                f"values must be (steps, components); got {self.values.shape} for {self.steps.shape} steps "
                f"and shape {self.shape}"
            )
        _require_rising(self.steps)


@dataclass(frozen=True, slots=True)
class Frame:
    """New points of one run: `steps` int64 (K,) strictly rising, `values` float64 (K, M), a column a name.

    `vectors` are the rows of vector metrics that were recorded meanwhile; either kind may be missing.
    """

    steps: NDArray[np.int64]
    names: tuple[str, ...]
    values: NDArray[np.float64]
    vectors: tuple[Vectors, ...] = ()

    @property
    def last_step(self) -> int | None:
        """The last recorded step, of points and rows alike; None without any."""
        ends = (int(steps[-1]) for steps in (self.steps, *(v.steps for v in self.vectors)) if steps.size)
        return max(ends, default=None)

    def __post_init__(self) -> None:
        _require_numbers(self.steps, self.values)
        if self.values.shape != (*self.steps.shape, len(self.names)) or self.steps.ndim != 1:
            raise ValueError(
                f"values must be (steps, names); got {self.values.shape} for {self.steps.shape} steps "
                f"and {len(self.names)} names"
            )
        names = (*self.names, *(rows.name for rows in self.vectors))
        if len(set(names)) != len(names):
            raise ValueError(f"metric names must be distinct; got {names}")
        _require_rising(self.steps)


@dataclass(frozen=True, slots=True)
class SeriesPart:
    """One metric over a range of steps: `steps` int64 (K,), `values` float64 (K,)."""

    metric: str
    steps: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VectorPart:
    """One vector metric over a range of steps: `steps` int64 (K,), `values` float64 (K, product of `shape`).

    `shape` is None, and `values` (0, 0), while the recording has no row of the metric.
    """

    metric: str
    shape: tuple[int, ...] | None
    steps: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One recorded metric in short; `min` and `max` are over the finite values and None without any.

    A vector metric has the `shape` of its rows and no `last`; `n` counts rows, `nonfinite` components.
    """

    name: str
    n: int
    first_step: int
    last_step: int
    last: float | None
    min: float | None
    max: float | None
    nonfinite: int
    shape: tuple[int, ...] | None = None


class Watermark(NamedTuple):
    """How far a recording is: its counts of frames and of chunks of vectors, and the last step of each.

    A last step is None while there is nothing.
    """

    chunks: int
    last_step: int | None
    vector_chunks: int = 0
    last_vector_step: int | None = None


class KeptState(NamedTuple):
    """The latest kept state of a run, without its contents; `size` in bytes."""

    step: int
    size: int


@dataclass(frozen=True, slots=True)
class StoredArtifact:
    """A kept file of a run, without its contents; `size` in bytes."""

    name: str
    size: int
    created_at: datetime


def _require_numbers(steps: NDArray[np.int64], values: NDArray[np.float64]) -> None:
    if steps.dtype != np.int64 or values.dtype != np.float64:
        raise ValueError(f"steps must be int64, values float64; got {steps.dtype}, {values.dtype}")


def _require_rising(steps: NDArray[np.int64]) -> None:
    if steps.size and (steps[0] < 0 or bool(np.any(np.diff(steps) <= 0))):
        raise ValueError(f"steps must rise strictly from 0 on; got {steps}")
