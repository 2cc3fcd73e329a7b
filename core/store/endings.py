"""How runs leave their worker: finished, failed, cancelled, or given back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    Text,
    case,
    func,
    null,
)
from sqlalchemy.types import TypeEngine

from core.store.artifacts import store_artifacts
from core.store.clock import now
from core.store.events import record
from core.store.fence import change, held_by, listed_claims, locking, ours
from core.store.listed import listed
from core.store.model import Cause, Claimed, Finish, Json, Lease, State
from core.store.tables import AnyRow, runs

_CANCELLING = runs.c.state == "cancelling"
_RESULTS: dict[str, TypeEngine[Any]] = {
    "outcome": Text(),
    "t1": BigInteger(),
    "t2": BigInteger(),
    "diverged_at": BigInteger(),
    "final": JSON(),
    "theory": JSON(),
    "provenance": JSON(),
}


def finish(conn: Connection, items: Sequence[tuple[Claimed, Finish]]) -> frozenset[str]:
    """running -> succeeded with what training found, files included; cancelling -> cancelled.

    Returns the fenced runs.
    """
    found = listed(
        conn,
        (
            (c.run_id, c.attempt, end.digest, end.last_step, *(getattr(end, name) for name in _RESULTS))
            for c, end in items
        ),
        id=Text(),
        attempt=BigInteger(),
        digest=Text(),
        last_step=BigInteger(),
        **_RESULTS,
    )

    def values(chosen: Subquery) -> dict[str, Any]:
        results = {name: _unless_cancelling(chosen.c[name], runs.c[name]) for name in _RESULTS}
        digest = func.coalesce(chosen.c.digest, runs.c.digest)
        step = func.coalesce(chosen.c.last_step, runs.c.step)
        return {
            **_ended("succeeded"),
            **results,
            "digest": _unless_cancelling(digest, runs.c.digest),
            "step": _unless_cancelling(step, runs.c.step),
        }

    def told(row: AnyRow) -> Json:
        return {"outcome": row.outcome, "t1": row.t1, "t2": row.t2}

    claims = [claimed for claimed, _ in items]
    rows = _leave(conn, ours(found), values, told)
    ends = {claimed.run_id: end for claimed, end in items}
    kept = {row.recording_id: ends[row.id].artifacts for row in rows if row.state == "succeeded"}
    store_artifacts(conn, kept)
    return held_by(claims, rows).fenced


def finish_cancelled(conn: Connection, claims: Sequence[Claimed]) -> frozenset[str]:
    """cancelling -> cancelled. A run that nobody asked to cancel is returned among the fenced ones."""
    cancelling = ours(listed_claims(conn, claims), ["cancelling"])
    rows = _leave(conn, cancelling, lambda _: _ended("cancelled"), lambda _: {})
    return held_by(claims, rows).fenced


def fail(conn: Connection, claims: Sequence[Claimed], cause: Cause, message: str) -> frozenset[str]:
    """running -> failed; cancelling -> cancelled. Returns the fenced runs."""
    why: Json = {"cause": cause, "message": message}
    values = {**_ended("failed"), **{name: _unless_cancelling(why[name], null()) for name in why}}
    rows = _leave(conn, ours(listed_claims(conn, claims)), lambda _: values, lambda _: why)
    return held_by(claims, rows).fenced


def release(conn: Connection, lease: Lease) -> frozenset[str]:
    """running -> queued, no loss counted (a drain); cancelling -> cancelled. Returns the fenced runs."""
    values = {**_ended("queued"), "finished_at": _unless_cancelling(null(), now())}

    def told(row: AnyRow) -> Json:
        return {"worker": row.worker, "attempt": row.attempt}

    rows = _leave(conn, ours(listed_claims(conn, lease.runs)), lambda _: values, told)
    return held_by(lease.runs, rows).fenced


def _unless_cancelling(value: Any, otherwise: Any) -> ColumnElement[Any]:
    return case((_CANCELLING, otherwise), else_=value)


def _ended(state: State) -> dict[str, Any]:
    return {
        "state": _unless_cancelling(state, "cancelled"),
        "lease_expires": null(),
        "finished_at": now(),
    }


_KINDS = {"succeeded": "finished", "failed": "failed", "cancelled": "cancelled", "queued": "released"}


def _leave(
    conn: Connection,
    query: Select[Any],
    values: Callable[[Subquery], Mapping[str, Any]],
    told: Callable[[AnyRow], Json],
) -> Sequence[AnyRow]:
    """Set `values` on the runs of the query and tell their histories; the rows as they are now."""
    rows = change(conn, locking(query), values)
    record(
        conn,
        (
            (row.id, row.experiment_id, _KINDS[row.state], {} if row.state == "cancelled" else told(row))
            for row in rows
        ),
    )
    return rows
