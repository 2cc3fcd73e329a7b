"""What one run trains: its cell of the experiment, with the steps of its own."""

from core.spec import Cell, cells_at, parse_spec
from core.store import Experiment, Run


def cell_of(experiment: Experiment, run: Run) -> Cell:
    """The cell of a run; one that was extended has more steps than the experiment asks of the others."""
    (cell,) = cells_with_steps(experiment, run.steps, [run])
    return cell


def cells_with_steps(experiment: Experiment, steps: int, runs: list[Run]) -> list[Cell]:
    """The cells of runs that all have so many steps, or whose steps are swept."""
    spec = parse_spec(experiment.spec).model_copy(update={"steps": steps})
    return cells_at(spec, (run.cell for run in runs))
