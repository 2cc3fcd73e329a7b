"""The runs of an experiment that an answer is about, without all else that is known of them."""

from typing import Any, NamedTuple

from api.errors import Fault, InvalidRequest
from api.lookup import is_run_id
from core.store import Database, Run, get_runs, list_runs

_PAGE = 500


class ChosenRun(NamedTuple):
    """What an answer about many runs needs of each."""

    id: str
    recording_id: int
    attempt: int
    seed: int
    axes: dict[str, Any]
    t1: int | None
    t2: int | None

    @classmethod
    def of(cls, run: Run) -> "ChosenRun":
        """These fields of the run."""
        return cls(run.id, run.recording_id, run.attempt, run.seed, run.axes, run.t1, run.t2)

    @property
    def crossings(self) -> tuple[int, ...]:
        """t1 and t2 as far as they are known."""
        return tuple(step for step in (self.t1, self.t2) if step is not None)


def choose_runs(db: Database, experiment_id: str, asked: list[str] | None = None) -> list[ChosenRun]:
    """The asked runs, or all, in cell order. Raises InvalidRequest for runs of other experiments."""
    if asked is not None:
        return _these(db, experiment_id, asked)
    found: list[ChosenRun] = []
    after: int | None = None
    while True:
        with db.read() as conn:
            runs = list_runs(conn, experiment_id, limit=_PAGE, after_cell=after)
        found += map(ChosenRun.of, runs)
        if len(runs) < _PAGE:
            return found
        after = runs[-1].cell


def _these(db: Database, experiment_id: str, asked: list[str]) -> list[ChosenRun]:
    ids = {run_id for run_id in asked if is_run_id(run_id)}
    with db.read() as conn:
        runs = [run for run in get_runs(conn, ids) if run.experiment_id == experiment_id]
    known = {run.id for run in runs}
    for run_id in asked:
        if run_id not in known:
            fault = Fault("/query/run", f"a run of {experiment_id}", run_id)
            raise InvalidRequest(f"{fault.pointer}: must be {fault.message}", [fault])
    return [ChosenRun.of(run) for run in sorted(runs, key=lambda run: run.cell)]
