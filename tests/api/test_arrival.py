"""Requests that are announced and never arrive, or byte by byte, are given up."""

import asyncio
import json
import select
import socket
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from httpx import Client
from starlette.types import Message

from api.arrival import in_time
from api.errors import RequestTimeout
from tests.api.played import submit
from tests.api.served import served, service_in
from worker.settings import Settings

SECONDS = 0.3
JSON = b"POST /v1/experiments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
FORM = b"POST /v1/datasets HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
HALF = {
    "no body": JSON + b"Content-Length: 1000\r\n\r\n",
    "half a body": JSON + b"Content-Length: 1000\r\n\r\n{",
    "a chunk less": JSON + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "half a chunk": JSON + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n{",
    "a body that was asked for": JSON + b"Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n",
    "no form": FORM + b"Content-Length: 1000\r\n\r\n",
    "half a form": FORM + b"Content-Length: 1000\r\n\r\n--b\r\nContent-Disposition: form-data; ",
    "half a line": b"GET /v1/exp",
    "half a head": b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "half a second head": b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHost: ",
}


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with service_in(tmp_path_factory.mktemp("arrival"), request_read_seconds=SECONDS) as service:
        yield service.client


def _connection(client: Client) -> socket.socket:
    address = client.base_url
    return socket.create_connection((address.host, address.port or 80), timeout=20)


def _until_closed(raw: socket.socket, drip: bytes = b"") -> bytes:
    """What comes back until the server closes; so long it is sent byte by byte, again and again."""
    found, sent = b"", 0
    while True:
        if drip and not select.select([raw], [], [], SECONDS / 6)[0]:
            raw.sendall(drip[sent % len(drip) :][:1])
            sent += 1
            continue
        try:
            piece = raw.recv(65536)
        except ConnectionResetError:
            return found
        if not piece:
            return found
        found += piece


def _problem(found: bytes) -> dict[str, Any]:
    head, _, body = found.rpartition(b"\r\n\r\n")
    last = head[head.rindex(b"HTTP/1.1 ") :].lower()
    assert last.startswith(b"http/1.1 408 request timeout\r\n")
    assert b"\r\nconnection: close" in last
    assert b"\r\ncontent-type: application/problem+json" in last
    told: dict[str, Any] = json.loads(body)
    return told


@pytest.mark.parametrize("name", HALF)
def test_what_never_arrives_is_a_408(hasty: Client, name: str) -> None:
    with _connection(hasty) as raw:
        raw.sendall(HALF[name])
        told = _problem(_until_closed(raw))
    assert (told["status"], told["type"]) == (408, "/docs#request-timeout")
    assert f"{SECONDS:g} s" in told["detail"]
    assert hasty.get("/livez").status_code == 200


@pytest.mark.parametrize("name", ["no body", "half a form", "half a head"])
def test_what_comes_byte_by_byte_is_a_408(hasty: Client, name: str) -> None:
    with _connection(hasty) as raw:
        raw.sendall(HALF[name])
        assert _problem(_until_closed(raw, b" "))["status"] == 408


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"])
@pytest.mark.parametrize("drip", [b"", b"\r\n"])
def test_who_asks_for_nothing_more_is_not_listened_to_for_ever(
    hasty: Client, sent: bytes, drip: bytes
) -> None:
    with _connection(hasty) as raw:
        raw.sendall(sent)
        found = _until_closed(raw, drip)
    assert found.count(b"HTTP/1.1 200") == found.count(b"HTTP/1.1") == (1 if b"GET" in sent else 0)


def test_who_goes_on_with_a_body_after_the_answer_is_not_listened_to_for_ever(hasty: Client) -> None:
    with _connection(hasty) as raw:
        raw.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        found = _until_closed(raw, b"x")
    assert found.startswith(b"HTTP/1.1 200")
    assert found.count(b"HTTP/1.1") == 1


def test_a_stream_of_events_waits_for_no_body(sqlite_settings: Settings) -> None:
    hasty = sqlite_settings.model_copy(update={"request_read_seconds": SECONDS})
    with served(hasty) as client:
        made = submit(client)
        with _connection(client) as raw:
            path = made["links"]["stream"].encode()
            raw.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
            time.sleep(2 * SECONDS)
            assert client.post(f"{made['links']['self']}/cancel").status_code == 202
            found = _until_closed(raw)
    assert found.startswith(b"HTTP/1.1 200")
    assert b"cancelled" in found
    assert found.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize(("size", "arrives"), [(1, False), (1000, True)])
def test_a_slow_body_may_take_as_long_as_its_length_admits(
    monkeypatch: pytest.MonkeyPatch, size: int, arrives: bool
) -> None:
    now = 0.0
    monkeypatch.setattr("api.arrival.time", SimpleNamespace(monotonic=lambda: now))
    pieces = [{"type": "http.request", "body": b"x" * size, "more_body": n < 9} for n in range(10)]

    async def receive() -> Message:
        nonlocal now
        await asyncio.sleep(0.001)
        now += 1.5
        return pieces.pop(0)

    async def read() -> None:
        timely = in_time(receive, 2, lambda: False)
        while (await timely())["more_body"]:
            pass

    if arrives:
        asyncio.run(read())
    else:
        with pytest.raises(RequestTimeout):
            asyncio.run(read())
