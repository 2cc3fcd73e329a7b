"""Chooses the form of an answer by the Accept header."""

from collections.abc import Sequence

from starlette.requests import Request

from api.errors import NotAcceptable

CSV = "text/csv"
OCTETS = "application/octet-stream"


def choose(request: Request, offered: Sequence[str]) -> str:
    """The offered media type that the client likes most, the first offered among equals.

    Raises NotAcceptable naming what is offered.
    """
    accept = ",".join(request.headers.getlist("accept")).strip()
    if not accept:
        return offered[0]
    ranges = [_parse(part) for part in accept.split(",") if part.strip()]
    best, chosen = 0.0, None
    for media_type in offered:
        quality = _quality(media_type, ranges)
        if quality > best:
            best, chosen = quality, media_type
    if chosen is None:
        raise NotAcceptable(f"Accept must admit one of {', '.join(offered)}. Got {accept[:200]!r} instead.")
    return chosen


def _parse(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return media_range, min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                return media_range, 0.0
    return media_range, 1.0


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    # The most specific range that fits decides (RFC 9110, 12.5.1).
    for candidate in (media_type, media_type.split("/")[0] + "/*", "*/*"):
        found = [quality for media_range, quality in ranges if media_range == candidate]
        if found:
            return max(found)
    return 0.0
