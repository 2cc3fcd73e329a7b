"""The mark that an unfinished copy leaves in its target: of what, by whom, how far."""

import secrets
from dataclasses import dataclass, field

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    literal,
    select,
    text,
    update,
)

from core.store.compatibility import UNFINISHED_COPY
from core.store.engine import Database
from core.store.moving.ranges import Key
from core.store.moving.refusal import Refused
from core.store.tables import CONTENT

# No part of the schema: it is there from the beginning of a copy to its end.
_mark = Table(
    UNFINISHED_COPY,
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("done", JSON, nullable=False),
)
_LOCK = 0x67726F6B636F70  # 'grokcop', as one number


@dataclass(frozen=True, slots=True)
class Mark:
    """A copy that goes on: the token of who copies, and the last key of each table that is begun."""

    token: str
    done: dict[str, Key] = field(default_factory=dict)


def unfinished_source(db: Database) -> str | None:
    """The source of the unfinished copy that a database holds; None where there is no such copy."""
    with db.read() as conn:
        return None if not inspect(conn).has_table(_mark.name) else conn.scalar(select(_mark.c.source))


def take_mark(target: Database, source: str) -> Mark:
    """Begin a copy in an empty target, or go on with one of the same source; whoever was at it is fenced.

    Raises Refused where the target holds anything else.
    """
    token = secrets.token_hex(16)
    with target.write() as conn:
        if target.dialect == "postgresql":
            conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if inspect(conn).has_table(_mark.name):
            return _go_on(conn, source, token)
        held = [
            table.name
            for table in CONTENT
            if conn.execute(select(literal(1)).select_from(table).limit(1)).first()
        ]
        if held:
            raise Refused(
                f"the target already holds data ({', '.join(held)}): copy into a new, empty database"
            )
        _mark.create(conn)
        conn.execute(insert(_mark).values(id=1, source=source, token=token, done={}))
        return Mark(token)


def _go_on(conn: Connection, source: str, token: str) -> Mark:
    row = conn.execute(select(_mark)).one()
    if row.source != source:
        raise Refused(
            f"the target holds an unfinished copy of {row.source}, not of {source}: finish that one, "
            "or copy into a new, empty database"
        )
    conn.execute(update(_mark).values(token=token))
    return Mark(token, {name: tuple(key) for name, key in row.done.items()})


def advance(conn: Connection, mark: Mark) -> None:
    """Store how far the copy is, in the transaction that took it there.

    Raises Refused where another copy has gone on in its place.
    """
    taken = "another `groklab copy` has taken over this target; this one stops"
    if not inspect(conn).has_table(_mark.name):
        raise Refused(taken)
    done = {str(name): list(key) for name, key in mark.done.items()}
    if conn.execute(update(_mark).where(_mark.c.token == mark.token).values(done=done)).rowcount == 0:
        raise Refused(taken)


def remove_mark(target: Database, mark: Mark) -> None:
    """The copy is finished: the target is a database as any other."""
    with target.write() as conn:
        advance(conn, mark)
        _mark.drop(conn)
