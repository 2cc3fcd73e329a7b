"""How a worker comes to own runs, and stays their owner."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Subquery,
    Text,
    func,
    literal,
    null,
    or_,
    select,
    text,
    tuple_,
)

from core.store.clock import now
from core.store.events import record
from core.store.fence import change, held_by, later, locking, ours
from core.store.listed import listed
from core.store.model import Beat, Claimed, Lease, Queue
from core.store.quotas import hold_owner, running
from core.store.tables import CLAIMABLE, SHORT, AnyRow, checkpoints, experiments, runs, tokens

Batch = tuple[str, str]
"""The experiment and the key of a batch."""


def claim(
    conn: Connection, *, queue: Queue, worker: str, lease_seconds: float, refused: Collection[str] = ()
) -> Lease | None:
    """Own every queued run of the best batch: the oldest experiment's, its lowest cell's.

    Runs that go on from another step than that cell's, as after a retry, are left to the next claim.
    Where the token that made it may have so many runs in training and no more, only the first of them, or the
    best batch of another owner.

    Queue `cpu` takes runs for device auto and cpu, `gpu` all but those for cpu. Experiments on a `refused`
    kind of problem are left to others. None: nothing waits.
    """
    return _claim(conn, _Wanted(queue, CLAIMABLE[queue], refused=refused), worker, lease_seconds)


def claim_short(
    conn: Connection,
    *,
    queue: Queue,
    worker: str,
    lease_seconds: float,
    waited_seconds: float,
    passed_over: Collection[Batch] = (),
    refused: Collection[str] = (),
) -> Lease | None:
    """As `claim`, of the short batches alone, unless the best of them has waited less than `waited_seconds`.

    For a worker with a long batch in hand: what has just come is left to those that have none. Batches that
    are `passed_over` are left alone.
    """
    wanted = _Wanted(queue, SHORT[queue], waited_seconds, refused)
    return _claim(conn, wanted, worker, lease_seconds, passed_over)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which queued runs are looked for; `condition` is that of a partial index."""

    queue: Queue
    condition: str
    waited_seconds: float | None = None
    refused: Collection[str] = ()


def _claim(
    conn: Connection, wanted: _Wanted, worker: str, lease_seconds: float, passed_over: Collection[Batch] = ()
) -> Lease | None:
    taken, full = list(passed_over), set[str]()
    while (best := _best(conn, wanted, taken, full)) is not None:
        batch: Batch = (best.experiment_id, best.batch_key)
        owner = _limited_owner(conn, best.experiment_id)
        if owner is not None and running(conn, owner.id) >= owner.max_running_runs:
            full.add(owner.id)
            continue
        if not _lock(conn, batch):
            taken.append(batch)
            continue
        room = None
        if owner is not None:
            hold_owner(conn, owner.id)
            room = max(0, owner.max_running_runs - running(conn, owner.id))
            if room == 0:
                # Taken up a moment ago. Whoever holds one token must not wait for another: two might wait
                # for each other. Who is idle is woken again soon.
                return None
        if rows := _own(conn, batch, best.recording_id, wanted.queue, worker, lease_seconds, room):
            mine = sorted(
                (Claimed(row.id, row.experiment_id, row.cell, row.attempt) for row in rows),
                key=attrgetter("cell"),
            )
            record(
                conn,
                (
                    (c.run_id, c.experiment_id, "claimed", {"worker": worker, "attempt": c.attempt})
                    for c in mine
                ),
            )
            losses = max(row.losses for row in rows)
            return Lease(tuple(mine), batch[1], worker, lease_seconds, best.short, best.problem, losses)
    return None


def _best(conn: Connection, wanted: _Wanted, taken: list[Batch], full: Collection[str] = ()) -> AnyRow | None:
    """Where the next batch is; nothing of the owners that are `full`."""
    problem = select(experiments.c.problem).where(experiments.c.id == runs.c.experiment_id).scalar_subquery()
    query = (
        select(
            runs.c.experiment_id,
            runs.c.batch_key,
            runs.c.recording_id,
            runs.c.short,
            (now() - runs.c.created_at).label("waited"),
            problem.label("problem"),
        )
        .where(text(wanted.condition))
        .order_by(runs.c.experiment_id, runs.c.cell)
        .limit(1)
    )
    if wanted.refused:
        query = query.where(problem.not_in(wanted.refused))
    if full:
        # Chosen by experiment: one of a hundred thousand runs is not looked at run by run.
        waiting = select(runs.c.experiment_id).where(text(wanted.condition)).distinct().subquery()
        others = or_(experiments.c.owner.is_(None), experiments.c.owner.not_in(full))
        free = select(waiting.c.experiment_id).join(experiments, experiments.c.id == waiting.c.experiment_id)
        query = query.where(runs.c.experiment_id.in_(free.where(others)))
    if taken:
        query = query.where(tuple_(runs.c.experiment_id, runs.c.batch_key).not_in(taken))
    row = conn.execute(query).first()
    if row is None or wanted.waited_seconds is None or row.waited >= wanted.waited_seconds:
        return row
    # The others have waited still less.
    return None


def _limited_owner(conn: Connection, experiment_id: str) -> AnyRow | None:
    """The token that made the experiment, if only so many of its runs may be in training."""
    # Not part of the search: workers that find nothing search again and again.
    query = select(tokens.c.id, tokens.c.max_running_runs).join(
        experiments, experiments.c.owner == tokens.c.id
    )
    limited = tokens.c.max_running_runs.is_not(None)
    return conn.execute(query.where(experiments.c.id == experiment_id, limited)).first()


def _lock(conn: Connection, batch: Batch) -> bool:
    """Whether no other claim is at work on the batch; one that is shall have all of it."""
    if conn.dialect.name == "sqlite":
        return True
    key = func.hashtextextended("\n".join(batch), literal(0, BigInteger))
    return bool(conn.execute(select(func.pg_try_advisory_xact_lock(key))).scalar_one())


def _own(
    conn: Connection,
    batch: Batch,
    first: int,
    queue: Queue,
    worker: str,
    lease_seconds: float,
    room: int | None,
) -> list[AnyRow]:
    """Claim the runs of a batch that go on from the step that the recording `first` has a state of.

    The first `room` of them where their owner may have no more.
    """
    waiting = select(runs.c.id).where(
        runs.c.experiment_id == batch[0],
        runs.c.batch_key == batch[1],
        _kept_step(runs.c.recording_id) == _kept_step(literal(first)),
        text(CLAIMABLE[queue]),
    )

    def values(_: Subquery) -> dict[str, Any]:
        return {
            "state": "running",
            "attempt": runs.c.attempt + 1,
            "worker": worker,
            "lease_expires": now() + lease_seconds,
            "steps_per_second": null(),
            "started_at": func.coalesce(runs.c.started_at, now()),
        }

    return list(change(conn, locking(waiting).limit(room), values))


def _kept_step(recording: ColumnElement[int]) -> ColumnElement[int]:
    """The step that a run with this recording goes on from, -1 where it starts afresh."""
    step = select(checkpoints.c.step).where(checkpoints.c.recording_id == recording).scalar_subquery()
    return func.coalesce(step, -1)


def batch_members(conn: Connection, batch: Lease | Batch) -> list[tuple[int, str]]:
    """Every planned member of a batch, whatever its state: (cell, run id) in cell order.

    A batch is named by a lease on runs of it, or by (experiment id, batch key).
    """
    experiment_id, batch_key = _name(batch)
    query = (
        select(runs.c.cell, runs.c.id)
        .where(runs.c.experiment_id == experiment_id, runs.c.batch_key == batch_key)
        .order_by(runs.c.cell)
    )
    return [(row.cell, row.id) for row in conn.execute(query)]


def _name(batch: Lease | Batch) -> Batch:
    return (batch.runs[0].experiment_id, batch.batch_key) if isinstance(batch, Lease) else batch


def last_steps(conn: Connection, batch: Lease | Batch) -> dict[str, int]:
    """The last steps of those members of a batch that were trained in it and have succeeded, by run id."""
    experiment_id, batch_key = _name(batch)
    query = select(runs.c.id, runs.c.step).where(
        runs.c.experiment_id == experiment_id,
        runs.c.batch_key == batch_key,
        runs.c.state == "succeeded",
        runs.c.source_run.is_(None),
    )
    return {row.id: row.step for row in conn.execute(query)}


def beat(
    conn: Connection,
    lease: Lease,
    steps: Mapping[str, int],
    steps_per_second: float | None,
    lease_seconds: float,
) -> Beat:
    """Extend the lease of every run of `lease` by `lease_seconds` from now, and tell how far they are.

    Pass the lease less the runs that are done: a run that is no longer running is answered as lost.
    A step never falls, so that a late beat cannot undo what a frame has told.
    """
    claims = listed(
        conn,
        ((c.run_id, c.attempt, steps.get(c.run_id)) for c in lease.runs),
        id=Text(),
        attempt=BigInteger(),
        step=BigInteger(),
    )

    def values(chosen: Subquery) -> dict[str, Any]:
        return {
            "lease_expires": now() + lease_seconds,
            "step": later(chosen.c.step),
            "steps_per_second": func.coalesce(literal(steps_per_second), runs.c.steps_per_second),
        }

    rows = change(conn, locking(ours(claims)), values)
    cancelled = frozenset(row.id for row in rows if row.state == "cancelling")
    return Beat(cancelled, held_by(lease.runs, rows).fenced)
