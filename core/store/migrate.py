"""Bringing a database to the newest schema, whoever starts first."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from core.store.compatibility import note_compatible
from core.store.engine import Database, open_database
from core.store.wal import switch_to_wal

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

TREE = Path(__file__).resolve().parents[2] / "migrations"
_LOCK = 0x67726F6B6C6162  # 'groklab', as one number


def upgrade(url: str, revision: str = "head") -> None:
    """Create or upgrade the schema; safe when several processes start at once."""
    # Alembic is imported where it is used: it would be a fifth of the time that a process takes to start.
    from alembic import command

    with _migrating(url) as conn:
        command.upgrade(config(conn), revision)
        note_compatible(conn, tree())


def downgrade(url: str, revision: str) -> None:
    """Take the schema back to `revision`, or to nothing with `base`."""
    from alembic import command

    with _migrating(url) as conn:
        command.downgrade(config(conn), revision)
        note_compatible(conn, tree())


def is_current(db: Database) -> bool:
    """Whether the schema of the database is the newest one."""
    from alembic.migration import MigrationContext

    with db.read() as conn:
        return MigrationContext.configure(conn).get_current_heads() == _heads()


def knows(revision: str) -> bool:
    """Whether this version has a migration of that name."""
    return any(script.revision == revision for script in tree().walk_revisions())


def config(conn: Connection | None = None) -> "Config":
    """Alembic's configuration: the tree beside `core`, in a checkout and installed alike."""
    from alembic.config import Config

    configuration = Config(attributes={"connection": conn})
    configuration.set_main_option("path_separator", "os")
    configuration.set_main_option("script_location", str(TREE).replace("%", "%%"))
    return configuration


def tree() -> "ScriptDirectory":
    """The migrations of this program."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(config())


@cache
def _heads() -> tuple[str, ...]:
    return tuple(tree().get_heads())


@contextmanager
def _migrating(url: str) -> Iterator[Connection]:
    """A write transaction that no other migration shares."""
    db = open_database(url)
    try:
        with db.engine.connect() as conn:
            if db.dialect == "sqlite":
                _prepare_file(conn)
            with conn.begin():
                if db.dialect == "postgresql":
                    conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                yield conn
                if db.dialect == "sqlite":
                    _check_foreign_keys(conn)
    finally:
        db.dispose()


def _prepare_file(conn: Connection) -> None:
    """Settings of the file itself, which no transaction may change."""
    raw = conn.connection.cursor()
    # Only an empty file takes this one, and before anything else is written.
    raw.execute("PRAGMA auto_vacuum = INCREMENTAL")
    switch_to_wal(raw)
    # A batch migration replaces tables, and dropping the old one would delete by cascade.
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.close()


def _check_foreign_keys(conn: Connection) -> None:
    broken = conn.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"the migration left rows without their parents: {broken[:5]}")
