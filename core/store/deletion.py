"""Deleting an experiment, and giving its space back."""

from sqlalchemy import BigInteger, Connection, LargeBinary, delete, func, select
from sqlalchemy.sql.expression import ColumnElement

from core.store.engine import Database
from core.store.fence import locking
from core.store.listed import listed
from core.store.tables import checkpoints, chunks, experiments, frames, recordings, runs


def delete_experiment(conn: Connection, experiment_id: str) -> int:
    """Delete an experiment, its runs and the recordings that no other run refers to: the bytes these held.

    Whether its runs are over is for the caller to check; a worker that still trains one finds itself fenced.
    """
    mine = conn.execute(
        locking(select(runs.c.id, runs.c.recording_id).where(runs.c.experiment_id == experiment_id))
    ).fetchall()
    conn.execute(delete(experiments).where(experiments.c.id == experiment_id))
    return _delete_orphans(conn, {row.recording_id for row in mine})


def _delete_orphans(conn: Connection, recording_ids: set[int]) -> int:
    asked = listed(conn, ((recording_id,) for recording_id in recording_ids), id=BigInteger())
    orphans = select(asked.c.id).where(~select(runs.c.id).where(runs.c.recording_id == asked.c.id).exists())
    ids = conn.execute(orphans).scalars().all()
    gone = select(listed(conn, ((recording_id,) for recording_id in ids), id=BigInteger()).c.id)
    freed = sum(
        conn.execute(select(_size(blob)).where(blob.table.c.recording_id.in_(gone))).scalar_one()
        for blob in (frames.c.data, chunks.c.data, checkpoints.c.state)
    )
    conn.execute(delete(recordings).where(recordings.c.id.in_(gone)))
    return int(freed)


def _size(blob: ColumnElement[LargeBinary]) -> ColumnElement[int]:
    return func.coalesce(func.sum(func.length(blob)), 0)


def reclaim(db: Database) -> None:
    """Give deleted rows' space back to the disk; outside any transaction. PostgreSQL does so by itself."""
    if db.dialect != "sqlite":
        return
    with db.engine.connect() as conn:
        cursor = conn.connection.cursor()
        # Each row that is fetched frees one page.
        cursor.execute("PRAGMA incremental_vacuum").fetchall()
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        cursor.close()
