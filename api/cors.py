"""What pages of other origins may do, where the settings name any."""

from collections.abc import Sequence
from typing import Any

_ASKED = (
    "Accept",
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "X-Request-Id",
)
_SHOWN = (
    "Content-Disposition",
    "ETag",
    "Link",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
)
_RATES = ("RateLimit", "RateLimit-Policy")
_PREFLIGHT_SECONDS = 600


def cors_rules(origins: Sequence[str]) -> dict[str, Any]:
    """Arguments of Starlette's middleware: every method and header of the API, no cookies."""
    return {
        "allow_origins": list(origins),
        "allow_methods": ["GET", "HEAD", "POST", "DELETE"],
        "allow_headers": list(_ASKED),
        "expose_headers": [*_SHOWN, *_RATES],
        "max_age": _PREFLIGHT_SECONDS,
    }
