"""One thread that does one thing over and over, whatever the database does meanwhile."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

_log = logging.getLogger("groklab.api")


class Chore:
    """Calls `act` every `period` seconds until `stop` is set; errors are logged and it goes on."""

    def __init__(self, name: str, period: float, act: Callable[[], None], stop: threading.Event) -> None:
        self._name, self._period, self._act, self._stop = name, period, act, stop
        self._failing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Waits so long for the thread, which ends soon after `stop` is set."""
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stop.wait(self._period):
            self.once()

    def once(self) -> None:
        """One turn."""
        try:
            self._act()
        except SQLAlchemyError as error:
            # A database that is away for an hour is one line in the log, not thousands.
            level = logging.DEBUG if self._failing else logging.ERROR
            self._failing = True
            facts = {"chore": self._name, "error": str(error).splitlines()[0]}
            _log.log(level, "chore failed; it goes on", extra=facts)
        except Exception:
            _log.exception("chore failed; it goes on", extra={"chore": self._name})
        else:
            self._failing = False
