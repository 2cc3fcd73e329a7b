"""The process that `groklab worker` runs: a Celery prefork pool that never imports torch itself."""

import logging
import os
import signal
import socket
import warnings
from collections.abc import Sequence
from typing import Any

from billiard.process import current_process
from celery import signals
from celery.apps import worker as celery_worker

from core.store import Queue
from worker.app import WAKE, make_app
from worker.devices import gpu_devices
from worker.logs import configure_logging, say
from worker.settings import Settings
from worker.shutdown import Shutdown
from worker.waiting import wait_for_dependencies

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}


def run_worker(settings: Settings, queue: Queue, concurrency: int | None) -> int:
    """Serves one queue until SIGTERM or SIGINT; the exit status.

    Args:
        concurrency: processes of the pool; by default one a core for cpu, one a device for gpu.

    Raises ValueError where the queue needs devices that this machine lacks.
    """
    devices = gpu_devices(concurrency) if queue == "gpu" else ()
    configure_logging(settings.log_level, settings.log_format)
    if not wait_for_dependencies(settings):
        return 0
    os.environ.update(_ONE_THREAD)
    # Celery warns of root, which is who runs things in a container; messages are JSON and name no code.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    # Celery answers signals with plain lines on standard output.
    celery_worker.safe_say = say
    app, pool = make_app(settings), _Pool(settings, queue, devices)
    app.task(name=WAKE, ignore_result=True)(pool.wake)
    signals.setup_logging.connect(pool.on_logging)
    signals.worker_process_init.connect(pool.on_child)
    signals.worker_process_shutdown.connect(pool.on_child_end)
    signals.worker_shutting_down.connect(pool.on_shutdown)
    worker = app.Worker(
        queues=[queue],
        concurrency=len(devices) or concurrency or len(os.sched_getaffinity(0)),
        pool="prefork",
        hostname=f"{queue}-{os.getpid()}@{socket.gethostname()}",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    signals.worker_ready.connect(pool.on_ready)
    worker.start()
    return pool.status(worker.exitcode)


class _Pool:
    """What Celery calls back, in the parent and in the children."""

    def __init__(self, settings: Settings, queue: Queue, devices: Sequence[str]) -> None:
        self._settings = settings
        self._queue = queue
        self._devices = devices
        self._shutdown = Shutdown()
        self._child: Any = None
        self._asked_to_stop = False

    def status(self, exitcode: int | None) -> int:
        """The exit status: that somebody asked for the end is no failure."""
        return 1 if self._shutdown.failed else 0 if self._asked_to_stop else exitcode or 0

    def wake(self) -> None:
        if self._child is not None:
            self._child.wake()

    def on_child(self, **_: Any) -> None:
        from worker.child import Child

        try:
            self._child = Child(self._settings, self._queue, self._shutdown, self._device())
            logging.getLogger(__name__).info("process ready for queue %s", self._queue)
        except Exception:
            # Celery would log it and let the child wait for work that it cannot do.
            logging.getLogger(__name__).exception("a worker process cannot start")
            self._shutdown.fail()

    def on_child_end(self, **_: Any) -> None:
        if self._child is not None:
            self._child.close()

    def on_ready(self, **_: Any) -> None:
        # A closed terminal ends the worker as any other request to stop does; Celery would start it again.
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))
        logging.getLogger(__name__).info(
            "worker started for queue %s; its processes say when they are ready", self._queue
        )

    def on_shutdown(self, **_: Any) -> None:
        self._asked_to_stop = True
        self._shutdown.request()

    def _device(self) -> str | None:
        # The pool gives the index of a process that died to the one that takes its place.
        return self._devices[current_process().index] if self._devices else None

    def on_logging(self, **_: Any) -> None:
        configure_logging(self._settings.log_level, self._settings.log_format)
        # A line for each message that found nothing to do would bury the rest.
        if self._settings.log_level != "DEBUG":
            logging.getLogger("celery").setLevel(logging.WARNING)
