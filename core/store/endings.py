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
_KINDS = {"succeeded": "finished", "failed": "failed", "cancelled": "cancelled", "queued": "released"}
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


def split(
    conn: Connection, lease: Lease, parts: Sequence[Sequence[Claimed]], cause: Cause, message: str
) -> frozenset[str]:
    """running -> queued, each of `parts` of the lease as a batch of its own; cancelling -> cancelled.

    For a batch that is too large for its worker: no loss is counted, and those before are forgotten, since
    what lost them was another batch. Returns the fenced runs.
    """
    claims = [claimed for part in parts for claimed in part]
    # Attempts never come again, and so neither do the keys.
    rows = ((c.run_id, c.attempt, _key(lease, part[0])) for part in parts for c in part)
    chosen = listed(conn, rows, id=Text(), attempt=BigInteger(), new_key=Text())
    sizes = {claimed.run_id: len(part) for part in parts for claimed in part}

    def values(chosen: Subquery) -> dict[str, Any]:
        return {
            **_ended("queued"),
            "finished_at": _unless_cancelling(null(), now()),
            "batch_key": chosen.c.new_key,
            "losses": 0,
        }

    def told(row: AnyRow) -> Json:
        why: Json = {"cause": cause, "message": message, "batch_runs": sizes[row.id]}
        return {"worker": row.worker, "attempt": row.attempt, **why}

    return held_by(claims, _leave(conn, ours(chosen), values, told, _KINDS | {"queued": "split"})).fenced


def _key(lease: Lease, first: Claimed) -> str:
    return f"{lease.batch_key}/{first.cell}.{first.attempt}"


def _unless_cancelling(value: Any, otherwise: Any) -> ColumnElement[Any]:
    return case((_CANCELLING, otherwise), else_=value)


def _ended(state: State) -> dict[str, Any]:
    return {
        "state": _unless_cancelling(state, "cancelled"),
        "lease_expires": null(),
        "finished_at": now(),
    }


def _leave(
    conn: Connection,
    query: Select[Any],
    values: Callable[[Subquery], Mapping[str, Any]],
    told: Callable[[AnyRow], Json],
    kinds: Mapping[str, str] = _KINDS,
) -> Sequence[AnyRow]:
    """Set `values` on the runs of the query and tell their histories; the rows as they are now."""
    rows = change(conn, locking(query), values)
    record(
        conn,
        (
            (row.id, row.experiment_id, kinds[row.state], {} if row.state == "cancelled" else told(row))
            for row in rows
        ),
    )
    return rows
