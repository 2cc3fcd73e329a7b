"""Taking runs back from workers that stopped beating."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, null, select, text

from core.store.clock import now
from core.store.events import record
from core.store.fence import change
from core.store.model import Json, Loss, ReapReport
from core.store.tables import LEASED, AnyRow, runs


def reap(conn: Connection, max_losses: int) -> ReapReport:
    """Past its lease: running -> queued with one more loss, failed at `max_losses`; cancelling -> cancelled.

    Rows that another reaper or a late beat is at work on are left to them.
    """
    expired = (
        select(runs.c.id)
        .where(text(LEASED), runs.c.lease_expires < now())
        .with_for_update(of=runs, skip_locked=True)
    )
    losses = runs.c.losses + 1

    def becomes(requeued: Any, failed: Any, cancelled: Any) -> ColumnElement[Any]:
        last = losses >= max_losses
        return case((runs.c.state == "cancelling", cancelled), (last, failed), else_=requeued)

    message = f"its worker was lost {max_losses} times without a new checkpoint in between"
    values = {
        "state": becomes("queued", "failed", "cancelled"),
        "losses": losses,
        "lease_expires": null(),
        "finished_at": becomes(null(), now(), now()),
        "cause": becomes(null(), "lost_worker", null()),
        "message": becomes(null(), message, null()),
    }
    rows = change(conn, expired, lambda _: values)
    record(conn, (event for row in rows for event in _history(row, message)))
    states = [row.state for row in rows]
    lost = tuple(Loss(row.id, row.experiment_id, row.attempt, row.worker, row.state) for row in rows)
    return ReapReport(states.count("queued"), states.count("failed"), states.count("cancelled"), lost)


def _history(row: AnyRow, message: str) -> Iterator[tuple[str, str, str, Json]]:
    if row.state == "cancelled":
        yield row.id, row.experiment_id, "cancelled", {}
        return
    lost = {"worker": row.worker, "attempt": row.attempt, "losses": row.losses}
    yield row.id, row.experiment_id, "lost", lost
    if row.state == "failed":
        yield row.id, row.experiment_id, "failed", {"cause": "lost_worker", "message": message}
