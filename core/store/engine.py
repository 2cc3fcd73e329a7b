"""Opening a database: one engine, short transactions, the settings each dialect needs."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from core.store import documents
from core.store.filesystem import require_local

BUSY_SECONDS = 30
_KEPT_CONNECTIONS = 5
# A server whose host has vanished is given up within a minute; by default it takes hours.
_ALIVE = {"keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 50_000}
# So is a client by the server: it may hold rows locked.
_OPTIONS = "-c jit=off -c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
# A process that was stopped in the middle of a write lets go of its rows.
_LONGEST_IDLE_WRITE = "SET LOCAL idle_in_transaction_session_timeout = '30s'"
_READING = "groklab_reading"


@dataclass(frozen=True, slots=True)
class Database:
    """One engine of one process. Made by `open_database`, after any fork."""

    url: str
    engine: Engine
    dialect: Literal["sqlite", "postgresql"]
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot: every statement sees the same moment; rolled back at the end."""
        options: dict[str, Any] = {_READING: True}
        if self.dialect == "postgresql":
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect() as conn:
            yield conn.execution_options(**options)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on an exception. Keep it short."""
        # SQLite lets one write at a time and makes the others sleep, unfairly; a lock hands over at once.
        turn: AbstractContextManager[object] = self._turn if self.dialect == "sqlite" else nullcontext()
        with turn, self.engine.connect() as conn, conn.begin():
            if self.dialect == "postgresql":
                conn.exec_driver_sql(_LONGEST_IDLE_WRITE)
            yield conn

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_database(url: str, *, connections: int = 20) -> Database:
    """Open `sqlite:////path/file.db` or `postgresql://...`; nothing is created or migrated yet.

    Args:
        connections: the most that are open at once; a thread that needs one more waits. An idle process
            keeps at most five of them.
    """
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return Database(url, _sqlite(parsed, connections), "sqlite")
        case "postgresql":
            return Database(url, _postgresql(parsed, connections), "postgresql")
        case other:
            raise ValueError(f"database must be sqlite or postgresql; got {other!r}")


def _sqlite(url: URL, connections: int) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError("an SQLite database must be a file: sqlite:////absolute/path/groklab.db")
    require_local(url.database)
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
        **_common(connections),
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("foreign_keys = ON", "synchronous = NORMAL", "temp_store = MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(conn: Connection) -> None:
    # A transaction that has read cannot begin to write while another does, so writers take the lock at once.
    reading = conn.get_execution_options().get(_READING, False)
    conn.exec_driver_sql(f"PRAGMA query_only = {int(reading)}")
    conn.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _postgresql(url: URL, connections: int) -> Engine:
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        # Compiling a plan costs more than any of these queries.
        connect_args={"connect_timeout": 10, "options": _OPTIONS, **_ALIVE},
        # Claims rely on each statement seeing what others committed before it.
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        **_common(connections),
    )


def _common(connections: int) -> dict[str, Any]:
    kept = min(connections, _KEPT_CONNECTIONS)
    return {
        # What is bound may be a secret, and errors are logged.
        "hide_parameters": True,
        "json_serializer": documents.dump,
        "json_deserializer": documents.load,
        "pool_size": kept,
        "max_overflow": connections - kept,
    }
