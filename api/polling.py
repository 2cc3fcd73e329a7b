"""One resource that clients ask for again and again: at once, or once it has changed."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from api.answers import resource
from api.live import wait_while
from api.services import Services
from core.store import Topic

T = TypeVar("T")


async def polled(
    services: Services,
    request: Request,
    topic: Topic,
    find: Callable[[Connection, str], T],
    same: Callable[[T, T], bool],
    wait: float,
    answer: Callable[[T], BaseModel],
) -> Response:
    """The answer about the topic; with `wait` once what `find` reads is no longer the same, or time is over.

    Raises what `find` raises, and NotAcceptable where the client takes no JSON.
    """

    def look() -> T:
        with services.db.read() as conn:
            return find(conn, topic.id)

    version = services.answers.version()
    if (unchanged := services.answers.recall(request, version)) is not None:
        return unchanged
    seen = await wait_while(services.live, topic, look, same, wait, request.is_disconnected)
    found = resource(request, answer(seen))
    return found if wait else services.answers.keep(request, version, found)
