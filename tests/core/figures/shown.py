"""Runs made up for verdicts, without training."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.figures import Place, Track

NOTHING = Track(np.empty(0, np.int64), np.empty(0))


@dataclass
class Shown:
    """A run that shows what a test says."""

    id: str = "run_1"
    seed: int = 0
    t1: int | None = None
    t2: int | None = None
    axes: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    final: Mapping[str, float] = field(default_factory=dict)
    theory: Mapping[str, Any] = field(default_factory=dict)
    tracks: Mapping[str, Track] = field(default_factory=dict)
    state: str = "succeeded"
    steps: int = 100

    @property
    def place(self) -> Place:
        return Place(self.axes, self.seed)

    def evidence(self) -> "Shown":
        return self

    def at(self, pointer: str) -> Any:
        return {**self.fields, **self.axes}.get(pointer)

    def track(self, metric: str) -> Track:
        return self.tracks.get(metric, NOTHING)


def track(*values: float, every: int = 1) -> Track:
    """Values at the steps 0, every, 2 every, ..."""
    return Track(np.arange(len(values)) * every, np.array(values, dtype=float))
