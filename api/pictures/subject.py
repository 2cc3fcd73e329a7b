"""What a picture is of: the runs of an experiment with what it takes to place and to name them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.run_cell import cells_with_steps
from core.figures import Place
from core.spec import ExperimentSpec
from core.store import Database, Run, family_of, list_runs

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class PictureRun:
    """What a picture needs of a run.

    Attributes:
        over: whether it has succeeded.
        spec: of the experiment, as JSON, that all runs share.
    """

    id: str
    cell: int
    recording_id: int
    attempt: int
    seed: int
    axes: Mapping[str, Any]
    over: bool
    outcome: str | None
    steps: int
    t1: int | None
    t2: int | None
    theory: Mapping[str, Any]
    final: Mapping[str, float]
    spec: Mapping[str, Any]

    @classmethod
    def of(cls, run: Run, spec: Mapping[str, Any]) -> "PictureRun":
        """These fields of the run."""
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
            run.theory or {},
            run.final,
            spec,
        )

    @property
    def place(self) -> Place:
        """Where it stands in its experiment."""
        return Place(self.axes, self.seed)

    @property
    def marks(self) -> tuple[int, ...]:
        """t1 and t2 as far as they are known."""
        return tuple(step for step in (self.t1, self.t2) if step is not None)

    def told(self) -> tuple[object, ...]:
        """What changes whenever a picture of the run may, but for its series."""
        return self.id, self.recording_id, self.attempt, self.over, self.outcome, self.steps, self.t1, self.t2

    def at(self, pointer: str) -> Any:
        """What its spec has at a JSON pointer, its seed at `seed`; None for nothing."""
        if pointer == "seed":
            return self.seed
        if pointer == "/steps":
            return self.steps
        # An axis may hold whole objects, in which the rest of the pointer goes on.
        under = [axis for axis in self.axes if pointer == axis or pointer.startswith(axis + "/")]
        axis = max(under, key=len, default="")
        found: Any = self.axes[axis] if axis else self.spec
        for part in pointer[len(axis) :].split("/")[1:]:
            found = found.get(part) if isinstance(found, Mapping) else None
        return found


@dataclass(frozen=True, slots=True)
class Subject:
    """An experiment, or one run of it.

    Attributes:
        tags: of the experiment; none of a run alone.
        spec: of the experiment, resolved.
        runs: in cell order.
        finer: how many of them, the last ones, are runs of experiments that refine this one; they have no
            cell in its spec.
    """

    id: str
    name: str | None
    tags: Sequence[str]
    spec: ExperimentSpec
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


def all_runs(db: Database, experiment_id: str, spec: Mapping[str, Any]) -> list[PictureRun]:
    """The runs of an experiment with this spec in cell order, read page by page."""
    found: list[PictureRun] = []
    after: int | None = None
    while True:
        with db.read() as conn:
            runs = list_runs(conn, experiment_id, limit=_PAGE, after_cell=after)
        found += [PictureRun.of(run, spec) for run in runs]
        if len(runs) < _PAGE:
            return found
        after = runs[-1].cell


def with_finer(db: Database, subject: Subject) -> Subject:
    """An experiment together with the runs of those that refine it, as analyses take them."""
    with db.read() as conn:
        finer = family_of(conn, subject.id)[1:]
    # They differ from it in their axes alone.
    spec = subject.runs[0].spec
    runs = [run for one in finer for run in all_runs(db, one, spec)]
    return replace(subject, runs=[*subject.runs, *runs], finer=len(runs))
