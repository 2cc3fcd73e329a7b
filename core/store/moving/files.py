"""SQLite files as they are copied whole: opening, checking, counting, and who has one open."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from core.store.engine import BUSY_SECONDS
from core.store.moving.refusal import Refused
from core.store.tables import CONTENT

PAGES_A_STEP = 4096
"""Pages copied between two moments at which Ctrl-C is heard."""

# Where every open connection in WAL mode holds a read lock (SHARED_FIRST, SHARED_SIZE in SQLite's sources).
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510


@contextmanager
def opened(path: Path, mode: str = "rw") -> Iterator[sqlite3.Connection]:
    """A bare connection: transactions are the caller's. `mode` is ro, rw or rwc, as in SQLite's URIs."""
    address = f"file:{quote(str(path))}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    with closing(connection):
        yield connection


def in_use(path: Path) -> bool:
    """Whether another process has the database open. This process must not: it would lose its own locks."""
    if not path.exists():
        return False
    with path.open("rb+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
        except BlockingIOError:
            return True
    return False


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Rows of each table of ours that the database has."""
    held = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return {
        table.name: connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
        for table in CONTENT
        if table.name in held
    }


def require_whole(connection: sqlite3.Connection, path: Path) -> None:
    """Raises Refused where pages, indexes or references are not as they should be."""
    faults = [str(line) for (line,) in connection.execute("PRAGMA integrity_check(3)")]
    broken = connection.execute("PRAGMA foreign_key_check").fetchmany(3)
    orphans = [f"a row of {row[0]} has no parent" for row in broken]
    found = [fault for fault in faults if fault != "ok"] + orphans
    if found:
        raise Refused(f"{path} is damaged: {'; '.join(found)}")


def sync(path: Path) -> None:
    """Have a file, or the entries of a folder, written to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
