"""Looks at what the service needs, so that the log tells when it went and came; counts what takes long."""

from api.metrics import Metrics
from worker.dependencies import Dependencies

PERIOD = 5.0


def look(dependencies: Dependencies, metrics: Metrics) -> None:
    """One look."""
    if dependencies.missing().keys().isdisjoint({"database", "migrations"}):
        metrics.refresh()
