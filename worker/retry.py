"""Patience with the database: what fails for a passing reason is tried again, as long as a lease lives."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

from core.store import NotLater
from worker.shutdown import Shutdown

_PASSING = OperationalError, InterfaceError
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0
_PATIENCE_WHEN_STOPPING = 3.0
log = logging.getLogger(__name__)
T = TypeVar("T")


class StoreLost(Exception):
    """The database was away for so long that the lease has to bring the runs back."""


class Patience:
    """Calls that survive a locked database, a restart of it, and a cut connection."""

    def __init__(self, seconds: float, shutdown: Shutdown) -> None:
        self._seconds = seconds
        self._shutdown = shutdown

    def __call__(self, action: Callable[[], T], settled: Callable[[], T] | None = None) -> T:
        """Calls `action`, a whole transaction, until it succeeds.

        A connection can be cut after the commit and before its answer; the next try then meets its own rows,
        and `settled` says what `action` would have answered.

        Raises StoreLost when it failed for too long; errors that do not pass are raised as they are.
        """
        begin, pause, again = time.monotonic(), _FIRST_PAUSE, False
        while True:
            try:
                return action()
            except (IntegrityError, NotLater):
                if again and settled is not None:
                    return settled()
                raise
            except DBAPIError as error:
                if not (isinstance(error, _PASSING) or error.connection_invalidated):
                    raise
                if time.monotonic() - begin > self._limit():
                    raise StoreLost(str(error)) from error
                log.warning("database: %s; trying again in %.2f s", type(error).__name__, pause)
            time.sleep(pause)
            pause, again = min(2 * pause, _LONGEST_PAUSE), True

    def _limit(self) -> float:
        return min(self._seconds, _PATIENCE_WHEN_STOPPING) if self._shutdown.wanted else self._seconds
