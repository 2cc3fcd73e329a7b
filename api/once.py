"""Idempotency-Key: the first answer again for the same request, a refusal for another one."""

import hashlib
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from api.access import CallerDep
from api.body import RawBody
from api.errors import Fault, KeyMisused
from core.store import KeyReused, StoredAnswer, Token, remember, remembered, store_answer

_KEPT_HEADERS = ("content-type", "location", "retry-after")


class Once:
    """Makes a POST take effect once per key; without a key it does nothing."""

    def __init__(self, key: str | None, fingerprint: str, caller: Token | None) -> None:
        self._key, self._fingerprint = key, fingerprint
        # One caller's keys are nothing to another's. The fingerprint has method and path, so that one key
        # cannot serve two operations.
        self._route = "post" if caller is None else f"post {caller.id}"

    def recall(self, conn: Connection) -> Response | None:
        """The first answer, if this request was answered before. Raises KeyMisused for another request."""
        return self._first(conn, remember)

    def look(self, conn: Connection) -> Response | None:
        """As `recall`, in a transaction that only reads: another request may come in between."""
        return self._first(conn, remembered)

    def _first(self, conn: Connection, find: Callable[..., StoredAnswer | None]) -> Response | None:
        if self._key is None:
            return None
        try:
            first = find(conn, self._key, self._route, self._fingerprint)
        except KeyReused:
            fault = Fault("/header/Idempotency-Key", "a key that no other request used", self._key)
            raise KeyMisused("this Idempotency-Key was used for another request", [fault]) from None
        return None if first is None else _replay(first)

    def keep(self, conn: Connection, answer: Response) -> None:
        """Remembers the answer for the next time; part of the transaction that made it true."""
        if self._key is None:
            return
        headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        store_answer(conn, self._key, self._route, answer.status_code, headers, bytes(answer.body))


def _replay(first: StoredAnswer) -> Response:
    return Response(first.body, first.status, first.headers)


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="makes a repeated request harmless: the first answer is given again",
    ),
]


def once(request: Request, key: str | None, body: bytes, caller: Token | None) -> Once:
    """For a request whose body says, or may be told by, these bytes."""
    head = f"{request.method} {request.url.path}\0".encode()
    return Once(key, hashlib.sha256(head + body).hexdigest(), caller)


async def _once(request: Request, body: RawBody, caller: CallerDep, key: IdempotencyKey = None) -> Once:
    return once(request, key, body, caller)


OnceDep = Annotated[Once, Depends(_once)]
