"""A worker that starts before its servers: waits for them, says so now and then, and can be told to end."""

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from worker.app import make_app
from worker.dependencies import Dependencies
from worker.settings import Settings

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_REMINDER_SECONDS = 60.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
log = logging.getLogger(__name__)


class _Told(BaseException):
    """The process was told to end."""


def wait_for_dependencies(settings: Settings) -> bool:
    """Returns True once the database, its form, the broker and the disk are there; False when told to end.

    What is missing is logged when it changes and once a minute.
    """
    broker = make_app(settings)
    dependencies = Dependencies(settings, broker)
    try:
        with _ended_by_signals():
            _wait(dependencies)
    except _Told:
        log.info("told to end while waiting")
        return False
    finally:
        dependencies.close()
        broker.close()
    return True


def _wait(dependencies: Dependencies) -> None:
    pause, reminded = _FIRST_PAUSE, time.monotonic()
    while missing := dependencies.missing():
        if time.monotonic() - reminded >= _REMINDER_SECONDS:
            log.warning("still waiting", extra={"missing": missing})
            reminded = time.monotonic()
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    def end(*_: object) -> None:
        raise _Told

    before = {number: signal.signal(number, end) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
