"""What one run trains: its cell of the experiment, with the steps of its own."""

from collections.abc import Iterable
from typing import Protocol

from core.spec import Cell, ExperimentSpec, cells_at
from core.store import Run


class Placed(Protocol):
    """What has a place among the cells of an experiment."""

    @property
    def cell(self) -> int: ...


def cell_of(spec: ExperimentSpec, run: Run) -> Cell:
    """The cell of a run; one that was extended has more steps than the experiment asks of the others."""
    (cell,) = cells_with_steps(spec, run.steps, [run])
    return cell


def cells_with_steps(spec: ExperimentSpec, steps: int, runs: Iterable[Placed]) -> list[Cell]:
    """The cells of runs that all have so many steps, or whose steps are swept."""
    return cells_at(spec.model_copy(update={"steps": steps}), (run.cell for run in runs))
