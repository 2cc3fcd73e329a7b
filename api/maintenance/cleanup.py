"""Forgets what nobody will ask for again: answers to keys, deliveries, workers long gone, old audit."""

from core.store import Database, forget_audit, forget_dead_workers, forget_deliveries, forget_old

PERIOD = 600.0
_KEY_DAYS = 7.0
_DELIVERY_DAYS = 7.0
_DEAD_SECONDS = 24 * 3600.0


def forget(db: Database, audit_days: float) -> None:
    """One clean-up; the audit is kept for so many days."""
    with db.write() as conn:
        forget_old(conn, _KEY_DAYS)
        forget_deliveries(conn, _DELIVERY_DAYS)
        forget_dead_workers(conn, _DEAD_SECONDS)
        forget_audit(conn, audit_days)
