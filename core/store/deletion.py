"""Deleting an experiment, and giving its space back."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, LargeBinary, delete, func, select, update
from sqlalchemy.sql.expression import ColumnElement

from core.store.datasets import datasets_of, forget_unused
from core.store.engine import Database
from core.store.fence import locking
from core.store.listed import listed
from core.store.quotas import free_bytes, hold_owner
from core.store.tables import (
    artifacts,
    checkpoints,
    chunks,
    experiments,
    frames,
    recordings,
    runs,
    vector_chunks,
    verifications,
)

# The columns that hold what recordings consist of.
BLOBS = (
    frames.c.data,
    chunks.c.data,
    vector_chunks.c.steps,
    vector_chunks.c.data,
    artifacts.c.data,
    checkpoints.c.state,
)

# Pages given back under one lock, so that writers get their turn in between.
PAGES_A_STEP = 256


def delete_experiment(conn: Connection, experiment_id: str) -> int:
    """Delete an experiment, its runs, what verified them, and what nothing else refers to.

    That is recordings, and datasets that were deleted before and kept for it. Returns the bytes that it held.

    Whether its runs are over is for the caller to check; a worker that still trains one finds itself fenced.
    The token that made it has these bytes again.
    """
    owner = conn.scalar(select(experiments.c.owner).where(experiments.c.id == experiment_id))
    if owner is not None:
        # Before its runs, as in a claim: two must not wait for each other.
        hold_owner(conn, owner)
    of = select(runs.c.id, runs.c.recording_id)
    mine = list(conn.execute(locking(of.where(runs.c.experiment_id == experiment_id))))
    verifying = verifying_experiments(conn, experiment_id)
    mine += conn.execute(locking(of.where(runs.c.experiment_id.in_(verifying))))
    used = datasets_of(conn, experiment_id)
    conn.execute(update(experiments).where(experiments.c.refines == experiment_id).values(refines=None))
    conn.execute(delete(experiments).where(experiments.c.id.in_([experiment_id, *verifying])))
    freed = delete_unused(conn, {row.recording_id for row in mine})
    if owner is not None:
        free_bytes(conn, owner, freed)
    return freed + (forget_unused(conn, used) if used else 0)


def verifying_experiments(conn: Connection, experiment_id: str) -> list[str]:
    """The experiments that train a run of this one once more; they go with it."""
    query = select(verifications.c.experiment_id).join(runs, runs.c.id == verifications.c.run_id)
    return list(conn.execute(query.where(runs.c.experiment_id == experiment_id)).scalars())


def delete_unused(conn: Connection, recording_ids: Collection[int]) -> int:
    """Delete those of the recordings that no run refers to: the bytes these held."""
    asked = listed(conn, ((recording_id,) for recording_id in recording_ids), id=BigInteger())
    # Of two that delete the last users of a recording at once, the second must see what the first has done.
    shared = select(recordings.c.id).join(asked, asked.c.id == recordings.c.id).order_by(recordings.c.id)
    conn.execute(shared.with_for_update(of=recordings)).fetchall()
    orphans = select(asked.c.id).where(~select(runs.c.id).where(runs.c.recording_id == asked.c.id).exists())
    return delete_recordings(conn, conn.execute(orphans).scalars().all())


def delete_recordings(conn: Connection, ids: Sequence[int]) -> int:
    """Delete recordings that no run refers to: the bytes these held."""
    gone = select(listed(conn, ((recording_id,) for recording_id in ids), id=BigInteger()).c.id)
    freed = sum(
        conn.execute(select(size_of(blob)).where(blob.table.c.recording_id.in_(gone))).scalar_one()
        for blob in BLOBS
    )
    conn.execute(delete(recordings).where(recordings.c.id.in_(gone)))
    return int(freed)


def size_of(blob: ColumnElement[LargeBinary]) -> ColumnElement[int]:
    """The bytes of a column in the chosen rows."""
    return func.coalesce(func.sum(func.length(blob)), 0)


def reclaim(db: Database) -> None:
    """Give deleted rows' space back to the disk; outside any transaction. PostgreSQL does so by itself."""
    if db.dialect != "sqlite":
        return
    with db.engine.connect() as conn:
        cursor = conn.connection.cursor()
        # The last one who had this connection may have left it read-only.
        cursor.execute("PRAGMA query_only = 0")
        # Moving pages needs room in the log, which on a full disk there is only once it is emptied.
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        waiting = _free_pages(cursor)
        while waiting:
            # Each step of this statement frees one page; `execute` takes one step, a script all of them.
            cursor.executescript(f"PRAGMA incremental_vacuum({PAGES_A_STEP})")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            left = _free_pages(cursor)
            waiting = left if left < waiting else 0
        cursor.close()


def _free_pages(cursor: Any) -> int:
    pages: int = cursor.execute("PRAGMA freelist_count").fetchone()[0]
    return pages
