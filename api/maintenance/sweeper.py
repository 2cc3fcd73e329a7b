"""Wakes idle workers while batches wait: for messages that were lost, or never sent."""

from api.waker import Waker, Wakes
from core.store import Database, Worker, list_workers, queue_depth
from worker.settings import Settings

PERIOD = 1.0
IDLE = "idle"


def wake_idle(db: Database, waker: Waker, settings: Settings) -> None:
    """One look: as many wakes as there are idle workers with something to do."""
    with db.read() as conn:
        waiting = {queue.queue: queue.queued_batches for queue in queue_depth(conn)}
        if not any(waiting.values()):
            return
        workers = list_workers(conn, settings.lease_seconds)
    # A batch for any device waits in the cpu queue, and a GPU worker may take it as well.
    wakes = Wakes(
        cpu=min(waiting["cpu"], _idle(workers, "cpu")),
        gpu=min(waiting["cpu"] + waiting["gpu"], _idle(workers, "gpu")),
    )
    if wakes != Wakes():
        waker.wake(wakes)


def _idle(workers: list[Worker], queue: str) -> int:
    return sum(worker.queue == queue and worker.state == IDLE for worker in workers)
