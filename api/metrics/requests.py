"""Requests of this process: how many, how long, and how many at once."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_UNKNOWN, _OTHER, _NONE = "unknown", "other", "none"


class RequestMetrics:
    """Counts by template of the route, method and class of status: a bounded number of series."""

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ["route", "method", "status"]
        self._requests = Counter(
            "groklab_http_requests",
            "Requests answered, by route, method and class of status.",
            labels,
            registry=registry,
        )
        self._seconds = Histogram(
            "groklab_http_request_duration_seconds",
            "Time from a request to the end of its answer, without streams and requests that asked to wait.",
            labels,
            buckets=_BUCKETS,
            registry=registry,
        )
        self.in_progress = Gauge(
            "groklab_http_requests_in_progress", "Requests that are being answered.", registry=registry
        )
        self.streams = Gauge("groklab_http_streams", "Open streams of events.", registry=registry)

    def observe(
        self, *, route: str | None, method: str, status: int | None, seconds: float, waited: bool
    ) -> None:
        """Takes down one request.

        Args:
            route: the template of its path; None where there is no such route.
            status: None where the client left before the answer.
            waited: whether it asked for a stream, or to wait for a change, so that its time says nothing
                of the service.
        """
        labels = (
            route or _UNKNOWN,
            method if method in _METHODS else _OTHER,
            f"{status // 100}xx" if status is not None else _NONE,
        )
        self._requests.labels(*labels).inc()
        if not waited:
            self._seconds.labels(*labels).observe(seconds)
