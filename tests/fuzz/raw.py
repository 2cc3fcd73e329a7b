"""HTTP as a client library would not send it, and what every answer has to be."""

import json
import select
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from httpx import URL

_SECONDS, _PATIENCE = 20, 0.05
Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; `problem` is its body where it is a refusal."""

    status: int
    body: bytes
    problem: dict[str, Any]


def request(method: str, target: bytes, headers: Headers, body: bytes = b"") -> bytes:
    """A request with exactly these headers after its Host."""
    lines = [method.encode() + b" " + target + b" HTTP/1.1", b"Host: x"]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", body])


def answers(base: URL, sent: bytes, method: str = "GET", whole: bool = True) -> list[Answer]:
    """What comes back, each answer checked, until the server closes or a look at /livez is answered.

    Args:
        sent: one request as the client means it; the server may see less or more in it.
        whole: whether it is a whole one; if not, the client ends its sending after a while.
    """
    found: list[Answer] = []
    with socket.create_connection((base.host, base.port or 80), timeout=_SECONDS) as raw:
        # Who is refused while still sending hears of it all the same.
        with suppress(ConnectionError):
            raw.sendall(sent)
            # Who ends its sending at once is often closed before it is answered.
            if not whole and not select.select([raw], [], [], _PATIENCE)[0]:
                raw.shutdown(socket.SHUT_WR)
        answer, closed = _read(raw, method, whole)
        if answer is not None:
            found.append(answer)
        if not closed and whole:
            raw.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            after, _ = _read(raw, "GET", required=True)
            assert after is not None
            found.append(after)
    return found


def _read(raw: socket.socket, method: str, required: bool) -> tuple[Answer | None, bool]:
    """The next answer, and whether it is the connection's last."""
    if not required and not raw.recv(1, socket.MSG_PEEK):
        return None, True
    with HTTPResponse(raw, method=method) as response:
        response.begin()
        body = response.read()
        media_type, closed = response.headers.get("Content-Type"), response.will_close
        return sound(response.status, media_type, body, method), closed


def sound(status: int, media_type: str | None, body: bytes, method: str = "GET") -> Answer:
    """The answer, which is no fault of the service, and says what is wrong where it is a refusal."""
    assert 200 <= status < 500, (status, body)
    if status < 400:
        return Answer(status, body, {})
    assert media_type == "application/problem+json", (status, media_type, body)
    problem: dict[str, Any] = {} if method == "HEAD" else json.loads(body)
    if problem:
        assert problem["status"] == status
        assert problem["detail"]
        assert status != 422 or problem["errors"] or problem["type"].endswith("key-reused"), problem
        assert all(fault["message"] for fault in problem["errors"]), problem
    assert len(body) < 20_000
    return Answer(status, body, problem)
