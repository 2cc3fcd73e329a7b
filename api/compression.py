"""Answers that are texts are compressed where the client takes that: zstd or gzip, piece by piece."""

import zlib
from collections.abc import Callable
from typing import Protocol

import zstandard
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Shorter ones fit in a packet as they are.
_SHORTEST = 1024
# Longer pieces would hold up the other requests of the event loop.
_AT_ONCE = 32_768
_TEXTS = ("application/json", "application/problem+json", "application/schema+json", "image/svg+xml")
_ZSTD_LEVEL, _GZIP_LEVEL = 3, 4


class Compression:
    """ASGI middleware. Streams of events and what is no text pass as they are.

    An ETag becomes a weak one on the way: it names the content, no longer its bytes (RFC 9110, 8.8.3.3).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        coding = choose_coding(headers.get("accept-encoding", ""))
        answer = _Answer(send, coding, headers.get("if-none-match", ""))
        await self.app(scope, receive, answer.send)


def choose_coding(accepted: str) -> str | None:
    """`zstd` or `gzip`, which of them Accept-Encoding likes more, zstd among equals; None for neither."""
    liked: dict[str, float] = {}
    for part in accepted.lower().split(","):
        coding, _, parameter = part.partition(";")
        liked[coding.strip()] = _quality(parameter.strip())
    # Who takes anything most likely knows gzip.
    found = [(liked.get("zstd", 0.0), "zstd"), (liked.get("gzip", liked.get("*", 0.0)), "gzip")]
    quality, coding = max(found)
    return coding if quality > 0 else None


def _quality(parameter: str) -> float:
    if not parameter:
        return 1.0
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0


class _Coder(Protocol):
    def piece(self, data: bytes) -> bytes: ...

    def end(self) -> bytes: ...


class _Zstd:
    def __init__(self) -> None:
        self._stream = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()

    def piece(self, data: bytes) -> bytes:
        # Whoever reads a stream shall not wait for a block to fill.
        return self._stream.compress(data) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def end(self) -> bytes:
        return self._stream.flush()


class _Gzip:
    def __init__(self) -> None:
        self._stream = zlib.compressobj(_GZIP_LEVEL, wbits=31)

    def piece(self, data: bytes) -> bytes:
        return self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._stream.flush()


_CODERS: dict[str, Callable[[], _Coder]] = {"zstd": _Zstd, "gzip": _Gzip}


class _Answer:
    """One answer on its way out; its head waits for the first piece of its body."""

    def __init__(self, send: Send, coding: str | None, known: str) -> None:
        self._send, self._coding = send, coding
        self._known = [tag.strip() for tag in known.split(",")]
        self._head: Message | None = None
        self._coder: _Coder | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif message["type"] == "http.response.body" and self._coder is not None:
            await self._piece(self._coder, message)
        else:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        if message["status"] == 304:
            self._weaken(headers, unless_known=True)
        elif _is_text(headers):
            headers.add_vary_header("Accept-Encoding")
            if self._coding is not None and int(headers.get("content-length", _SHORTEST)) >= _SHORTEST:
                self._head, self._coder = message, _CODERS[self._coding]()
                headers["Content-Encoding"] = self._coding
                self._weaken(headers)
                return
        await self._send(message)

    def _weaken(self, headers: MutableHeaders, unless_known: bool = False) -> None:
        tag = headers.get("etag", "")
        if self._coding is not None and tag.startswith('"') and not (unless_known and tag in self._known):
            headers["ETag"] = f"W/{tag}"

    async def _piece(self, coder: _Coder, message: Message) -> None:
        body, more = message.get("body", b""), message.get("more_body", False)

        def compress() -> bytes:
            return (coder.piece(body) if more else coder.piece(body) + coder.end()) if body else coder.end()

        if more and not body:
            return
        data = await run_in_threadpool(compress) if len(body) > _AT_ONCE else compress()
        if self._head is not None:
            headers = MutableHeaders(scope=self._head)
            del headers["Content-Length"]
            if not more:
                headers["Content-Length"] = str(len(data))
            await self._send(self._head)
            self._head = None
        await self._send({**message, "body": data})


def _is_text(headers: MutableHeaders) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip()
    texts = kind.startswith("text/") and kind != "text/event-stream"
    return (texts or kind in _TEXTS) and "content-encoding" not in headers
