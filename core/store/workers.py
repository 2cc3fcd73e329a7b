"""Who works, and what waits."""

from sqlalchemy import Connection, delete, func, insert, select, text, update

from core.store.clock import now, utc
from core.store.model import Json, Queue, QueueState, Worker
from core.store.tables import QUEUED, AnyRow, experiments, runs, workers


def beat_worker(
    conn: Connection, worker: str, *, queue: Queue, host: str, pid: int, state: str, info: Json | None = None
) -> None:
    """Tell that a worker process is alive, and what it does."""
    told = {"queue": queue, "host": host, "pid": pid, "state": state, "info": info or {}}
    known = update(workers).where(workers.c.id == worker).values(**told, beat_at=now())
    # Only the worker itself writes its row, so nobody can come in between.
    if conn.execute(known).rowcount == 0:
        conn.execute(insert(workers).values(id=worker, **told, started_at=now(), beat_at=now()))


def list_workers(conn: Connection, alive_within_seconds: float) -> list[Worker]:
    """The workers that beat within so many seconds, the longest at work first."""
    query = select(workers).where(workers.c.beat_at >= now() - alive_within_seconds)
    return [
        Worker(
            id=row.id,
            queue=row.queue,
            host=row.host,
            pid=row.pid,
            state=row.state,
            info=row.info,
            started_at=utc(row.started_at),
            beat_at=utc(row.beat_at),
        )
        for row in conn.execute(query.order_by(workers.c.started_at, workers.c.id))
    ]


def forget_worker(conn: Connection, worker: str) -> None:
    """A worker has left."""
    conn.execute(delete(workers).where(workers.c.id == worker))


def forget_dead_workers(conn: Connection, older_than_seconds: float) -> int:
    """Forget workers that have not beaten for so long: how many."""
    return conn.execute(delete(workers).where(workers.c.beat_at < now() - older_than_seconds)).rowcount


def queue_depth(conn: Connection) -> list[QueueState]:
    """What waits in the queues `cpu` and `gpu`, with zeros for an empty one."""
    batches = (
        select(runs.c.queue, runs.c.experiment_id, func.count().label("runs"))
        .where(text(QUEUED))
        .group_by(runs.c.experiment_id, runs.c.batch_key, runs.c.queue)
        .subquery()
    )
    query = (
        select(
            batches.c.queue,
            func.sum(batches.c.runs).label("runs"),
            func.count().label("batches"),
            (now() - func.min(experiments.c.created_at)).label("age"),
        )
        .join_from(batches, experiments, experiments.c.id == batches.c.experiment_id)
        .group_by(batches.c.queue)
    )
    found: dict[str, AnyRow] = {row.queue: row for row in conn.execute(query)}
    return [_depth("cpu", found.get("cpu")), _depth("gpu", found.get("gpu"))]


def _depth(queue: Queue, row: AnyRow | None) -> QueueState:
    return (
        QueueState(queue, 0, 0, None)
        if row is None
        else QueueState(queue, int(row.runs), row.batches, row.age)
    )
