"""Which programs may work with a database: those of its revision, and older ones if migrations only add."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, inspect, select, text

from core.store.engine import Database
from core.store.tables import compatible_revisions

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

UNFINISHED_COPY = "unfinished_copy"
"""A table that is there while another database is copied into this one."""
REVISIONS = ("0010", "0009", "0008", "0007", "0006", "0005", "0004", "0003", "0002", "0001")
"""The migrations of this program, the newest first. Written down, as reading them from their files imports
Alembic: 11 MB and a tenth of a second in each process that asks whether it may work with a database."""
_VERSION = text("SELECT version_num FROM alembic_version")


class Incompatible(RuntimeError):
    """The database is of a form that this program must not touch."""


class NotMigrated(Incompatible):
    """It has no form yet, or an older one."""


def require_compatible(db: Database) -> None:
    """As `require_compatible_now`, in a transaction of its own; OperationalError with the database away."""
    with db.read() as conn:
        there = inspect(conn)
        if not there.has_table("alembic_version"):
            raise NotMigrated(_OLDER)
        if there.has_table(UNFINISHED_COPY):
            raise NotMigrated("the database holds an unfinished copy: finish `groklab copy` first")
        require_compatible_now(conn)


def require_compatible_now(conn: Connection) -> None:
    """Raises Incompatible unless this program may read and write the migrated database as it is now."""
    found = conn.execute(_VERSION).scalar_one_or_none()
    mine, *older = REVISIONS
    if found == mine:
        return
    if found is None or found in older:
        raise NotMigrated(_OLDER)
    query = select(compatible_revisions.c.revision).where(compatible_revisions.c.revision == mine)
    if conn.execute(query).first() is None:
        raise Incompatible(
            f"the database was migrated to revision {found}, which programs of revision {mine} cannot work "
            "with: update this one"
        )


_OLDER = "the database is not of this version's form: run `groklab migrate` first"


def note_compatible(conn: Connection, tree: "ScriptDirectory") -> None:
    """After a migration, list whose programs may go on: those of its revision, and back to a last one that
    does more than add."""
    if not inspect(conn).has_table(compatible_revisions.name):
        return
    going_on = []
    for script in tree.iterate_revisions(conn.execute(_VERSION).scalar_one(), "base"):
        going_on.append({"revision": script.revision})
        if not script.module.additive:
            break
    conn.execute(delete(compatible_revisions))
    conn.execute(insert(compatible_revisions), going_on)
