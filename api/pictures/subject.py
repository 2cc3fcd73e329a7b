"""What a picture is of: the runs of an experiment with what it takes to place and to name them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from api.run_cell import cells_with_steps
from core.spec import ExperimentSpec
from core.store import Database, Run, family_of, list_runs

_PAGE = 1000


class PictureRun(NamedTuple):
    """What a picture needs of a run; `delay` is predicted, `final` None until it has ended."""

    id: str
    cell: int
    recording_id: int
    attempt: int
    seed: int
    axes: dict[str, Any]
    over: bool
    outcome: str | None
    steps: int
    t1: int | None
    t2: int | None
    predicted_delay: float | None
    final: Mapping[str, float]

    @classmethod
    def of(cls, run: Run) -> "PictureRun":
        """These fields of the run."""
        theory = run.theory or {}
        return cls(
            run.id,
            run.cell,
            run.recording_id,
            run.attempt,
            run.seed,
            run.axes,
            run.state == "succeeded",
            run.outcome,
            run.steps,
            run.t1,
            run.t2,
            theory.get("delay"),
            run.final,
        )

    @property
    def predicted_t2(self) -> float | None:
        """Where theory expects t2, after the t1 that was measured."""
        return None if self.t1 is None or self.predicted_delay is None else self.t1 + self.predicted_delay

    @property
    def marks(self) -> tuple[int, ...]:
        """t1 and t2 as far as they are known."""
        return tuple(step for step in (self.t1, self.t2) if step is not None)

    def told(self) -> tuple[object, ...]:
        """What changes whenever a picture of the run may, but for its series."""
        return self.id, self.recording_id, self.attempt, self.over, self.outcome, self.steps, self.t1, self.t2

    def value(self, name: str) -> float | None:
        """A time, or a metric at the last step; None where there is none that is finite."""
        delay = None if self.t1 is None or self.t2 is None else self.t2 - self.t1
        found: float | None
        match name:
            case "t1":
                found = self.t1
            case "t2":
                found = self.t2
            case "delay":
                found = delay
            case "theory_delay":
                found = self.predicted_delay
            case "theory_ratio":
                found = delay / self.predicted_delay if delay is not None and self.predicted_delay else None
            case _:
                found = self.final.get(name)
        return found if found is not None and math.isfinite(found) else None


@dataclass(frozen=True, slots=True)
class Subject:
    """An experiment, or one run of it.

    Attributes:
        spec: of the experiment, resolved.
        data: the same as JSON.
        runs: in cell order.
        finer: how many of them, the last ones, are runs of experiments that refine this one; they have no
            cell in its spec.
    """

    id: str
    name: str | None
    spec: ExperimentSpec
    data: Mapping[str, Any]
    runs: Sequence[PictureRun]
    finer: int = 0

    def cell_spec(self, run: PictureRun) -> ExperimentSpec:
        """The one-cell spec of a run."""
        (cell,) = cells_with_steps(self.spec, run.steps, [run])
        return cell.spec

    @property
    def axes(self) -> list[str]:
        """Pointers that are swept over more than one value, one for each axis."""
        sweep = self.spec.sweep
        return [axis.swept[0] for axis in (sweep.axes if sweep else ()) if len(axis) > 1]

    @property
    def swept(self) -> list[str]:
        """Every pointer that is swept."""
        sweep = self.spec.sweep
        return [path for axis in (sweep.axes if sweep else ()) for path in axis.swept]

    def setting(self, run: PictureRun, path: str) -> Any:
        """What a pointer leads to in the spec of a run; None where that is nothing. `seed` is its seed."""
        if path == "seed":
            return run.seed
        # An axis may hold whole objects, in which the rest of the pointer goes on.
        under = [axis for axis in run.axes if path == axis or path.startswith(axis + "/")]
        axis = max(under, key=len, default="")
        found: Any = run.axes[axis] if axis else self.data
        for part in path[len(axis) :].split("/")[1:]:
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def numbers(self, run: PictureRun, product: str) -> float | None:
        """A number of the spec of a run, or the product `a*b` of several; None where one is no number."""
        result = 1.0
        for path in product.split("*"):
            factor = self.setting(run, path)
            if not isinstance(factor, int | float) or isinstance(factor, bool):
                return None
            result *= factor
        return result if math.isfinite(result) else None


def all_runs(db: Database, experiment_id: str) -> list[PictureRun]:
    """The runs of an experiment in cell order, read page by page."""
    found: list[PictureRun] = []
    after: int | None = None
    while True:
        with db.read() as conn:
            runs = list_runs(conn, experiment_id, limit=_PAGE, after_cell=after)
        found += map(PictureRun.of, runs)
        if len(runs) < _PAGE:
            return found
        after = runs[-1].cell


def with_finer(db: Database, subject: Subject) -> Subject:
    """An experiment together with the runs of those that refine it, as analyses take them."""
    with db.read() as conn:
        finer = family_of(conn, subject.id)[1:]
    runs = [run for one in finer for run in all_runs(db, one)]
    return replace(subject, runs=[*subject.runs, *runs], finer=len(runs))
