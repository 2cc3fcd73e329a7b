"""Requests that never reach the application: heads without an end, and what is no HTTP."""

from asyncio import BaseTransport, TimerHandle
from http import HTTPStatus
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.errors import GroklabError, HeadTooLarge, MalformedRequest, RequestTimeout
from api.problems import problem

MAX_HEAD_BYTES = 64 * 2**10
"""Of request line and headers together, and of trailers; a little more where they come in one piece."""


def bounded_heads(seconds: float) -> type["BoundedHeads"]:
    """The protocol that waits so long for a head."""

    class InTime(BoundedHeads):
        read_seconds = seconds

    return InTime


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol, which by itself keeps a head in memory however large it grows, and waits for ever.

    Bodies are waited for by who reads them; here, while no request is being answered, for the rest of a head,
    and for that of a body that nobody reads any more.
    """

    read_seconds: ClassVar[float]
    _in_head = False
    _got_on = False
    _idle_bytes = 0
    """Received since the last end of a head, piece of a body, or end of a request."""
    _timer: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Called by the transport."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the transport."""
        self._stop_watching()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Called by the parser at the first byte of a request."""
        super().on_message_begin()
        self._in_head = True
        self._stop_watching()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser at the end of each header, and of each trailer of a chunked body."""
        # Trailers are no headers (RFC 9110, section 6.5.1), and nobody reads them here.
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Called by the parser at the end of a head."""
        self._in_head, self._got_on = False, True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Called by the parser with each piece of a body."""
        self._got_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Called by the parser at the end of a request."""
        self._got_on = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Called by the request that was answered."""
        super().on_response_complete()
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Called by the transport."""
        self._got_on = False
        super().data_received(data)
        self._idle_bytes = 0 if self._got_on else self._idle_bytes + len(data)
        if self._idle_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            what = "request line and headers" if self._in_head else "trailers, and extensions of a chunk,"
            self._refuse(HeadTooLarge(f"{what} must have at most {MAX_HEAD_BYTES} bytes"))
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Called where the parser gives up."""
        self._refuse(
            MalformedRequest("request line, headers or the framing of the body are no HTTP/1.1 (RFC 9112)")
        )

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_watching()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.read_seconds, self._too_late)

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        self._timer = None
        if self._in_head and not self.transport.is_closing():
            self._refuse(
                RequestTimeout(f"request line and headers must arrive within {self.read_seconds:g} s")
            )
        # Who sent nothing expects no answer.
        self.transport.close()

    def _refuse(self, error: GroklabError) -> None:
        # In the middle of an answer to an earlier request a refusal would be taken for a part of it.
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            answer = problem(error)
            head = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}".encode()]
            head += [b"connection: close"]
            head += [name + b": " + value for name, value in answer.raw_headers]
            self.transport.write(b"\r\n".join([*head, b"", bytes(answer.body)]))
        self.transport.close()
