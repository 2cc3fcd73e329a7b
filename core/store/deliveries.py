"""What webhooks are told: kept until it has arrived or was given up, sent by one at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, delete, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from core.store.clock import now, utc, utc_or_none
from core.store.ids import new_id
from core.store.tables import PENDING, AnyRow, deliveries, webhooks
from core.store.webhooks import WebhookEvent

DeliveryState = Literal["pending", "delivered", "failed"]
SECONDS_A_DAY = 86_400
_OF_ONE_WEBHOOK = 4
"""Deliveries of one webhook that are sent at once: a slow one shall not hold up the others."""


class NewDelivery(NamedTuple):
    """What is to be told; the body has the delivery's `id` in it."""

    id: str
    webhook_id: str
    event: WebhookEvent
    seq: int
    body: bytes


class Due(NamedTuple):
    """A delivery that is ours to send until its claim lapses; `attempts` counts this attempt too."""

    id: str
    event: WebhookEvent
    url: str
    secret: str
    body: bytes
    attempts: int


class Arrival(NamedTuple):
    """How an attempt ended: the status of the answer, if any, and what was wrong, None if nothing was."""

    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it stands: `next_at` is when it is sent next, None once it has ended."""

    id: str
    webhook_id: str
    event: WebhookEvent
    state: DeliveryState
    attempts: int
    status: int | None
    error: str | None
    created_at: datetime
    next_at: datetime | None
    ended_at: datetime | None


def new_delivery_id() -> str:
    """The id of a delivery that is to be made."""
    return new_id("dlv_")


def insert_deliveries(conn: Connection, new: Sequence[NewDelivery]) -> None:
    """Keep deliveries, due at once; those that are kept already are left alone."""
    if not new:
        return
    dialect = sqlite if conn.dialect.name == "sqlite" else postgresql
    at: float = conn.execute(select(now())).scalar_one()
    fields = {"state": "pending", "attempts": 0, "next_at": at, "created_at": at}
    conn.execute(dialect.insert(deliveries).on_conflict_do_nothing(), [one._asdict() | fields for one in new])


def claim_deliveries(conn: Connection, limit: int, seconds: float) -> list[Due]:
    """Take up to `limit` deliveries that are due, for so long: nobody else sends them meanwhile."""
    due = (deliveries.c.next_at <= now()) & text(PENDING)
    place = func.row_number().over(
        partition_by=deliveries.c.webhook_id, order_by=(deliveries.c.next_at, deliveries.c.id)
    )
    ranked = select(deliveries.c.id, deliveries.c.next_at, place.label("place")).where(due).subquery()
    chosen = (
        select(ranked.c.id).where(ranked.c.place <= _OF_ONE_WEBHOOK).order_by(ranked.c.next_at).limit(limit)
    )
    # The condition again: of two who chose the same, the second finds it put off.
    put_off = {"attempts": deliveries.c.attempts + 1, "next_at": now() + seconds}
    taken = update(deliveries).where(deliveries.c.id.in_(chosen), due).values(put_off)
    ids = conn.execute(taken.returning(deliveries.c.id)).scalars().all()
    query = (
        select(deliveries, webhooks.c.url, webhooks.c.secret)
        .join(webhooks, webhooks.c.id == deliveries.c.webhook_id)
        .where(deliveries.c.id.in_(ids))
        .order_by(deliveries.c.id)
    )
    return [Due(r.id, r.event, r.url, r.secret, r.body, r.attempts) for r in conn.execute(query)]


def settle_delivery(conn: Connection, due: Due, result: Arrival, retry_in: float | None) -> None:
    """Write down how an attempt ended; a failed one is made again in so many seconds, or never.

    Changes nothing where the claim has lapsed and somebody else has taken the delivery.
    """
    state = "delivered" if result.error is None else "failed" if retry_in is None else "pending"
    values: dict[str, Any] = {"state": state, "status": result.status, "error": result.error}
    if state == "pending":
        values |= {"next_at": now() + (retry_in or 0.0)}
    else:
        values |= {"ended_at": now()}
    mine = (deliveries.c.id == due.id) & (deliveries.c.attempts == due.attempts)
    conn.execute(update(deliveries).where(mine, text(PENDING)).values(values))


def list_deliveries(
    conn: Connection,
    webhook_id: str,
    *,
    limit: int,
    before: str | None = None,
    state: DeliveryState | None = None,
) -> list[Delivery]:
    """Up to `limit` deliveries of a webhook, newest first, from the one made before `before` on."""
    query = select(deliveries).where(deliveries.c.webhook_id == webhook_id)
    if before is not None:
        query = query.where(deliveries.c.id < before)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    return [_delivery(row) for row in conn.execute(query.order_by(deliveries.c.id.desc()).limit(limit))]


def forget_deliveries(conn: Connection, days: float) -> int:
    """Forget deliveries that ended longer ago than `days`: how many."""
    old = deliveries.c.ended_at < now() - days * SECONDS_A_DAY
    return conn.execute(delete(deliveries).where(old)).rowcount


def _delivery(row: AnyRow) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        event=row.event,
        state=row.state,
        attempts=row.attempts,
        status=row.status,
        error=row.error,
        created_at=utc(row.created_at),
        next_at=utc(row.next_at) if row.state == "pending" else None,
        ended_at=utc_or_none(row.ended_at),
    )
