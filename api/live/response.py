"""A stream as an answer: it ends with the client's connection, and holds a place for as long as it lasts."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.live.hub import Hub

EVENT_STREAM = "text/event-stream"
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept"}
_SEND_SECONDS = 60.0
"""A client that reads nothing for so long has gone, or may as well come back."""


class EventStream(Response):
    """Server-sent events, piece by piece as they come."""

    media_type = EVENT_STREAM

    def __init__(self, hub: Hub, pieces: AsyncGenerator[bytes, None]) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._hub, self._pieces = hub, pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends until the pieces end or the client goes."""
        async with aclosing(self._pieces):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if scope.get("head", False):
                await send({"type": "http.response.body", "body": b""})
                return
            with self._hub.place():
                await self._send_while_there(receive, send)

    async def _send_while_there(self, receive: Receive, send: Send) -> None:
        writer = asyncio.ensure_future(self._write(send))
        reader = asyncio.ensure_future(_wait_for_leaving(receive))
        try:
            await asyncio.wait([writer, reader], return_when=asyncio.FIRST_COMPLETED)
        finally:
            writer.cancel()
            reader.cancel()
            await asyncio.wait([writer, reader])
        if not writer.cancelled():
            writer.result()

    async def _write(self, send: Send) -> None:
        try:
            async for piece in self._pieces:
                if piece:
                    async with asyncio.timeout(_SEND_SECONDS):
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
        except TimeoutError as error:
            raise ClientDisconnect from error
        await send({"type": "http.response.body", "body": b""})


async def _wait_for_leaving(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
