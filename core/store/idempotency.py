"""Answers to POSTs that may come twice."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core.store.clock import now
from core.store.model import KeyReused, StoredAnswer
from core.store.tables import idempotency_keys as keys

SECONDS_A_DAY = 86_400


def remember(conn: Connection, key: str, route: str, fingerprint: str) -> StoredAnswer | None:
    """The answer that this request was given before; None for the first one.

    The first one's key is kept by the caller's transaction, which must `store_answer` before it commits; a
    second request with the key waits for that. Raises KeyReused where another request has used the key.
    """
    dialect = sqlite if conn.dialect.name == "sqlite" else postgresql
    fields = {"key": key, "route": route, "fingerprint": fingerprint}
    placeholder = dialect.insert(keys).values(**fields, created_at=now()).on_conflict_do_nothing()
    if conn.execute(placeholder.returning(keys.c.key)).first() is not None:
        return None
    return remembered(conn, key, route, fingerprint)


def remembered(conn: Connection, key: str, route: str, fingerprint: str) -> StoredAnswer | None:
    """As `remember`, without keeping the key: None also where it is new."""
    row = conn.execute(select(keys).where(keys.c.key == key, keys.c.route == route)).one_or_none()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise KeyReused(f"Idempotency-Key {key!r} was used for another request before")
    return None if row.status is None else StoredAnswer(row.status, row.headers, row.body)


def store_answer(
    conn: Connection, key: str, route: str, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    """Keep the answer to the request that `remember` let through."""
    conn.execute(
        update(keys)
        .where(keys.c.key == key, keys.c.route == route)
        .values(status=status, headers=dict(headers), body=body)
    )


def forget_old(conn: Connection, days: float) -> int:
    """Forget answers older than `days`: how many."""
    return conn.execute(delete(keys).where(keys.c.created_at < now() - days * SECONDS_A_DAY)).rowcount
