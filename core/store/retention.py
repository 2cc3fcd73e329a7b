"""Forgetting experiments that ended long ago, a few rows at a time, and giving their space back."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    Text,
    delete,
    exists,
    func,
    or_,
    select,
    text,
)

from core.store.audit import note_action
from core.store.clock import now
from core.store.datasets import forget_unused
from core.store.deletion import BLOBS, delete_recordings, reclaim, size_of, verifying_experiments
from core.store.engine import Database
from core.store.experiments import is_in
from core.store.fence import locking
from core.store.listed import listed
from core.store.model import ExperimentState
from core.store.tables import datasets, experiment_datasets, experiments, metadata, recordings, runs

# Recordings deleted by one transaction: a second or so, in which SQLite lets nobody else write.
RECORDINGS_A_STEP = 200
_SCANNED_A_LOOK = 10_000

# Under a name of its own beside the conditions on states, which ask for runs too.
_mine = runs.alias("mine")


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was forgotten: experiments, their runs, recordings that nothing refers to, and bytes in these.

    The bytes are also those of datasets that were deleted before and kept for these experiments alone.
    """

    experiments: int
    runs: int
    recordings: int
    bytes_freed: int


def prunable(
    conn: Connection, older_than_seconds: float, states: Collection[ExperimentState]
) -> dict[str, int]:
    """Experiments in those states whose last run ended longer ago: id and number of runs, oldest first."""
    query = (
        select(experiments.c.id, _of_runs(func.count()))
        .where(_in_any(states), _of_runs(func.max(_mine.c.finished_at)) < now() - older_than_seconds)
        .order_by(experiments.c.id)
    )
    return {experiment_id: count for experiment_id, count in conn.execute(query)}


def foresee(db: Database, older_than_seconds: float, states: Collection[ExperimentState]) -> Pruned:
    """What `prune` would forget now."""
    with db.read() as conn:
        found = prunable(conn, older_than_seconds, states)
        gone = listed(conn, ((experiment_id,) for experiment_id in found), id=Text())
        mine = runs.c.recording_id == recordings.c.id
        kept = exists().where(mine, runs.c.experiment_id.not_in(select(gone.c.id)))
        going = select(recordings.c.id).where(~kept)
        count = conn.execute(select(func.count()).select_from(going.subquery())).scalar_one()
        freed = sum(
            int(conn.execute(select(size_of(blob)).where(blob.table.c.recording_id.in_(going))).scalar_one())
            for blob in BLOBS
        ) + _unused_datasets(conn, gone)
    return Pruned(len(found), sum(found.values()), count, freed)


def prune(db: Database, older_than_seconds: float, states: Collection[ExperimentState]) -> Pruned:
    """Forget experiments in those states whose last run ended longer ago, and recordings without a run.

    A transaction for each experiment and for a few recordings; who is interrupted leaves recordings that the
    next call finds. Space is given back at the end.
    """
    with db.read() as conn:
        found = prunable(conn, older_than_seconds, states)
    gone = [
        found[experiment_id]
        for experiment_id in found
        if _forget(db, experiment_id, older_than_seconds, states)
    ]
    counts = list(_sweep(db))
    with db.write() as conn:
        freed = forget_unused(conn)
    give_back(db)
    return Pruned(len(gone), sum(gone), sum(n for n, _ in counts), sum(size for _, size in counts) + freed)


def give_back(db: Database) -> None:
    """Give the space of deleted rows back: to the disk on SQLite, to new rows on PostgreSQL."""
    reclaim(db)
    if db.dialect == "postgresql":
        # VACUUM runs in no transaction.
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            for table in metadata.sorted_tables:
                conn.execute(text(f"VACUUM {table.name}"))


def disk_bytes(db: Database) -> int:
    """What the database takes on the disk, without logs."""
    with db.read() as conn:
        if db.dialect == "postgresql":
            return int(conn.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
        pages: int = conn.execute(text("PRAGMA page_count")).scalar_one()
        return pages * int(conn.execute(text("PRAGMA page_size")).scalar_one())


def _unused_datasets(conn: Connection, gone: Subquery) -> int:
    """Bytes of deleted datasets that no experiment uses but those that go."""
    mine = experiment_datasets.c.dataset_id == datasets.c.id
    kept = exists().where(mine, experiment_datasets.c.experiment_id.not_in(select(gone.c.id)))
    query = select(func.coalesce(func.sum(datasets.c.bytes), 0))
    return int(conn.execute(query.where(datasets.c.deleted_at.is_not(None), ~kept)).scalar_one())


def _of_runs(what: ColumnElement[Any]) -> ColumnElement[Any]:
    """Something of all runs of an experiment."""
    query = select(what).select_from(_mine).where(_mine.c.experiment_id == experiments.c.id)
    return query.correlate(experiments).scalar_subquery()


def _in_any(states: Collection[ExperimentState]) -> ColumnElement[bool]:
    return or_(*(is_in(state) for state in states))


def _forget(
    db: Database, experiment_id: str, older_than_seconds: float, states: Collection[ExperimentState]
) -> bool:
    """Delete an experiment, but for its recordings, unless a run of it was taken up again meanwhile."""
    with db.write() as conn:
        conn.execute(locking(select(runs.c.id).where(runs.c.experiment_id == experiment_id))).fetchall()
        old = _of_runs(func.max(_mine.c.finished_at)) < now() - older_than_seconds
        still = (experiments.c.id == experiment_id) & old & _in_any(states)
        verifying = verifying_experiments(conn, experiment_id)
        gone = conn.execute(delete(experiments).where(still)).rowcount == 1
        if gone:
            conn.execute(delete(experiments).where(experiments.c.id.in_(verifying)))
            note_action(conn, "prune", None, experiment_id=experiment_id)
        return gone


def _sweep(db: Database) -> Iterator[tuple[int, int]]:
    """Delete recordings that no run refers to: how many and how large, transaction by transaction."""
    for ids in _orphans(db):
        for start in range(0, len(ids), RECORDINGS_A_STEP):
            some = ids[start : start + RECORDINGS_A_STEP]
            with db.write() as conn:
                yield len(some), delete_recordings(conn, some)


def _orphans(db: Database) -> Iterator[list[int]]:
    after = 0
    while True:
        with db.read() as conn:
            look = _next_recordings(after).subquery()
            last = conn.scalar(select(func.max(look.c.id)))
            if last is None:
                return
            used = exists().where(runs.c.recording_id == look.c.id)
            ids = list(conn.execute(select(look.c.id).where(~used).order_by(look.c.id)).scalars())
        yield ids
        after = last


def _next_recordings(after: int) -> Select[tuple[int]]:
    return (
        select(recordings.c.id)
        .where(recordings.c.id > after)
        .order_by(recordings.c.id)
        .limit(_SCANNED_A_LOOK)
    )
