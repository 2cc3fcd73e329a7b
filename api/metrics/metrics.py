"""The registry of one application and what is in it."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from api.metrics.ended import EndedRuns
from api.metrics.own import OwnCollector
from api.metrics.requests import RequestMetrics
from api.metrics.store import StoreCollector
from api.waker import Waker
from core.store import Database, ReapReport

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Made with the application; told of its database and waker once they are open."""

    def __init__(self) -> None:
        # The time at which a counter began is a series more for each, and Prometheus finds resets without.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._ended: EndedRuns | None = None
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        self.requests = RequestMetrics(self._registry)
        self._losses = Counter(
            "groklab_lease_losses",
            "Runs that this process took back from silent workers, by what became of them.",
            ["result"],
            registry=self._registry,
        )
        for result in ("requeued", "failed", "cancelled"):
            self._losses.labels(result)

    def watch(self, db: Database, waker: Waker, lease_seconds: float, version: str) -> None:
        """Adds what is read from these when it is asked for."""
        self._ended = EndedRuns(db)
        self._registry.register(OwnCollector(db, waker, version))
        self._registry.register(StoreCollector(db, self._ended, lease_seconds))

    def refresh(self) -> None:
        """Counts anew what is too much to count at every scrape; for a chore."""
        if self._ended is not None:
            self._ended.refresh()

    def count_losses(self, report: ReapReport) -> None:
        """Takes down what the reaper of this process did."""
        self._losses.labels("requeued").inc(report.requeued)
        self._losses.labels("failed").inc(report.failed)
        self._losses.labels("cancelled").inc(report.cancelled)

    def render(self) -> bytes:
        """Everything, in the text format of Prometheus."""
        return generate_latest(self._registry)
