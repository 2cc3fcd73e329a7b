"""Counts what tokens with a quota of bytes store."""

from core.store import Database, count_bytes

PERIOD = 30.0


def count(db: Database) -> None:
    """One look: counts anew what was counted some minutes ago."""
    count_bytes(db)
