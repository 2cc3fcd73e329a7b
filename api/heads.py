"""Requests whose heads have an end: the server reads no more of one that goes on and on."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.errors import HeadTooLarge
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
            self._refuse()

    def _refuse(self) -> None:
        answer = problem(HeadTooLarge(f"request line and headers must have at most {MAX_HEAD_BYTES} bytes"))
        head = [b"HTTP/1.1 431 Request Header Fields Too Large", b"connection: close"]
        head += [name + b": " + value for name, value in answer.raw_headers]
        self.transport.write(b"\r\n".join([*head, b"", bytes(answer.body)]))
        self.transport.close()
