"""SQLite's write-ahead log: with it readers and a writer do not wait for each other."""

import sqlite3
import time

from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import OperationalError

from core.store.engine import BUSY_SECONDS, Database

SWITCH = "PRAGMA journal_mode = WAL"


def require_wal(db: Database) -> None:
    """Switch an SQLite database back that a restore, killed halfway, had left without its log.

    Raises OperationalError of SQLAlchemy while others hold the file.
    """
    if db.dialect != "sqlite":
        return
    with db.engine.connect() as conn:
        raw = conn.connection.cursor()
        try:
            raw.execute("PRAGMA query_only = 0")
            switch_to_wal(raw)
        except sqlite3.OperationalError as error:
            raise OperationalError(SWITCH, None, error) from error
        finally:
            raw.close()


def switch_to_wal(cursor: DBAPICursor) -> None:
    """Nothing is written where the log is in use already; it stays so for whoever opens the file."""
    # SQLite's busy timeout does not cover this switch.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute(SWITCH)
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
