"""Gauges of the whole service, read from the database at each scrape; every API process has the same."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import TimeoutError as NotInTime

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from api.metrics.ended import EndedRuns
from core.store import Census, Database, Queue, take_census
from worker.probe import Probe

_PATIENCE = 2.0
_FRESH_SECONDS = 2.0
"""With 100,000 runs that wait a look takes a tenth of a second: several who scrape at once share one."""
_QUEUES: tuple[Queue, ...] = ("cpu", "gpu")
_WORKER_STATES = ("idle", "busy")
_log = logging.getLogger("groklab.api")


class StoreCollector(Collector):
    """Asks the database once a scrape; while it is away, only says so.

    Args:
        alive_within_seconds: who beat so long ago is alive.
    """

    def __init__(self, db: Database, ended: EndedRuns, alive_within_seconds: float) -> None:
        self._db, self._ended, self._alive_within = db, ended, alive_within_seconds
        self._probe = Probe("metrics", self._take)
        self._latest: tuple[float, Census] | None = None

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
        census = self._census()
        up = GaugeMetricFamily(
            "groklab_database_up", "1 if the numbers of the service could be read, else 0."
        )
        up.add_metric([], float(census is not None))
        yield up
        if census is not None:
            yield from _waiting(census)
            yield from _working(census)
            yield self._runs(census)

    def _take(self) -> Census:
        if self._latest is not None and time.monotonic() - self._latest[0] < _FRESH_SECONDS:
            return self._latest[1]
        with self._db.read() as conn:
            census = take_census(conn, self._alive_within)
        self._latest = time.monotonic(), census
        return census

    def _census(self) -> Census | None:
        try:
            return self._probe.begin().result(_PATIENCE)
        except (SQLAlchemyError, NotInTime) as error:
            # Who scrapes sees it; a line for each scrape would say no more.
            _log.debug("no numbers of the service", exc_info=error)
            return None

    def _runs(self, census: Census) -> Metric:
        runs = GaugeMetricFamily(
            "groklab_runs", "Runs by state; ended ones as of the latest count.", labels=["state"]
        )
        for state, count in {**census.live, **self._ended.read()}.items():
            runs.add_metric([state], count)
        return runs


def _waiting(census: Census) -> Iterator[Metric]:
    batches = GaugeMetricFamily("groklab_queue_batches", "Batches that wait.", labels=["queue"])
    runs = GaugeMetricFamily("groklab_queue_runs", "Runs that wait.", labels=["queue"])
    oldest = GaugeMetricFamily(
        "groklab_queue_oldest_age_seconds",
        "Time since the oldest run that waits was submitted; 0 when none does.",
        labels=["queue"],
    )
    for queue in census.queues:
        batches.add_metric([queue.queue], queue.queued_batches)
        runs.add_metric([queue.queue], queue.queued_runs)
        oldest.add_metric([queue.queue], queue.oldest_seconds or 0.0)
    yield from (batches, runs, oldest)


def _working(census: Census) -> Iterator[Metric]:
    workers = GaugeMetricFamily(
        "groklab_workers", "Live worker processes by queue and state.", labels=["queue", "state"]
    )
    labels = {(queue, state): None for queue in _QUEUES for state in _WORKER_STATES} | dict.fromkeys(
        census.workers
    )
    for queue, state in labels:
        workers.add_metric([queue, state], census.workers.get((queue, state), 0))
    speed = GaugeMetricFamily(
        "groklab_training_steps_per_second",
        "Steps of all runs under training, added up: a batch of 100 runs counts each.",
        labels=["queue"],
    )
    for name, value in census.steps_per_second.items():
        speed.add_metric([name], value)
    yield from (workers, speed)
