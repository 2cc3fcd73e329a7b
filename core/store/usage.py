"""The bytes that runs of tokens store: counted now and then, for it takes a look at all of every series."""

from sqlalchemy import Connection, or_, select, update

from core.store.clock import now
from core.store.deletion import BLOBS, size_of
from core.store.engine import Database
from core.store.tables import experiments, runs, tokens

COUNT_SECONDS = 300.0
"""So old may a count be."""


def count_bytes(db: Database) -> int:
    """Count anew what runs of tokens with a quota of bytes store, where nobody has lately: how many tokens.

    A recording that several runs share counts once for each token that has one of them.
    """
    with db.read() as conn:
        counted = {owner: _bytes_of(conn, owner) for owner in _due(conn)}
    if counted:
        with db.write() as conn:
            for owner, count in counted.items():
                mine = update(tokens).where(tokens.c.id == owner)
                conn.execute(mine.values(bytes_stored=count, bytes_at=now()))
    return len(counted)


def _due(conn: Connection) -> list[str]:
    old = or_(tokens.c.bytes_at.is_(None), tokens.c.bytes_at <= now() - COUNT_SECONDS)
    query = select(tokens.c.id).where(tokens.c.max_bytes.is_not(None), tokens.c.revoked_at.is_(None), old)
    return list(conn.execute(query).scalars())


def _bytes_of(conn: Connection, owner: str) -> int:
    mine = (
        select(runs.c.recording_id)
        .join(experiments, experiments.c.id == runs.c.experiment_id)
        .where(experiments.c.owner == owner)
    )
    return sum(
        int(conn.execute(select(size_of(blob)).where(blob.table.c.recording_id.in_(mine))).scalar_one())
        for blob in BLOBS
    )
