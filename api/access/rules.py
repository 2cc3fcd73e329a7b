"""What a call needs, by its method and path alone, so that no route can forget to say."""

from api.errors import Forbidden
from core.access import Scope
from core.store import Token

_OPEN = frozenset({"/", "/docs", "/livez", "/openapi.json", "/readyz", "/version"})
"""What supervisors ask, and what describes the program but nothing that it holds."""
_PAGE = "/pages/"
_READING = frozenset({"GET", "HEAD"})
_ADMIN = ("/v1/audit",)


def require_own(caller: Token | None, owner: str | None) -> None:
    """For what cannot be undone, or costs the owner.

    Raises Forbidden where another token made it and the caller is no admin.
    """
    if caller is not None and owner not in (None, caller.id) and caller.scope != "admin":
        raise Forbidden(f"another token made this: it takes scope admin, and yours has {caller.scope}")


def tells_without_database(path: str) -> bool:
    """Whether a service that may be open answers before its database has told it so: of itself alone."""
    return path == "/metrics"


def needed_scope(method: str, path: str) -> Scope | None:
    """The least scope that may make the call, None where anybody may.

    `path` may be one that there is not, or the template of a route.
    """
    if path in _OPEN or path.startswith(_PAGE):
        return None
    if path.startswith(_ADMIN):
        return "admin"
    return "read" if method in _READING else "write"
