"""The outermost layer of every request: its id, HEAD, the bounds of its body, its count, the last catch."""

import asyncio
import logging
import re
import time
import uuid
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.arrival import in_time
from api.errors import BodyTooLarge, Internal, RequestTimeout
from api.framing import refusal
from api.metrics import RequestMetrics
from api.problems import problem
from worker.logs import log_fields

_log = logging.getLogger("groklab.api")
_DRAINED_BYTES = 64 * 2**20
_DRAINED_SECONDS = 10.0
_FORM_BYTES = 65_536
UPLOADS = ("/v1/datasets",)
"""Where files are sent to."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        max_body_bytes: int,
        max_upload_bytes: int,
        read_seconds: float,
        requests: RequestMetrics,
    ) -> None:
        self.app = app
        self.requests = requests
        self.max_body_bytes = max_body_bytes
        self.max_upload_bytes = max_upload_bytes
        self.read_seconds = read_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        # HEAD is a GET whose body stays here, so that no route has to know of it but those without an end.
        inner = {**scope, "method": "GET", "head": True} if exchange.head else scope
        inner["request_id"] = exchange.request_id
        try:
            with log_fields(request_id=exchange.request_id), self.requests.in_progress.track_inprogress():
                await self._answer(exchange, inner, receive)
        finally:
            exchange.count(self.requests, inner.get("route"))

    async def _answer(self, exchange: "_Exchange", inner: Scope, receive: Receive) -> None:
        if (refused := refusal(inner)) is not None:
            await problem(refused, {"request_id": exchange.request_id})(inner, receive, exchange.send)
            return
        timely = in_time(receive, self.read_seconds, exchange.answering)
        try:
            await self.app(inner, _bounded(inner, timely, self._limit(inner)), exchange.send)
        except _HeadAnswered:
            pass
        except ClientDisconnect:
            _log.debug("client went away", extra=exchange.facts())
        except Exception:
            _log.exception("unhandled error", extra=exchange.facts())
            if exchange.answering():
                raise
            detail = "the service failed; its log has more under this request id"
            answer = problem(Internal(detail), {"request_id": exchange.request_id})
            await answer(inner, receive, exchange.send)
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("request", extra=exchange.facts())

    def _limit(self, scope: Scope) -> int:
        """The largest body that is taken; the form around an uploaded file has its bytes too."""
        if scope["path"] in UPLOADS and scope["method"] == "POST":
            return max(self.max_body_bytes, self.max_upload_bytes + _FORM_BYTES)
        return self.max_body_bytes


class _HeadAnswered(Exception):
    """Ends the making of a streamed body that nobody asked for."""


class _Exchange:
    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._began = time.perf_counter()
        self.head = scope["method"] == "HEAD"
        self.status: int | None = None
        given = Headers(scope=scope).get("x-request-id", "")
        self.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-Id"] = self.request_id
        elif self.head and message["type"] == "http.response.body":
            await self._send({**message, "body": b"", "more_body": False})
            if message.get("more_body", False):
                raise _HeadAnswered
            return
        await self._send(message)

    def answering(self) -> bool:
        """Whether an answer has begun."""
        return self.status is not None

    def count(self, requests: RequestMetrics, route: BaseRoute | None) -> None:
        """Takes the exchange down under the template of its route, never under its path."""
        query: bytes = self._scope["query_string"]
        requests.observe(
            route=getattr(route, "path", None),
            method=self._scope["method"],
            status=self.status,
            seconds=time.perf_counter() - self._began,
            waited=self._scope["path"].endswith("/stream")
            or any(part.startswith(b"wait=") for part in query.split(b"&")),
        )

    def facts(self) -> dict[str, object]:
        return {
            "request_id": self.request_id,
            "method": self._scope["method"],
            "path": self._scope["path"][:200],
            "status": self.status,
            "ms": round((time.perf_counter() - self._began) * 1000, 1),
        }


def _bounded(scope: Scope, receive: Receive, limit: int) -> Receive:
    """`receive` that refuses bodies over the limit, by their announced length or as they stream in."""
    announced = Headers(scope=scope).get("content-length", "0")
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limit or (announced.isdigit() and int(announced) > limit):
            whole = await _drain(message, receive)
            # What is still to come must not be taken for the next request, nor be read without an end.
            headers = {} if whole else {"Connection": "close"}
            raise BodyTooLarge(
                f"the body must have at most {limit} bytes. Got more instead.", headers=headers
            )
        return message

    return bounded


async def _drain(message: Message, receive: Receive) -> bool:
    """Reads on for a while, whether to the end: most clients hear an answer only once they have sent all."""
    left = _DRAINED_BYTES
    with suppress(TimeoutError, RequestTimeout):
        async with asyncio.timeout(_DRAINED_SECONDS):
            while message.get("more_body", False) and left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
    return not message.get("more_body", False)
