"""How far the history of all runs is whole: no event with a number up to there can still appear."""

from sqlalchemy import Connection, text

from core.store.engine import Database
from core.store.events import last_seq

_LAST = text("SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM run_events_seq_seq")
# Who writes events holds this lock from before it draws a number until what it wrote is there for all.
_WRITERS = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND granted "
    "AND mode = 'RowExclusiveLock' AND relation = 'run_events'::regclass "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Horizon:
    """Looks at the database of one process, in turn.

    SQLite has one writer at a time, so that its last number is the horizon. Transactions of PostgreSQL commit
    in another order than they drew their numbers; a number drawn is beyond the horizon until everybody who
    was writing events then has ended. Writers neither wait nor do anything for it.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._reached: int | None = None
        self._drawn: int | None = None
        self._writers: frozenset[str] = frozenset()

    def look(self) -> int | None:
        """The horizon now; it never falls. None while the first one is not known yet."""
        with self._db.read() as conn:
            found = last_seq(conn) if self._db.dialect == "sqlite" else self._settled(conn)
        if found is not None:
            self._reached = max(self._reached or 0, found)
        return self._reached

    def _settled(self, conn: Connection) -> int | None:
        # In this order: whoever has drawn a number up to `drawn` is seen among the writers, or has ended.
        drawn: int = conn.execute(_LAST).scalar_one()
        if self._reached is not None and drawn <= self._reached:
            return None
        writers = frozenset(conn.execute(_WRITERS).scalars())
        if not writers:
            return drawn
        if self._writers & writers:
            return None
        settled = self._drawn
        self._drawn, self._writers = drawn, writers
        return settled
