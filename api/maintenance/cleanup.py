"""Forgets what nobody will ask for again: old answers to keys, old deliveries, workers long gone."""

from core.store import Database, forget_dead_workers, forget_deliveries, forget_old

PERIOD = 600.0
_KEY_DAYS = 7.0
_DELIVERY_DAYS = 7.0
_DEAD_SECONDS = 24 * 3600.0


def forget(db: Database) -> None:
    """One clean-up."""
    with db.write() as conn:
        forget_old(conn, _KEY_DAYS)
        forget_deliveries(conn, _DELIVERY_DAYS)
        forget_dead_workers(conn, _DEAD_SECONDS)
