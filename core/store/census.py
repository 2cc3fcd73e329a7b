"""Numbers of the whole service for those who watch it, read off indexes of what waits and what is trained."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select, text

from core.store.clock import now
from core.store.model import TERMINAL, Queue, QueueState, State
from core.store.tables import LEASED, runs, workers
from core.store.workers import queue_depth


@dataclass(frozen=True, slots=True)
class Census:
    """One moment of the service.

    Attributes:
        queues: what waits.
        live: runs that have not ended, by state.
        steps_per_second: of all runs that are trained under a valid lease, added up, by queue.
        workers: processes that are alive, by queue and state.
    """

    queues: tuple[QueueState, ...]
    live: Mapping[State, int]
    steps_per_second: Mapping[Queue, float]
    workers: Mapping[tuple[Queue, str], int]


def take_census(conn: Connection, alive_within_seconds: float) -> Census:
    """Counts what has not ended, and who works; reads no run that has ended."""
    queues = tuple(queue_depth(conn))
    live: dict[State, int] = {
        "queued": sum(queue.queued_runs for queue in queues),
        "running": 0,
        "cancelling": 0,
    }
    speeds: dict[Queue, float] = {"cpu": 0.0, "gpu": 0.0}
    held = case((runs.c.lease_expires >= now(), runs.c.steps_per_second))
    query = select(runs.c.queue, runs.c.state, func.count().label("n"), func.sum(held).label("speed"))
    for row in conn.execute(query.where(text(LEASED)).group_by(runs.c.queue, runs.c.state)):
        live[row.state] += row.n
        speeds[row.queue] += row.speed or 0.0
    return Census(queues, live, speeds, _workers(conn, alive_within_seconds))


def count_ended(conn: Connection) -> dict[State, int]:
    """How many runs have ended, by state. Reads an entry a run: not for every few seconds."""
    query = select(runs.c.state, func.count()).where(runs.c.state.in_(TERMINAL)).group_by(runs.c.state)
    found = {state: n for state, n in conn.execute(query)}
    return {state: found.get(state, 0) for state in TERMINAL}


def _workers(conn: Connection, alive_within_seconds: float) -> dict[tuple[Queue, str], int]:
    alive = workers.c.beat_at >= now() - alive_within_seconds
    query = select(workers.c.queue, workers.c.state, func.count()).where(alive)
    return {
        (queue, state): n
        for queue, state, n in conn.execute(query.group_by(workers.c.queue, workers.c.state))
    }
