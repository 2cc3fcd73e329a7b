"""Addresses that want to be told of what happens, and what has happened for them to be told of."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import Connection, delete, func, insert, select, update

from core.store.clock import now, utc
from core.store.deletion import size_of
from core.store.events import last_seq
from core.store.experiments import get_experiments
from core.store.history import Topic, last_seq_of
from core.store.ids import new_id
from core.store.model import TERMINAL, Experiment, Run
from core.store.runs import get_runs
from core.store.tables import AnyRow, deliveries, run_events, webhooks

WebhookEvent = Literal["run.t2", "run.succeeded", "run.failed", "experiment.ended"]
WEBHOOK_EVENTS: tuple[WebhookEvent, ...] = get_args(WebhookEvent)

# Numbers of events whose transactions may still be open when a webhook is made.
_MARGIN = 10_000
_ENDED: WebhookEvent = "experiment.ended"
_OF_KIND: dict[str, WebhookEvent | None] = {
    "t2": "run.t2",
    "finished": "run.succeeded",
    "reused": "run.succeeded",
    "failed": "run.failed",
    # Ends an experiment as the others do, and is told of with it.
    "cancelled": None,
}


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """What is asked for: `experiment_id` and `tag` narrow it down to one experiment, or those with a tag."""

    url: str
    events: tuple[WebhookEvent, ...]
    secret: str
    experiment_id: str | None
    tag: str | None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told of events from its creation on, those beyond the number `position` not yet."""

    id: str
    url: str
    events: tuple[WebhookEvent, ...]
    secret: str
    experiment_id: str | None
    tag: str | None
    position: int
    created_at: datetime
    owner: str | None

    def wants(self, notice: "Notice") -> bool:
        """Whether it is to be told."""
        return (
            notice.event in self.events
            and notice.at >= self.created_at
            and self.experiment_id in (None, notice.experiment.id)
            and (self.tag is None or self.tag in notice.experiment.tags)
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told: `seq` and `at` are those of the run's event; `run` is None for experiments."""

    event: WebhookEvent
    seq: int
    at: datetime
    experiment: Experiment
    run: Run | None
    step: int | None


def insert_webhook(conn: Connection, new: NewWebhook) -> Webhook:
    """Keep a webhook, for what happens from now on."""
    row = {
        "id": new_id("whk_"),
        "url": new.url,
        "events": list(new.events),
        "secret": new.secret,
        "experiment_id": new.experiment_id,
        "tag": new.tag,
        "owner": new.owner,
        "position": max(0, last_seq(conn) - _MARGIN),
    }
    made = conn.execute(insert(webhooks).values(**row, created_at=now()).returning(webhooks))
    return _webhook(made.one())


def get_webhook(conn: Connection, webhook_id: str) -> Webhook | None:
    """The webhook of that id."""
    row = conn.execute(select(webhooks).where(webhooks.c.id == webhook_id)).first()
    return None if row is None else _webhook(row)


def list_webhooks(conn: Connection, *, limit: int, before: str | None = None) -> list[Webhook]:
    """Up to `limit` webhooks, newest first, from the one made before `before` on."""
    query = select(webhooks).order_by(webhooks.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(webhooks.c.id < before)
    return [_webhook(row) for row in conn.execute(query)]


def count_webhooks(conn: Connection) -> int:
    """How many there are."""
    return int(conn.execute(select(func.count()).select_from(webhooks)).scalar_one())


def delete_webhook(conn: Connection, webhook_id: str) -> int:
    """Forget a webhook with its deliveries: the bytes of their bodies."""
    mine = deliveries.c.webhook_id == webhook_id
    freed = conn.execute(select(size_of(deliveries.c.body)).where(mine)).scalar_one()
    conn.execute(delete(webhooks).where(webhooks.c.id == webhook_id))
    return int(freed)


def webhooks_behind(conn: Connection, upto: int) -> list[Webhook]:
    """Webhooks that were not told of everything up to the event `upto`, those furthest behind first."""
    query = select(webhooks).where(webhooks.c.position < upto).order_by(webhooks.c.position, webhooks.c.id)
    return [_webhook(row) for row in conn.execute(query)]


def advance_webhook(conn: Connection, webhook: Webhook, position: int) -> bool:
    """Move on to `position`; False where somebody else did, or the webhook has gone."""
    mine = (webhooks.c.id == webhook.id) & (webhooks.c.position == webhook.position)
    return conn.execute(update(webhooks).where(mine).values(position=position)).rowcount == 1


def notices_between(conn: Connection, after: int, upto: int) -> list[Notice]:
    """What happened with numbers in (after, upto], as it can be told now, oldest first."""
    query = (
        select(run_events)
        .where(run_events.c.seq > after, run_events.c.seq <= upto, run_events.c.kind.in_(_OF_KIND))
        .order_by(run_events.c.seq)
    )
    events = conn.execute(query).fetchall()
    experiments = {one.id: one for one in get_experiments(conn, {row.experiment_id for row in events})}
    runs = {one.id: one for one in get_runs(conn, {row.run_id for row in events})}
    found: list[Notice] = []
    for row in events:
        experiment, run, event = experiments[row.experiment_id], runs[row.run_id], _OF_KIND[row.kind]
        if event is not None:
            step = row.data["step"] if event == "run.t2" else None
            found.append(Notice(event, row.seq, utc(row.at), experiment, run, step))
    return sorted([*found, *_ends(conn, events, list(experiments.values()))], key=lambda one: one.seq)


def _ends(conn: Connection, events: Sequence[AnyRow], experiments: Collection[Experiment]) -> list[Notice]:
    """Experiments that ended with one of the events."""
    found = []
    for experiment in experiments:
        if experiment.state in TERMINAL:
            last = last_seq_of(conn, Topic("experiment", experiment.id))
            found += [
                Notice(_ENDED, row.seq, utc(row.at), experiment, None, None)
                for row in events
                if row.seq == last
            ]
    return found


def _webhook(row: AnyRow) -> Webhook:
    fields = dict(row._mapping)
    return Webhook(**{**fields, "events": tuple(row.events), "created_at": utc(row.created_at)})
