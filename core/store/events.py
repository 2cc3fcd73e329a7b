"""The history of every run: rows that are only ever added."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import JSON, BigInteger, Connection, Subquery, Text, func, insert, select

from core.store.clock import now, utc
from core.store.fence import change, held_by, locking, ours
from core.store.listed import listed
from core.store.model import Claimed, Event, Json
from core.store.tables import run_events, runs

CROSSINGS = ("t1", "t2", "diverged_at")


def record(conn: Connection, happened: Iterable[tuple[str, str, str, Json]]) -> None:
    """Append (run id, experiment id, kind, data), after the runs were updated and while they are locked."""
    happened = list(happened)
    if not happened:
        return
    new = listed(conn, happened, run_id=Text(), experiment_id=Text(), kind=Text(), data=JSON())
    columns = ["at", "run_id", "experiment_id", "kind", "data"]
    conn.execute(insert(run_events).from_select(columns, select(now(), new)))


def note_crossings(conn: Connection, items: Sequence[tuple[Claimed, Mapping[str, int]]]) -> frozenset[str]:
    """Store t1, t2 and diverged_at as soon as they are known, in the run and in its history.

    `items` are (claimed, {"t1": step, ...}); runs that are no longer ours are returned.
    """
    found = listed(
        conn,
        ((c.run_id, c.attempt, *(steps.get(name) for name in CROSSINGS)) for c, steps in items),
        id=Text(),
        attempt=BigInteger(),
        **{name: BigInteger() for name in CROSSINGS},
    )

    def values(chosen: Subquery) -> dict[str, Any]:
        return {name: func.coalesce(chosen.c[name], runs.c[name]) for name in CROSSINGS}

    held = held_by([claimed for claimed, _ in items], change(conn, locking(ours(found)), values))
    record(
        conn,
        (
            (c.run_id, c.experiment_id, name, {"step": step})
            for c, steps in items
            if c in held.recordings
            for name, step in sorted(steps.items(), key=itemgetter(1))
        ),
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
