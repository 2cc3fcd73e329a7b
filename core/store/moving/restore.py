"""A backup put in the place of an SQLite database that nobody uses."""

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from core.store.filesystem import require_local
from core.store.migrate import knows
from core.store.moving.backup import Progress
from core.store.moving.files import PAGES_A_STEP, count_rows, in_use, opened, require_whole
from core.store.moving.refusal import Refused
from core.store.tables import LEASED

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restored database holds.

    Attributes:
        rows: of each table.
        training: runs that were in training when the backup was made; they go on from their checkpoints.
        aside: where the damaged database lies that was in the place.
    """

    rows: dict[str, int]
    training: int
    aside: Path | None


def restore(source: Path, database: Path, *, force: bool, tell: Progress) -> Restored:
    """Make the database what the backup `source` is, whole or not at all: who is interrupted has the old one.

    Raises Refused where the backup is none, damaged or newer than this version, where a process has the
    database open, or where it holds anything and is not to be replaced; OSError, ValueError, sqlite3.Error.
    """
    require_local(str(database))
    if not source.is_file():
        raise Refused(f"there is no such backup: {source}")
    if database.exists() and source.samefile(database):
        raise Refused(f"that is the database itself, not a backup: {source}")
    _require_backup(source)
    if in_use(database):
        raise Refused(f"{database} is in use: stop the service first")
    if database.exists() and database.stat().st_size and not force:
        raise Refused(f"there is a database already: {database}; --force replaces it")
    database.parent.mkdir(parents=True, exist_ok=True)
    aside = _put_damaged_aside(database)
    with opened(source, "ro") as backup, opened(database, "rwc") as place:
        _take_alone(place, database)
        backup.backup(
            place, pages=PAGES_A_STEP, progress=lambda status, left, pages: tell(pages - left, pages)
        )
        require_whole(place, database)
        rows = count_rows(place)
        (training,) = place.execute(f"SELECT count(*) FROM runs WHERE {LEASED}").fetchone()
        place.execute("PRAGMA locking_mode = NORMAL")
        place.execute("PRAGMA journal_mode = WAL")
    return Restored(rows, training, aside)


def _require_backup(source: Path) -> None:
    try:
        with opened(source, "ro") as connection:
            require_whole(connection, source)
            revisions = [row[0] for row in connection.execute("SELECT version_num FROM alembic_version")]
    except sqlite3.DatabaseError as error:
        raise Refused(f"{source} is no backup of Groklab: {error}") from error
    if not revisions or not all(knows(revision) for revision in revisions):
        raise Refused(f"{source} was made by a newer version (its form is {revisions}): install that first")


def _take_alone(place: sqlite3.Connection, database: Path) -> None:
    """Keep everybody else out until the connection is closed: who starts meanwhile waits."""
    place.execute("PRAGMA synchronous = FULL")
    place.execute("PRAGMA locking_mode = EXCLUSIVE")
    try:
        # Leaving WAL mode needs the file for oneself; what follows is one transaction of its journal.
        place.execute("PRAGMA journal_mode = DELETE")
        place.execute("BEGIN EXCLUSIVE")
        place.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        raise Refused(f"{database} is in use: stop the service first") from error


def _put_damaged_aside(database: Path) -> Path | None:
    """Rename a database that cannot be written to as one; the new name, or None where it is sound enough."""
    if not database.exists():
        return None
    try:
        with opened(database) as place:
            place.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            place.execute("SELECT count(*) FROM sqlite_master").fetchall()
        return None
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode not in _DAMAGED:
            raise
    aside = database.with_name(f"{database.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    for suffix in ("-wal", "-shm", "-journal"):
        log = database.with_name(database.name + suffix)
        if log.exists():
            log.rename(aside.with_name(aside.name + suffix))
    return database.rename(aside)
