"""Returns runs whose worker fell silent to the queue."""

import logging

from core.store import Database, reap
from worker.settings import Settings

_log = logging.getLogger("groklab.api")


def period(settings: Settings) -> float:
    """Seconds between two looks."""
    return settings.reap_seconds


def reap_lost(db: Database, settings: Settings) -> None:
    """One look at expired leases."""
    with db.write() as conn:
        report = reap(conn, settings.max_losses)
    if report.requeued or report.failed or report.cancelled:
        facts = {"requeued": report.requeued, "failed": report.failed, "cancelled": report.cancelled}
        _log.warning("expired leases", extra=facts)
