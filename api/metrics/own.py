"""Numbers that this process keeps elsewhere: wakes, connections to the database, versions."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import QueuePool

from api.waker import Waker
from core.spec import NUMERICS_VERSION
from core.store import Database


class OwnCollector(Collector):
    """Reads them when it is asked."""

    def __init__(self, db: Database, waker: Waker, version: str) -> None:
        self._db, self._waker, self._version = db, waker, version

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
        report = self._waker.report
        wakes = CounterMetricFamily(
            "groklab_wakes", "Messages to workers, by what became of them.", labels=["result"]
        )
        wakes.add_metric(["sent"], report.sent)
        wakes.add_metric(["failed"], report.failed)
        yield wakes
        pool = self._db.engine.pool
        if isinstance(pool, QueuePool):
            connections = GaugeMetricFamily(
                "groklab_database_connections", "Open connections to the database.", labels=["state"]
            )
            connections.add_metric(["in_use"], pool.checkedout())
            connections.add_metric(["idle"], pool.checkedin())
            yield connections
        versions = {"version": self._version, "numerics_version": str(NUMERICS_VERSION)}
        yield InfoMetricFamily("groklab_build", "Versions of the service and of its numerics.", versions)
