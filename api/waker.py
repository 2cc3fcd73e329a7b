"""Sends `wake` to the workers after commits, from a thread of its own, and counts what could not be sent."""

import logging
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from celery import Celery
from sqlalchemy.exc import SQLAlchemyError

from core.store import Database, Queue, list_workers
from worker.app import send_wake
from worker.settings import Settings

MAX_WAKES = 64
"""Messages sent at once: a woken worker goes on until the queue is empty, so more would bring nothing."""
_STOP_SECONDS = 5.0
_PAUSE_SECONDS = 0.05

_log = logging.getLogger("groklab.api")


@dataclass(frozen=True, slots=True)
class Wakes:
    """How many batches wait for which kind of worker; `auto` ones take either."""

    cpu: int = 0
    gpu: int = 0
    auto: int = 0


_NOTHING = Wakes()


def wakes_for(devices: Iterable[str]) -> Wakes:
    """The wakes of batches for these devices."""
    count = Counter("auto" if device == "auto" else queue_of(device) for device in devices)
    return Wakes(count["cpu"], count["gpu"], count["auto"])


def queue_of(device: str) -> Queue:
    """The queue in which runs for a device wait."""
    return "gpu" if device.startswith("cuda") else "cpu"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the wakes so far; `failing` while the last send failed."""

    sent: int
    failed: int
    failing: bool
    last_error: str | None


class Waker:
    """A thread that turns wakes into messages; a failed send is the sweeper's to repeat."""

    def __init__(self, db: Database, broker: Celery, settings: Settings) -> None:
        self._db, self._broker = db, broker
        self._lease_seconds = settings.lease_seconds
        self._pending = _NOTHING
        self._signal = threading.Condition()
        self._closed = False
        self._closing = threading.Event()
        self._report = Sent(0, 0, False, None)
        self._thread = threading.Thread(target=self._run, name="waker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Sends what is pending and ends the thread."""
        self._closing.set()
        with self._signal:
            self._closed = True
            self._signal.notify()
        self._thread.join(_STOP_SECONDS)

    @property
    def report(self) -> Sent:
        """What became of the wakes so far."""
        return self._report

    def wake(self, wakes: Wakes) -> None:
        """Asks for messages; returns at once."""
        with self._signal:
            before = self._pending
            self._pending = Wakes(
                _capped(before.cpu + wakes.cpu),
                _capped(before.gpu + wakes.gpu),
                _capped(before.auto + wakes.auto),
            )
            self._signal.notify()

    def _run(self) -> None:
        while True:
            with self._signal:
                while self._pending == _NOTHING and not self._closed:
                    self._signal.wait()
                pending, self._pending = self._pending, _NOTHING
            if pending == _NOTHING:
                return
            gpu = pending.gpu + (pending.auto if pending.auto and self._gpu_alive() else 0)
            self._send("cpu", _capped(pending.cpu + pending.auto))
            self._send("gpu", _capped(gpu))
            # In a storm of posts one look at the workers and the queue serves many of them.
            self._closing.wait(_PAUSE_SECONDS)

    def _gpu_alive(self) -> bool:
        try:
            with self._db.read() as conn:
                return any(worker.queue == "gpu" for worker in list_workers(conn, self._lease_seconds))
        except SQLAlchemyError as error:
            _log.error("cannot list workers", extra={"error": str(error).splitlines()[0]})
            return False

    def _send(self, queue: Queue, count: int) -> None:
        if count == 0:
            return
        try:
            send_wake(self._broker, queue, count)
        except Exception as error:
            # Whatever the broker's client raises, the runs are committed and the sweeper will send again.
            before = self._report
            self._report = Sent(before.sent, before.failed + count, True, f"{type(error).__name__}: {error}")
            _log.warning("wake not sent", extra={"queue": queue, "count": count, "error": str(error)})
        else:
            self._report = Sent(
                self._report.sent + count, self._report.failed, False, self._report.last_error
            )


def _capped(count: int) -> int:
    return min(count, MAX_WAKES)
