"""The secret in a request's `Authorization` (RFC 6750), and the refusals of what is none."""

import re
from collections.abc import Iterable

from api.errors import Forbidden, Unauthorized
from core.access import Scope

_CHALLENGE = 'Bearer realm="groklab"'
_BEARER = re.compile(rb"bearer +([A-Za-z0-9._~+/-]{1,512}=*) *", re.IGNORECASE)
_LONGEST = 1024


def secret_in(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The secret that came with a request. Raises Unauthorized, which never repeats what came."""
    given = [value for name, value in headers if name == b"authorization"]
    if not given:
        raise Unauthorized(
            "this service takes calls with a token only: send `Authorization: Bearer <secret>`",
            headers={"WWW-Authenticate": _CHALLENGE},
        )
    found = _BEARER.fullmatch(given[0]) if len(given) == 1 and len(given[0]) <= _LONGEST else None
    if found is None:
        raise bad_token("Authorization must be one header of the form `Bearer <secret>`")
    return found[1].decode()


def bad_token(detail: str) -> Unauthorized:
    """The refusal of a token that is none, or is none any more."""
    return Unauthorized(detail, headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'})


def too_little(held: Scope, needed: Scope) -> Forbidden:
    """The refusal of a token whose scope does not reach."""
    return Forbidden(
        f"this needs a token of scope {needed}; the one that came has scope {held}",
        headers={"WWW-Authenticate": f'{_CHALLENGE}, error="insufficient_scope", scope="{needed}"'},
    )
