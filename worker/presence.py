"""Tells the store that this process is there and whether it has work; watches over its parent."""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from core.store import Database, Queue, beat_worker, forget_worker
from worker.shutdown import Shutdown

_SLOWEST_BEAT = 20.0
_LOOK_AT_PARENT = 1.0
log = logging.getLogger(__name__)


def worker_name() -> str:
    """Unique for each process, a restart of the same pid included: host:pid:random."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


class Presence:
    """A thread that beats for the process, at once when its state changes.

    Args:
        name: of the process, unique.
        beat_seconds: time between two beats.
        info: what else there is to tell of the process, asked for with every beat.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        queue: Queue,
        shutdown: Shutdown,
        beat_seconds: float,
        info: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._database = database
        self._name = name
        self._queue = queue
        self._shutdown = shutdown
        self._info = info
        self._beat_seconds = min(beat_seconds, _SLOWEST_BEAT)
        self._busy = False
        self._changed = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="presence", daemon=True)

    @property
    def busy(self) -> bool:
        """Whether the process is about a message."""
        return self._busy

    def start(self) -> None:
        """Begins to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Beats no more and takes the process off the list."""
        self._stopped = True
        self._changed.set()
        self._thread.join()
        try:
            with self._database.write() as conn:
                forget_worker(conn, self._name)
        except SQLAlchemyError as error:
            log.warning("could not sign off: %s", error)

    @contextmanager
    def work(self) -> Iterator[None]:
        """Busy inside of it, idle after it."""
        self._busy = True
        self._changed.set()
        try:
            yield
        finally:
            self._busy = False
            self._changed.set()

    def _run(self) -> None:
        waited = self._beat_seconds
        while not self._stopped:
            changed = self._changed.wait(min(_LOOK_AT_PARENT, self._beat_seconds))
            self._changed.clear()
            waited += _LOOK_AT_PARENT
            if self._shutdown.orphaned and not self._busy:
                # Nobody is left who could send work or end this process.
                os._exit(0)
            if (changed or waited >= self._beat_seconds) and not self._stopped:
                waited = 0.0
                self._beat()

    def _beat(self) -> None:
        state, host = "busy" if self._busy else "idle", socket.gethostname()
        try:
            with self._database.write() as conn:
                beat_worker(
                    conn,
                    self._name,
                    queue=self._queue,
                    host=host,
                    pid=os.getpid(),
                    state=state,
                    info=dict(self._info()),
                )
        except (SQLAlchemyError, MemoryError) as error:
            log.warning("presence not told: %s: %s", type(error).__name__, error)
