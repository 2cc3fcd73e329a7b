"""What stands between and behind the pieces of a chunked body is read by nobody, and bounded."""

import pytest
from httpx import Client

from api.heads import MAX_HEAD_BYTES
from tests.api.raw import answer_to

POST = (
    b"POST /v1/experiments HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"
)


def test_trailers_are_no_headers(shared_client: Client) -> None:
    found = answer_to(shared_client, POST + b"0\r\nX-Request-Id: fromtrailer\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 422")
    assert b"fromtrailer" not in found


@pytest.mark.parametrize(
    "endless", [b"0\r\n" + b"A: b\r\n" * 400, b"0\r\nA: " + b"b" * 2000, b"2;x=" + b"y" * 2000]
)
def test_what_leads_to_no_end_of_a_body_is_cut_off(shared_client: Client, endless: bytes) -> None:
    more = endless[-1500:]
    pieces = [more] * (4 * MAX_HEAD_BYTES // len(more))
    found = answer_to(shared_client, POST, endless, *pieces)
    assert not found or found.startswith(b"HTTP/1.1 431"), found[:300]
    assert b"HTTP/1.1 2" not in found
    assert shared_client.get("/livez").status_code == 200


def test_many_small_chunks_are_a_body_like_any_other(shared_client: Client) -> None:
    body = b'{"nonsense": "' + b"x" * 20_000 + b'"}'
    chunks = b"".join(b"1\r\n" + body[place : place + 1] + b"\r\n" for place in range(len(body)))
    found = answer_to(shared_client, POST.replace(b"2\r\n{}\r\n", b""), chunks, b"0\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 422")
