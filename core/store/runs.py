"""Asking for runs, and asking them to stop."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, Text, bindparam, case, func, null, select

from core.store.clock import now, utc, utc_or_none
from core.store.events import record
from core.store.fence import change, locking
from core.store.listed import listed
from core.store.model import STATES, Counts, Run
from core.store.tables import AnyRow, runs

_COLUMNS = [column for column in runs.c if column.name not in ("lease_expires", "short")]
# Built once: building it would cost more than executing it.
_ONE = select(*_COLUMNS).where(runs.c.id == bindparam("run"))


def get_run(conn: Connection, run_id: str) -> Run | None:
    """The run of that id."""
    row = conn.execute(_ONE, {"run": run_id}).first()
    return None if row is None else _run(row)


def get_runs(conn: Connection, ids: Collection[str]) -> list[Run]:
    """Those of the runs that there are."""
    asked = listed(conn, ((run_id,) for run_id in ids), id=Text())
    return [_run(row) for row in conn.execute(select(*_COLUMNS).join(asked, asked.c.id == runs.c.id))]


def list_runs(
    conn: Connection, experiment_id: str, *, limit: int, after_cell: int | None = None
) -> list[Run]:
    """Up to `limit` runs of an experiment in cell order, from the one after `after_cell` on."""
    query = select(*_COLUMNS).where(runs.c.experiment_id == experiment_id).order_by(runs.c.cell).limit(limit)
    if after_cell is not None:
        query = query.where(runs.c.cell > after_cell)
    return [_run(row) for row in conn.execute(query)]


def counts(conn: Connection, experiment_id: str) -> Counts:
    """How many runs of an experiment are in each state."""
    query = (
        select(runs.c.state, func.count()).where(runs.c.experiment_id == experiment_id).group_by(runs.c.state)
    )
    found = {state: n for state, n in conn.execute(query)}
    return {state: found.get(state, 0) for state in STATES}


def cancel_experiment(conn: Connection, experiment_id: str) -> int:
    """Cancel every run that is not over: queued -> cancelled, running -> cancelling. How many that were."""
    return _cancel(conn, runs.c.experiment_id == experiment_id)


def cancel_run(conn: Connection, run_id: str) -> bool:
    """Cancel one run: queued -> cancelled, running -> cancelling. Whether there was anything to cancel."""
    return _cancel(conn, runs.c.id == run_id) > 0


def waiting_devices(conn: Connection, experiment_id: str) -> list[str]:
    """The device of each batch of an experiment that waits to be claimed."""
    query = (
        select(runs.c.device)
        .where(runs.c.experiment_id == experiment_id, runs.c.state == "queued")
        .group_by(runs.c.batch_key, runs.c.device)
    )
    return list(conn.execute(query).scalars())


def _cancel(conn: Connection, which: ColumnElement[bool]) -> int:
    # One statement for both states: a run must not slip from one to the other between two.
    waiting = runs.c.state == "queued"
    rows = change(
        conn,
        locking(select(runs.c.id).where(which, runs.c.state.in_(["queued", "running"]))),
        lambda _: {
            "state": case((waiting, "cancelled"), else_="cancelling"),
            "finished_at": case((waiting, now()), else_=null()),
        },
    )
    record(conn, ((row.id, row.experiment_id, row.state, {}) for row in rows))
    return len(rows)


def _run(row: AnyRow) -> Run:
    fields = dict(row._mapping)
    fields["created_at"] = utc(fields["created_at"])
    for name in ("started_at", "finished_at"):
        fields[name] = utc_or_none(fields[name])
    return Run(**fields)
