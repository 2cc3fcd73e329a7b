"""The one family of errors that requests can end with; each class carries its type, title and status."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import orjson

from core.spec import SpecError, SpecInvalid

_SHOWN_ERRORS = 20
_SHOWN_VALUE = 200
_LONGEST_POINTER, _LONGEST_MESSAGE, _LONGEST_DETAIL = 1000, 1000, 4000


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a request: where, what is allowed, and (shortened) what was given."""

    pointer: str
    message: str
    value: Any = None

    def as_json(self) -> dict[str, Any]:
        return {
            # A name that does not fit is no field's.
            "pointer": _clip(self.pointer, _LONGEST_POINTER),
            "message": _clip(self.message, _LONGEST_MESSAGE),
            "value": _shown(self.value),
        }


class GroklabError(Exception):
    """A request that cannot be answered as asked."""

    type: ClassVar[str]
    title: ClassVar[str]
    status: ClassVar[int]

    def __init__(
        self,
        detail: str,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = _clip(detail, _LONGEST_DETAIL)
        self.faults = tuple(faults)
        self.headers = dict(headers or {})
        self.more = dict(more or {})


class MalformedRequest(GroklabError):
    """What came is no HTTP that the service reads; the connection is closed."""

    type, title, status = "malformed-request", "Malformed request", 400


class MalformedBody(GroklabError):
    """The body is not the strict JSON that the service reads."""

    type, title, status = "malformed-body", "Malformed body", 400


class Unauthorized(GroklabError):
    """The call needs a token, `Authorization: Bearer <secret>`, and came with none that is valid."""

    type, title, status = "unauthorized", "Unauthorized", 401


class Forbidden(GroklabError):
    """The token is valid, and this is not for it."""

    type, title, status = "forbidden", "Forbidden", 403


class NotFound(GroklabError):
    """There is no such resource."""

    type, title, status = "not-found", "Not found", 404


class MethodNotAllowed(GroklabError):
    """The resource exists and does not take this method; `Allow` names those it takes."""

    type, title, status = "method-not-allowed", "Method not allowed", 405


class NotAcceptable(GroklabError):
    """The resource has no form that `Accept` admits."""

    type, title, status = "not-acceptable", "Not acceptable", 406


class RequestTimeout(GroklabError):
    """The head or the body of the request did not arrive in time; the connection is closed."""

    type, title, status = "request-timeout", "Request timeout", 408


class Conflict(GroklabError):
    """The resource is in a state that does not admit this."""

    type, title, status = "conflict", "Conflict", 409


class BodyTooLarge(GroklabError):
    """The body is larger than the service takes."""

    type, title, status = "body-too-large", "Body too large", 413


class UnsupportedMediaType(GroklabError):
    """The body has a content type that the operation does not read."""

    type, title, status = "unsupported-media-type", "Unsupported media type", 415


class _Invalid(GroklabError):
    @classmethod
    def of(cls, error: SpecInvalid) -> Self:
        """The answer to a body with these faults, the first of them if there are very many."""
        faults = [_fault(e) for e in error.errors[:_SHOWN_ERRORS]]
        count = len(error.errors)
        more = f" (the first {_SHOWN_ERRORS} are shown)" if count > _SHOWN_ERRORS else ""
        first = f"{faults[0].pointer or '/'}: {_clip(faults[0].message, 300)}" if faults else str(error)
        detail = first if count == 1 else f"{count} faults{more}; the first at {first}"
        return cls(detail, faults)


class InvalidSpec(_Invalid):
    """The spec cannot be run; `errors` points at the fields."""

    type, title, status = "invalid-spec", "Invalid spec", 422


class InvalidRequest(_Invalid):
    """A parameter, header or body field is unknown or out of its bounds; `errors` points at it."""

    type, title, status = "invalid-request", "Invalid request", 422


class KeyMisused(GroklabError):
    """The Idempotency-Key was used before, for another request."""

    type, title, status = "idempotency-key-reused", "Idempotency-Key reused", 422


class HeadTooLarge(GroklabError):
    """The request line and the headers are longer than the service reads; the connection is closed."""

    type, title, status = "head-too-large", "Request head too large", 431


class RateLimited(GroklabError):
    """The token, or the address where there is none, calls too often; `Retry-After` says when to go on."""

    type, title, status = "rate-limited", "Too many requests", 429


class QuotaExceeded(GroklabError):
    """A quota of the token leaves no room now; `quota` says which, `Retry-After` when to ask again."""

    type, title, status = "quota-exceeded", "Quota exceeded", 429


class QuotaTooSmall(GroklabError):
    """A quota of the token leaves no room for this, however long one waits; `quota` says which."""

    type, title, status = "quota-too-small", "Quota too small", 403


class Internal(GroklabError):
    """A fault of the service; the log has more under the same request id."""

    type, title, status = "internal", "Internal error", 500


class Unavailable(GroklabError):
    """Something that the service needs is away or busy; the request may be sent again."""

    type, title, status = "unavailable", "Service unavailable", 503


FAMILY: tuple[type[GroklabError], ...] = (
    MalformedRequest,
    MalformedBody,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    RequestTimeout,
    Conflict,
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidSpec,
    InvalidRequest,
    KeyMisused,
    HeadTooLarge,
    RateLimited,
    QuotaExceeded,
    QuotaTooSmall,
    Internal,
    Unavailable,
)


def _fault(error: SpecError) -> Fault:
    return Fault(error.pointer, error.message, error.value)


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."


def _shown(value: Any) -> Any:
    """The value itself while it is short JSON, else the beginning of its text."""
    try:
        text = orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        text = str(value)
        return _clip(text.encode(errors="replace").decode(), _SHOWN_VALUE)
    return value if len(text) <= _SHOWN_VALUE else _clip(text, _SHOWN_VALUE)
