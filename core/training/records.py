"""What a batch records: scalar metrics on one schedule, vectors on it or on their own."""

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.spec import (
    ExperimentSpec,
    chosen_metrics,
    parameter_steps,
    recorded_steps,
    ring_points,
    vector_widths,
)
from core.training.layout import Layout
from core.training.ports import Vectors
from core.training.ring import Ring

Shape = tuple[int, ...]


class Meter(Protocol):
    """Measures the current state of a batch."""

    def snapshot(self, step: int) -> None:
        """Says that the state has become that of `step`."""
        ...

    def measure(self, names: tuple[str, ...], out: Tensor) -> None:
        """Writes the named scalar metrics into `out`, of shape (M, G, R)."""
        ...

    def measure_vector(self, name: str, out: Tensor) -> None:
        """Writes a vector metric into `out`, of shape (G, R, d)."""
        ...

    def split(self, name: str, rows: NDArray[np.float64]) -> list[tuple[str, Shape, NDArray[np.float64]]]:
        """Recorded rows (K, B, d) of a vector metric as series: names, shapes of a row, and rows."""
        ...


class Records:
    """The records of a batch that have not been handed over yet.

    Attributes:
        names: scalar metrics. Length M.
        schedule: steps at which scalars are recorded. Shape (K,).
        events: steps at which anything is recorded. Shape (K',).
    """

    def __init__(
        self, spec: ExperimentSpec, layout: Layout, meter: Meter, last: int, device: torch.device
    ) -> None:
        groups, runs = layout.groups, layout.runs
        self._layout, self._meter = layout, meter
        self.names = chosen_metrics(spec)
        self.schedule = recorded_steps(spec.record, last)
        iterates = parameter_steps(spec.record, last)
        self.events = np.union1d(self.schedule, iterates)
        self._scalar_at, self._iterate_at = (np.isin(self.events, s) for s in (self.schedule, iterates))
        self._own_schedule = spec.record.parameters_per_decade > 0
        self._scalars = Ring(
            ring_points(groups * runs, len(self.names)), (len(self.names), groups, runs), device
        )
        self._vectors = {
            name: Ring(ring_points(groups * runs, width), (groups, runs, width), device)
            for name, width in vector_widths(spec).items()
        }

    @property
    def capacity(self) -> int:
        """Recorded steps for which every ring has room when it is empty."""
        return min(ring.capacity for ring in (self._scalars, *self._vectors.values()))

    @property
    def free(self) -> int:
        """Recorded steps for which every ring has room now."""
        return min(ring.free for ring in (self._scalars, *self._vectors.values()))

    def record(self, place: int) -> None:
        """Measures the current state, which is that of the event at `place`."""
        step = int(self.events[place])
        self._meter.snapshot(step)
        scalar, iterate = self._scalar_at[place], self._iterate_at[place]
        if scalar:
            self._meter.measure(self.names, self._scalars.slot(step))
        for name, ring in self._vectors.items():
            own = name == "parameters" and self._own_schedule
            if iterate if own else scalar:
                self._meter.measure_vector(name, ring.slot(step))

    def take(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Scalars since the last call, which leave the ring: steps (K,), values (K, M, B)."""
        steps, values = self._scalars.take()
        return steps, values[:, :, self._layout.group, self._layout.run]

    def take_vectors(self, ends: NDArray[np.int64]) -> tuple[Vectors, ...]:
        """Vectors since the last call; each member's go as far as its end, -1 for none. Shape (B,)."""
        return tuple(part for name, ring in self._vectors.items() for part in self._parts(name, ring, ends))

    def _parts(self, name: str, ring: Ring, ends: NDArray[np.int64]) -> list[Vectors]:
        steps, values = ring.take()
        if not len(steps):
            return []
        members = values[:, self._layout.group, self._layout.run]  # (K, B, d)
        lengths = np.searchsorted(steps, ends, side="right")
        parts = self._meter.split(name, members)
        return [Vectors(part, shape, steps, rows, lengths) for part, shape, rows in parts]
