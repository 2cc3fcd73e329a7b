"""What was done by whom: rows that outlive what they tell of."""

from sqlalchemy import Connection, delete, insert, select

from core.store.clock import now, utc
from core.store.idempotency import SECONDS_A_DAY
from core.store.model import AuditEntry, Json, Token
from core.store.tables import audit


def note_action(
    conn: Connection,
    action: str,
    caller: Token | None,
    *,
    experiment_id: str | None = None,
    run_id: str | None = None,
    data: Json | None = None,
) -> None:
    """Tell what is done in this transaction, so that one is not without the other.

    `caller` is None where nobody had to say who they are: an open service, or a command on the database.
    """
    row = {
        "token_id": None if caller is None else caller.id,
        "token_name": None if caller is None else caller.name,
        "action": action,
        "experiment_id": experiment_id,
        "run_id": run_id,
        "data": data or {},
    }
    conn.execute(insert(audit).values(**row, at=now()))


def list_audit(conn: Connection, *, limit: int, before: int | None = None) -> list[AuditEntry]:
    """Up to `limit` entries, newest first, from the one before `before` on."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [
        AuditEntry(
            id=row.id,
            at=utc(row.at),
            token_id=row.token_id,
            token_name=row.token_name,
            action=row.action,
            experiment_id=row.experiment_id,
            run_id=row.run_id,
            data=row.data,
        )
        for row in conn.execute(query)
    ]


def forget_audit(conn: Connection, days: float) -> int:
    """Forget entries older than `days`: how many."""
    return conn.execute(delete(audit).where(audit.c.at < now() - days * SECONDS_A_DAY)).rowcount
