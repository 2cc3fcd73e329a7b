"""Returns runs whose worker fell silent to the queue."""

import logging

from core.store import Database, ReapReport, reap
from worker.settings import Settings

_log = logging.getLogger("groklab.api")


def period(settings: Settings) -> float:
    """Seconds between two looks, so that who was silent for `lease_seconds` has been found out."""
    return (settings.lease_seconds - settings.granted_seconds) / 2


def reap_lost(db: Database, settings: Settings) -> ReapReport:
    """One look at expired leases: what became of them."""
    with db.write() as conn:
        report = reap(conn, settings.max_losses)
    for loss in report.losses:
        facts = {"run": loss.run_id, "attempt": loss.attempt, "experiment": loss.experiment_id}
        _log.warning("lease expired", extra={**facts, "worker": loss.worker, "becomes": loss.state})
    return report
