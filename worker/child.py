"""A process of the pool: what it opens after the fork, and the wake that makes it work."""

import logging
import os
import signal

from billiard.util import set_pdeathsig
from sqlalchemy.exc import SQLAlchemyError

from core.store import Incompatible, Lease, Queue, claim, open_database, require_compatible_now
from worker.bench import Bench
from worker.devices import device_name, see_only
from worker.logs import log_fields_of_process
from worker.presence import Presence, worker_name
from worker.retry import Patience, StoreLost
from worker.settings import Settings
from worker.shutdown import Shutdown

_CONNECTIONS = 5
"""One a thread: training, a heartbeat for the batch and for its interlude, the presence; and one to spare."""
log = logging.getLogger(__name__)


class Child:
    """Made in the process itself, never before the fork: it imports torch and opens the database.

    Args:
        device: the one CUDA device that the process may see, as CUDA_VISIBLE_DEVICES names it.
    """

    def __init__(
        self, settings: Settings, queue: Queue, shutdown: Shutdown, device: str | None = None
    ) -> None:
        # Celery has the kernel kill a child whose parent died; told instead, it gives its runs back.
        set_pdeathsig(signal.SIGTERM)
        shutdown.adopt()
        self._name = worker_name()
        log_fields_of_process(worker=self._name)
        database = open_database(settings.database_url, connections=_CONNECTIONS)
        self._bench = Bench(settings, database, queue, shutdown)
        if device is not None:
            see_only(device)
        # cuBLAS reads it when it is first used; without it its sums are not the same every time.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        # Imports torch, which the parent must never have loaded.
        from worker.execute import device_for
        from worker.warm_up import warm_up

        warm_up(device_for(queue))
        fixed, refusals = {"device": device_name(queue), "visible": device}, self._bench.refusals
        self._presence = Presence(
            database,
            self._name,
            queue,
            shutdown,
            settings.lease_seconds / 2,
            lambda: {**fixed, "refuses": refusals.told},
        )
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
                except Incompatible as error:
                    log.error("this worker ends: %s", error)
                    shutdown.fail()
                    return
                if lease is None:
                    return
                batch = {"experiment": lease.runs[0].experiment_id, "batch": lease.batch_key}
                log.info("batch claimed", extra={**batch, "runs": len(lease.runs)})
                execute(self._bench, lease)

    def close(self) -> None:
        """Signs off; the process is about to end."""
        self._presence.stop()
        self._bench.database.dispose()

    def _claim(self) -> Lease | None:
        with self._bench.database.write() as conn:
            # Somebody may have migrated the database while this process lived.
            require_compatible_now(conn)
            return claim(
                conn,
                queue=self._bench.queue,
                worker=self._name,
                lease_seconds=self._bench.settings.granted_seconds,
                refused=self._bench.refusals.kinds,
            )
