"""The history of runs and experiments for those who follow it: every event with the state it left behind."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, func, null, or_, select

from core.store.clock import utc
from core.store.events import CROSSINGS
from core.store.model import Event, State
from core.store.tables import AnyRow, run_events, runs

# Events that one look scans for those of an experiment: no index leads to them, but they lie close together.
SCANNED_A_LOOK = 50_000

_AFTER: Mapping[str, State] = {
    "created": "queued",
    "reused": "succeeded",
    "claimed": "running",
    "resumed": "running",
    "restarted": "running",
    "released": "queued",
    "retried": "queued",
    "extended": "queued",
    "split": "queued",
    "lost": "queued",
    "cancelling": "cancelling",
    "finished": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}
# What an event of its run says beside it: the next one, of the same transaction, or the last one before.
_BESIDE: Mapping[tuple[str, str], State] = {
    ("created", "reused"): "succeeded",
    ("extended", "reused"): "succeeded",
    ("lost", "failed"): "failed",
    ("resumed", "cancelling"): "cancelling",
    ("restarted", "cancelling"): "cancelling",
}


class Topic(NamedTuple):
    """What somebody follows."""

    kind: Literal["run", "experiment"]
    id: str


@dataclass(frozen=True, slots=True)
class Happened:
    """An event and the state in which it left its run; None where it tells of none, such as `t1`."""

    event: Event
    state: State | None


class Part(NamedTuple):
    """A part of a history, and the number up to which it is whole."""

    happened: list[Happened]
    upto: int


def read_history(conn: Connection, topics: Collection[Topic], after: int, upto: int, limit: int) -> Part:
    """What happened to any of `topics` with numbers in (after, upto], oldest first, at most `limit` of it."""
    query = _events(_of(topics), after, upto, limit)
    found = [_happened(row) for row in conn.execute(query)]
    return Part(found, found[-1].event.seq if len(found) == limit else upto)


def read_backlog(conn: Connection, topic: Topic, after: int, upto: int, limit: int) -> Part:
    """As `read_history` for one topic, in looks that are short however much happened to others."""
    if topic.kind == "experiment":
        upto = min(upto, after + SCANNED_A_LOOK)
    return read_history(conn, [topic], after, upto, limit)


def first_seq(conn: Connection, topic: Topic) -> int:
    """The number of the first event of the topic; 0 without any."""
    if topic.kind == "run":
        chosen: ColumnElement[Any] = run_events.c.run_id == topic.id
    else:
        # Runs are created in cell order, by one statement.
        first = select(runs.c.id).where(runs.c.experiment_id == topic.id).order_by(runs.c.cell).limit(1)
        chosen = run_events.c.run_id == first.scalar_subquery()
    seq: int = conn.execute(select(func.coalesce(func.min(run_events.c.seq), 0)).where(chosen)).scalar_one()
    return seq


def last_seq_of(conn: Connection, topic: Topic) -> int:
    """The number of the last event of the topic; 0 without any."""
    mine = select(func.max(run_events.c.seq)).where(run_events.c.run_id == runs.c.id).scalar_subquery()
    which = runs.c.id == topic.id if topic.kind == "run" else runs.c.experiment_id == topic.id
    seq: int = conn.execute(select(func.coalesce(func.max(mine), 0)).where(which)).scalar_one()
    return seq


def _of(topics: Collection[Topic]) -> ColumnElement[bool]:
    ids = {kind: [topic.id for topic in topics if topic.kind == kind] for kind in ("run", "experiment")}
    columns = {"run": run_events.c.run_id, "experiment": run_events.c.experiment_id}
    return or_(*(columns[kind].in_(found) for kind, found in ids.items() if found))


_other = run_events.alias("other")
_KIND = run_events.c.kind


def _beside() -> ColumnElement[Any]:
    mine = select(_other.c.kind).where(_other.c.run_id == run_events.c.run_id).limit(1)
    following = mine.where(_other.c.seq > run_events.c.seq).order_by(_other.c.seq)
    owned = _other.c.kind.in_(["claimed", "cancelling"])
    before = mine.where(_other.c.seq < run_events.c.seq, owned).order_by(_other.c.seq.desc())
    return case(
        (_KIND.in_(["created", "lost", "extended"]), following.scalar_subquery()),
        (_KIND.in_(["resumed", "restarted"]), before.scalar_subquery()),
        else_=null(),
    )


def _events(which: ColumnElement[bool], after: int, upto: int, limit: int) -> Select[Any]:
    return (
        select(run_events, _beside().label("beside"))
        .where(which, run_events.c.seq > after, run_events.c.seq <= upto)
        .order_by(run_events.c.seq)
        .limit(limit)
    )


def _happened(row: AnyRow) -> Happened:
    event = Event(row.seq, row.run_id, row.experiment_id, utc(row.at), row.kind, row.data)
    if row.kind in CROSSINGS:
        return Happened(event, None)
    return Happened(event, _BESIDE.get((row.kind, row.beside), _AFTER.get(row.kind)))
