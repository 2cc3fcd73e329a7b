"""Heads of requests are bounded, whoever sends them and however slowly they come."""

import pytest
from httpx import Client

from api.heads import MAX_HEAD_BYTES
from tests.api.raw import answer_to
from tests.api.served import served
from worker.settings import Settings


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ", b"x" * 1024),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-Many: x\r\n" * 100),
        (b"GET /", b"x" * 1024),
    ],
    ids=["value", "fields", "path"],
)
def test_a_head_without_an_end_is_cut_off(shared_client: Client, begin: bytes, piece: bytes) -> None:
    found = answer_to(shared_client, begin, *[piece] * (4 * MAX_HEAD_BYTES // len(piece)))
    # Who is still sending may find the connection closed before it has read the answer.
    assert found == b"" or found.startswith(b"HTTP/1.1 431 ")
    assert shared_client.get("/livez").status_code == 200


def test_the_refusal_is_a_problem(shared_client: Client) -> None:
    begin = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: "
    found = answer_to(shared_client, begin, b"x" * (MAX_HEAD_BYTES + 1 - len(begin)))
    head, _, body = found.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ")
    assert b"content-type: application/problem+json" in head
    assert b'"type":"/docs#head-too-large"' in body


def test_long_heads_within_the_bound_and_large_bodies_pass(sqlite_settings: Settings) -> None:
    with served(sqlite_settings) as client:
        for _ in range(3):
            assert client.get("/livez", headers={"X-Long": "x" * 60_000}).status_code == 200
            body = b'{"name": "' + b"x" * 2**20 + b'"}'
            answer = client.post(
                "/v1/experiments", content=body, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code == 422


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (b"GET /livez HTTP/1.1\r\n\r\n", b"one Host header. Got 0"),
        (b"GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"one Host header. Got 2"),
        (
            b"POST /v1/runs HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            b"gzip, chunked",
        ),
    ],
)
def test_a_head_that_http_does_not_allow_is_refused(shared_client: Client, sent: bytes, named: bytes) -> None:
    found = answer_to(shared_client, sent)
    assert found.startswith(b"HTTP/1.1 400 ")
    assert b'"type":"/docs#malformed-request"' in found
    assert named in found
    assert b"connection: close" in found.lower()


def test_the_version_before_needs_no_host(shared_client: Client) -> None:
    assert answer_to(shared_client, b"GET /livez HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200 ")
