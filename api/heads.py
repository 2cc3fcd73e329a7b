"""Requests that never reach the application: heads that go on and on, and what is no HTTP."""

from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.errors import GroklabError, HeadTooLarge, MalformedRequest
from api.problems import problem

MAX_HEAD_BYTES = 64 * 2**10
"""Of the request line and the headers together; a little more where they come in one piece."""


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol, which by itself keeps a head in memory however large it grows."""

    _in_head = False
    _head_bytes = 0

    def on_message_begin(self) -> None:
        """Called by the parser at the first byte of a request."""
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        """Called by the parser at the end of a head."""
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Called by the transport."""
        super().data_received(data)
        self._head_bytes = self._head_bytes + len(data) if self._in_head else 0
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(HeadTooLarge(f"request line and headers must have at most {MAX_HEAD_BYTES} bytes"))

    def send_400_response(self, msg: str) -> None:
        """Called where the parser gives up."""
        self._refuse(
            MalformedRequest("request line, headers or the framing of the body are no HTTP/1.1 (RFC 9112)")
        )

    def _refuse(self, error: GroklabError) -> None:
        # In the middle of an answer to an earlier request a refusal would be taken for a part of it.
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            answer = problem(error)
            head = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}".encode()]
            head += [b"connection: close"]
            head += [name + b": " + value for name, value in answer.raw_headers]
            self.transport.write(b"\r\n".join([*head, b"", bytes(answer.body)]))
        self.transport.close()
