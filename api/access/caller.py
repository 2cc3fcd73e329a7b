"""Who makes a request, as routes see it."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from core.store import Token


async def _caller(request: Request) -> Token | None:
    token: Token | None = request.scope["token"]
    return token


def owner_of(caller: Token | None) -> str | None:
    """The id that is kept with what the caller makes."""
    return None if caller is None else caller.id


CallerDep = Annotated[Token | None, Depends(_caller)]
"""The token that let the request in; None while the service is open."""
