"""Bodies: strict JSON of the right type, not too large, and never an internal error."""

import socket
from collections.abc import Iterator
from http.client import HTTPResponse

import pytest
from httpx import Client, Response

from tests.api.played import SPEC, submit
from tests.api.served import served
from worker.settings import Settings

MALFORMED = {
    "empty": b"",
    "cut off": b"{",
    "NaN": b'{"steps": NaN}',
    "Infinity": b'{"steps": Infinity}',
    "too large a number": b'{"steps": 1e400}',
    "repeated key": b'{"steps": 1, "steps": 2}',
    "repeated key within": b'{"problem": {"kind": 1, "kind": 2}}',
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 40 + b"1" + b"}" * 40,
    "invalid UTF-8": b'{"name": "\xff"}',
    "lone surrogate": b'{"name": "\\ud800"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "trailing comma": b'{"steps": 1,}',
    "two values": b"{} {}",
    "comment": b"{} // no",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_not_strict_json_is_a_400(shared_client: Client, name: str) -> None:
    answer = _post(shared_client, MALFORMED[name])
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_odd_but_strict_json_is_a_422(shared_client: Client) -> None:
    for body in (
        b'{"\\u0000": 1}',
        b"1" * 300,
        b'{"tags": [' + b"0," * 50_000 + b"0]}",
        b'{"sweep": {"axes": [{"path": "/a", "values": [[[[1]]]]}]}}',
    ):
        assert _post(shared_client, body).status_code == 422


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", ""],
)
def test_another_content_type_is_a_415(shared_client: Client, content_type: str) -> None:
    answer = _post(shared_client, b"{}", content_type)
    assert answer.status_code == 415
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "application/json" in answer.json()["detail"]


def test_json_with_its_charset_is_read(shared_client: Client) -> None:
    assert _post(shared_client, b"{}", 'application/json; charset="UTF-8"').status_code == 422


def test_a_body_over_the_limit_is_a_413(shared_client: Client) -> None:
    answer = _post(shared_client, b'{"name": "' + b"x" * (5 << 20) + b'"}')
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert str(4 << 20) in answer.json()["detail"]


def test_a_streamed_body_is_counted_as_it_comes(sqlite_settings: Settings) -> None:
    def body() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 100

    tight = sqlite_settings.model_copy(update={"max_body_bytes": 2048})
    with served(tight) as client:
        answer = client.post("/v1/experiments", content=body(), headers={"Content-Type": "application/json"})
        assert answer.status_code == 413
        assert "transfer-encoding" in answer.request.headers
        assert submit(client, SPEC)["state"] == "queued"


def test_who_never_ends_a_body_that_is_too_large_is_not_listened_to_any_longer(
    shared_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.edge._DRAINED_SECONDS", 0.05)
    address = shared_client.base_url
    with socket.create_connection((address.host, address.port or 80), timeout=20) as raw:
        raw.sendall(b"POST /v1/experiments HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n{")
        with HTTPResponse(raw) as answer:
            answer.begin()
            assert (answer.status, answer.headers["Connection"]) == (413, "close")
            assert answer.read()
        assert raw.recv(1) == b""


@pytest.mark.parametrize("path", ["/v1/experiments", "/v1/datasets"])
def test_a_compressed_body_is_a_415(shared_client: Client, path: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = shared_client.post(path, content=b"{}", headers=headers)
    assert answer.status_code == 415
    assert answer.headers["Accept-Encoding"] == "identity"
    assert "gzip" in answer.json()["detail"]


def test_operations_without_fields_take_none(shared_client: Client) -> None:
    made = submit(shared_client)
    path = f"/v1/experiments/{made['id']}/cancel"
    refused = shared_client.post(path, json={"why": "because"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/why"
    assert shared_client.post(path, json=[]).status_code == 422
    assert shared_client.get(made["links"]["self"]).json()["state"] == "queued"
    assert shared_client.post(path, json={}).status_code == 202
    assert shared_client.post(path).status_code == 202


def _post(client: Client, body: bytes, content_type: str = "application/json") -> Response:
    return client.post("/v1/experiments", content=body, headers={"Content-Type": content_type})
