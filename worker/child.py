"""A process of the pool: what it opens after the fork, and the wake that makes it work."""

import logging
import os
import signal

from billiard.util import set_pdeathsig
from sqlalchemy.exc import SQLAlchemyError

from core.store import Lease, Queue, claim, open_database
from worker.bench import Bench
from worker.presence import Presence, worker_name
from worker.retry import Patience, StoreLost
from worker.settings import Settings
from worker.shutdown import Shutdown

log = logging.getLogger(__name__)


class Child:
    """Made in the process itself, never before the fork: it imports torch and opens the database."""

    def __init__(self, settings: Settings, queue: Queue, shutdown: Shutdown) -> None:
        # Celery has the kernel kill a child whose parent died; told instead, it gives its runs back.
        set_pdeathsig(signal.SIGTERM)
        shutdown.adopt()
        self._name = worker_name()
        self._bench = Bench(settings, open_database(settings.database_url), queue, shutdown)
        self._presence = Presence(
            self._bench.database,
            self._name,
            queue,
            shutdown,
            settings.lease_seconds / 2,
            self._bench.refusals,
        )
        # cuBLAS reads it when it is first used; without it its sums are not the same every time.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        # Imports torch, which the parent must never have loaded.
        from worker.execute import device_for
        from worker.warm_up import warm_up

        warm_up(device_for(queue, "auto"))
        self._presence.start()

    def wake(self) -> None:
        """Claims and trains batch after batch, until nothing waits or the process is to stop."""
        from worker.execute import execute

        shutdown = self._bench.shutdown
        patience = Patience(self._bench.settings.lease_seconds, shutdown)
        with self._presence.work(), shutdown.by_signal(signal.SIGTERM):
            while not shutdown.wanted:
                try:
                    lease = patience(self._claim)
                except (StoreLost, SQLAlchemyError):
                    log.exception("nothing claimed")
                    return
                if lease is None:
                    return
                log.info(
                    "%s batch %s: %d runs", lease.runs[0].experiment_id, lease.batch_key, len(lease.runs)
                )
                execute(self._bench, lease)

    def close(self) -> None:
        """Signs off; the process is about to end."""
        self._presence.stop()
        self._bench.database.dispose()

    def _claim(self) -> Lease | None:
        with self._bench.database.write() as conn:
            return claim(
                conn,
                queue=self._bench.queue,
                worker=self._name,
                lease_seconds=self._bench.settings.held_seconds,
                refused=self._bench.refusals.kinds,
            )
