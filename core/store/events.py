"""The history of every run: rows that are only ever added."""

from collections.abc import Iterable, Sequence

from sqlalchemy import JSON, Connection, Text, func, insert, select

from core.store.clock import now, utc
from core.store.fence import hold
from core.store.listed import listed
from core.store.model import Claimed, Event, Json
from core.store.tables import run_events


def record(conn: Connection, happened: Iterable[tuple[str, str, str, Json]]) -> None:
    """Append (run id, experiment id, kind, data), after the runs were updated and while they are locked."""
    happened = list(happened)
    if not happened:
        return
    new = listed(conn, happened, run_id=Text(), experiment_id=Text(), kind=Text(), data=JSON())
    columns = ["at", "run_id", "experiment_id", "kind", "data"]
    conn.execute(insert(run_events).from_select(columns, select(now(), new)))


def append_events(conn: Connection, items: Sequence[tuple[Claimed, str, Json]]) -> frozenset[str]:
    """Append (claimed, kind, data) to the histories of runs that are still ours; the others are returned."""
    held = hold(conn, [claimed for claimed, _, _ in items])
    record(
        conn,
        ((c.run_id, c.experiment_id, kind, data) for c, kind, data in items if c in held.recordings),
    )
    return held.fenced


def list_events(conn: Connection, run_id: str, after: int = 0, limit: int = 1000) -> list[Event]:
    """The history of a run from the event after `after` on, oldest first."""
    query = (
        select(run_events)
        .where(run_events.c.run_id == run_id, run_events.c.seq > after)
        .order_by(run_events.c.seq)
        .limit(limit)
    )
    return [
        Event(row.seq, row.run_id, row.experiment_id, utc(row.at), row.kind, row.data)
        for row in conn.execute(query)
    ]


def last_seq(conn: Connection, run_id: str | None = None) -> int:
    """The latest event's number, of one run or of all; 0 without any.

    Over all runs it is a hint on PostgreSQL: transactions may commit in another order than they numbered.
    """
    query = select(func.coalesce(func.max(run_events.c.seq), 0))
    if run_id is not None:
        query = query.where(run_events.c.run_id == run_id)
    seq: int = conn.execute(query).scalar_one()
    return seq
