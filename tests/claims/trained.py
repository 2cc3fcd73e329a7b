"""Runs of the golden spec with changed fields, planned and trained as the product does it, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.spec import Cell, ExperimentSpec, plan
from core.training import Result
from tests.core.training.memory import Memory, cells_of, run

GOLDEN_SIGNAL = 0.1570837
"""||a*||_2 of the golden instance."""
GOLDEN_GAP = 0.0695463
"""||a_LS - a*||_inf of the golden instance."""


Axis = tuple[str, Sequence[Any]] | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """One trained cell."""

    cell: Cell
    memory: Memory
    member: int

    @property
    def spec(self) -> ExperimentSpec:
        return self.cell.spec

    @property
    def result(self) -> Result:
        return self.memory.results[self.member]

    @property
    def steps(self) -> NDArray[np.int64]:
        return self.memory.steps(self.member)

    def series(self, name: str) -> NDArray[np.float64]:
        return self.memory.series(name, self.member)

    def at(self, name: str, step: int) -> float:
        return self.memory.at(name, step, self.member)

    def vectors(self, name: str) -> NDArray[np.float64]:
        """Recorded rows of a vector series. Shape (K, *shape)."""
        return self.memory.vectors(name, self.member)[1]


def trained(*axes: Axis, seeds: tuple[int, int] | None = None, **over: Any) -> list[Run]:
    """The runs of a sweep over `axes` (pointer and values, or whole; last fastest), seeds (start, count)."""
    return trained_cells(cells_of(**over, sweep=sweep_of(axes, seeds)))


def sweep_of(axes: Sequence[Axis], seeds: tuple[int, int] | None) -> dict[str, Any]:
    """The field `sweep` of a spec."""
    whole = [axis if isinstance(axis, dict) else {"path": axis[0], "values": list(axis[1])} for axis in axes]
    found: dict[str, Any] = {"axes": whole}
    if seeds is not None:
        found["seeds"] = {"start": seeds[0], "count": seeds[1]}
    return found


def trained_cells(cells: Sequence[Cell]) -> list[Run]:
    """The runs of these cells, in their order."""
    runs: dict[int, Run] = {}
    for batch in plan(cells):
        memory, _ = run([cells[member] for member in batch.members])
        for place, position in enumerate(batch.members):
            runs[position] = Run(cells[position], memory, place)
    return [runs[position] for position in range(len(cells))]


def tick(step: int | None, every: int = 1000) -> int | None:
    """The first step of the published evaluation schedule that sees what happens at `step`."""
    return step if step is None or step < 1000 else -(-step // every) * every


def record(*metrics: str, per_decade: int = 20, first: int = 0) -> dict[str, Any]:
    """A sparse schedule of the named metrics."""
    return {"metrics": list(metrics), "per_decade": per_decade, "first": first}
