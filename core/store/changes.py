"""Whether anything at all was written to an SQLite database, for a few microseconds."""

import sqlite3
import threading
from urllib.parse import quote

from sqlalchemy import make_url

from core.store.engine import Database


class Changes:
    """Watches one database from a connection of its own, which is opened once it is needed."""

    def __init__(self, db: Database) -> None:
        self._path = make_url(db.url).database if db.dialect == "sqlite" else None
        self._conn: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def version(self) -> int | None:
        """A number that changes with every commit of whichever process; None where nobody can say.

        What is read after it was asked for is at least as new.
        """
        if self._path is None:
            return None
        with self._lock:
            try:
                if self._conn is None:
                    place = f"file:{quote(self._path)}?mode=ro"
                    self._conn = sqlite3.connect(place, uri=True, timeout=0, check_same_thread=False)
                (version,) = self._conn.execute("PRAGMA data_version").fetchone()
            except sqlite3.OperationalError:
                # Locked or not there: whoever asks reads for itself, and says what is wrong.
                return None
        return int(version)

    def close(self) -> None:
        """Closes the connection."""
        with self._lock:
            if self._conn is not None:
                self._conn.close()
                self._conn = None
