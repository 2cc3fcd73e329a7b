"""Runs that have ended, by state: counted now and then, since counting them reads an entry a run."""

import time
from collections.abc import Mapping

from core.store import Database, State, count_ended

PERIOD = 5.0
_SHORTEST_PAUSE = 30.0
_PAUSE_PER_SECOND = 100.0
"""A count that takes a second is made every 100 s: it costs one percent of a core at most."""


class EndedRuns:
    """The latest count. A chore makes it anew while somebody reads it; one that is behind is no harm."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._counts: Mapping[State, int] = {}
        self._wanted = True
        self._next = 0.0

    def read(self) -> Mapping[State, int]:
        """Runs by final state at the last count; empty before the first."""
        self._wanted = True
        return self._counts

    def refresh(self) -> None:
        """Counts, if that is wanted and due."""
        begin = time.monotonic()
        if not self._wanted or begin < self._next:
            return
        self._wanted = False
        try:
            with self._db.read() as conn:
                self._counts = count_ended(conn)
        except BaseException:
            self._wanted = True
            raise
        end = time.monotonic()
        self._next = end + max(_SHORTEST_PAUSE, _PAUSE_PER_SECOND * (end - begin))
