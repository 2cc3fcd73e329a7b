"""What Prometheus reads at `GET /metrics`; one registry an application, names by Prometheus' conventions."""

from api.metrics.metrics import CONTENT_TYPE, Metrics
from api.metrics.requests import RequestMetrics

__all__ = ["CONTENT_TYPE", "Metrics", "RequestMetrics"]
