"""Recordings of one's own for runs that share theirs with others."""

from collections.abc import Collection

from sqlalchemy import BigInteger, Connection, Table, func, insert, select

from core.store.clock import now
from core.store.listed import listed
from core.store.tables import checkpoints, chunks, frames, recordings, runs, vector_chunks

# What training goes on from; files belong to the end that is left behind.
_CONTENT = (frames, chunks, vector_chunks, checkpoints)


def shared_among(conn: Connection, recording_ids: Collection[int]) -> set[int]:
    """Those of the recordings that more than one run refers to."""
    asked = listed(conn, ((recording,) for recording in recording_ids), id=BigInteger())
    query = (
        select(runs.c.recording_id)
        .join(asked, asked.c.id == runs.c.recording_id)
        .group_by(runs.c.recording_id)
        .having(func.count() > 1)
    )
    return set(conn.execute(query).scalars())


def new_recordings(conn: Connection, count: int) -> list[int]:
    """Recordings that hold nothing yet."""
    if not count:
        return []
    at: float = conn.execute(select(now())).scalar_one()
    made = insert(recordings).returning(recordings.c.id)
    return list(conn.execute(made, [{"created_at": at}] * count).scalars())


def copy_content(conn: Connection, copies: Collection[tuple[int, int]]) -> None:
    """Copy series and kept states from one recording to another that holds nothing, for each (old, new)."""
    if not copies:
        return
    for table in _CONTENT:
        _copy(conn, table, copies)


def _copy(conn: Connection, table: Table, copies: Collection[tuple[int, int]]) -> None:
    pairs = listed(conn, copies, old=BigInteger(), new=BigInteger())
    others = [column for column in table.c if column.name != "recording_id"]
    found = select(pairs.c.new, *others).join_from(pairs, table, table.c.recording_id == pairs.c.old)
    conn.execute(insert(table).from_select(["recording_id", *(c.name for c in others)], found))
