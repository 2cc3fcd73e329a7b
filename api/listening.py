"""Where the API may listen: anywhere with tokens, without them on loopback alone."""

import ipaddress

from sqlalchemy.exc import SQLAlchemyError

from core.store import any_token, open_database
from worker.settings import Settings

_ADVICE = (
    "make a token with `groklab token create --scope admin --name NAME`, or set GROKLAB_TOKENS "
    "(scope:secret, commas between them); or listen on loopback (127.0.0.1, ::1, localhost)"
)


def refusal_to_listen(settings: Settings) -> str | None:
    """Why the API must not listen at its address, and what to do about it; None where it may."""
    if is_loopback(settings.host) or settings.tokens:
        return None
    what = f"the API listens on {settings.host!r} only with tokens"
    try:
        found = _any_token(settings.database_url)
    except (OSError, ValueError, SQLAlchemyError):
        return f"{what}, and the database cannot be asked for any: run `groklab migrate`, then {_ADVICE}"
    return None if found else f"{what}, and there are none: {_ADVICE}"


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _any_token(url: str) -> bool:
    db = open_database(url)
    try:
        with db.read() as conn:
            return any_token(conn)
    finally:
        db.dispose()
