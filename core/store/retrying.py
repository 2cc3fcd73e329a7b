"""Queueing again what failed or was cancelled: a user alone takes a run out of such an end."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, null, select

from core.store.events import record
from core.store.fence import change, locking
from core.store.tables import runs

_ENDED = runs.c.state.in_(["failed", "cancelled"])


def retry_experiment(conn: Connection, experiment_id: str) -> int:
    """failed | cancelled -> queued, for every such run of an experiment. How many that were."""
    return _retry(conn, runs.c.experiment_id == experiment_id)


def retry_run(conn: Connection, run_id: str) -> bool:
    """failed | cancelled -> queued, for one run. Whether it was in such a state."""
    return _retry(conn, runs.c.id == run_id) > 0


class Left(NamedTuple):
    """Runs that can be retried, and the steps that they still have to go in all."""

    runs: int
    steps: int


def left_of_experiment(conn: Connection, experiment_id: str) -> Left:
    """What a retry of the experiment would train."""
    return _left(conn, runs.c.experiment_id == experiment_id)


def left_of_run(conn: Connection, run_id: str) -> Left:
    """What a retry of the run would train."""
    return _left(conn, runs.c.id == run_id)


def unended() -> dict[str, Any]:
    """What a run must have to be queued again: nothing that tells of an end, and no loss counted."""
    gone = ("outcome", "cause", "message", "theory", "provenance", "finished_at", "lease_expires")
    return {"state": "queued", "losses": 0, "final": {}, **{name: null() for name in gone}}


def _left(conn: Connection, which: ColumnElement[bool]) -> Left:
    steps = func.coalesce(func.sum(runs.c.steps - runs.c.step), 0)
    row = conn.execute(select(func.count(), steps).where(which, _ENDED)).one()
    return Left(row[0], int(row[1]))


def _retry(conn: Connection, which: ColumnElement[bool]) -> int:
    # Whoever claims a run goes on from its kept state, and deletes what was recorded after it.
    ended = select(runs.c.id).where(which, _ENDED)
    rows = change(conn, locking(ended), lambda _: unended())
    record(conn, ((row.id, row.experiment_id, "retried", {}) for row in rows))
    return len(rows)
