"""Heads of requests that HTTP does not allow, though the parser lets them pass."""

from starlette.datastructures import Headers
from starlette.types import Scope

from api.errors import MalformedRequest


def refusal(scope: Scope) -> MalformedRequest | None:
    """Why a request is refused before anything looks at it (RFC 9112, sections 3.2 and 6.1), if it is."""
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    if scope["http_version"] == "1.1" and len(hosts) != 1:
        return _refused(f"a request of HTTP/1.1 must have one Host header. Got {len(hosts)} instead.")
    codings = ", ".join(headers.getlist("transfer-encoding"))
    if codings.strip().lower() not in ("", "chunked"):
        return _refused(f"Transfer-Encoding must be chunked or left out. Got {codings[:100]!r} instead.")
    return None


def _refused(detail: str) -> MalformedRequest:
    # Where the next request begins may be anybody's guess.
    return MalformedRequest(detail, headers={"Connection": "close"})
