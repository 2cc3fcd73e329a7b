"""The fence, and the one way a run changes: rows chosen and locked in one order, set in one UPDATE."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    Text,
    case,
    select,
    update,
)

from core.store.listed import listed
from core.store.model import LIVE, Claimed, State
from core.store.tables import AnyRow, runs

_AFTER = [
    runs.c[name]
    for name in [
        "id",
        "experiment_id",
        "cell",
        "state",
        "outcome",
        "t1",
        "t2",
        "attempt",
        "losses",
        "worker",
        "recording_id",
    ]
]


@dataclass(frozen=True, slots=True)
class Held:
    """Runs that are still ours, with the recordings they write to, and those that are not."""

    recordings: Mapping[Claimed, int]
    fenced: frozenset[str]


def hold(conn: Connection, claims: Collection[Claimed]) -> Held:
    """Lock the rows of `claims` that are still ours until the transaction ends."""
    query = ours(listed_claims(conn, claims)).add_columns(runs.c.attempt, runs.c.recording_id)
    return held_by(claims, conn.execute(locking(query)).fetchall())


def held_by(claims: Collection[Claimed], rows: Iterable[AnyRow]) -> Held:
    """Which of `claims` are among the rows of runs that were found to be ours."""
    found = {(row.id, row.attempt): row.recording_id for row in rows}
    recordings = {c: found[c.run_id, c.attempt] for c in claims if (c.run_id, c.attempt) in found}
    return Held(recordings, frozenset(c.run_id for c in claims if c not in recordings))


def listed_claims(conn: Connection, claims: Iterable[Claimed]) -> Subquery:
    """The claims as a table of `id` and `attempt`."""
    return listed(conn, ((c.run_id, c.attempt) for c in claims), id=Text(), attempt=BigInteger())


def ours(claims: Subquery, states: Sequence[State] = LIVE) -> Select[Any]:
    """The runs of `claims` that nobody else has had since; its other columns come along."""
    others = [column for column in claims.c if column.name not in ("id", "attempt")]
    held = (runs.c.id == claims.c.id) & (runs.c.attempt == claims.c.attempt)
    return select(runs.c.id, *others).join_from(runs, claims, held).where(runs.c.state.in_(states))


def locking(query: Select[Any]) -> Select[Any]:
    """The query with its runs locked in the order of their ids, so that two writers cannot deadlock."""
    return query.order_by(runs.c.id).with_for_update(of=runs)


def change(
    conn: Connection, query: Select[Any], values: Callable[[Subquery], Mapping[str, Any]]
) -> Sequence[AnyRow]:
    """Set `values` on the runs that a locking query chose; the rows as they are now.

    `values` is given the chosen rows, for the columns they bring along.
    """
    chosen = query.subquery("chosen")
    return conn.execute(
        update(runs).where(runs.c.id == chosen.c.id).values(**values(chosen)).returning(*_AFTER)
    ).fetchall()


def later(step: ColumnElement[int]) -> ColumnElement[int]:
    """The new step of a run unless it is further already, or the new one unknown."""
    return case((step > runs.c.step, step), else_=runs.c.step)
