"""Compressed answers: which coding, what stays as it is, streams, and ETags."""

import gzip
import zlib
from collections.abc import Iterator

import pytest
import zstandard
from httpx import Client

from api.compression import choose_coding
from tests.api.played import PlayedWorker, run_ids, submit

PLAIN = {"Accept-Encoding": "identity"}


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("gzip, zstd", "zstd"),
        ("gzip;q=0.9, zstd;q=0.5", "gzip"),
        ("GZIP, br", "gzip"),
        ("*", "gzip"),
        ("*;q=0", None),
        ("gzip;q=0, *", None),
        ("gzip;q=much", None),
        ("br", None),
    ],
)
def test_the_best_liked_coding_is_chosen(accepted: str, chosen: str | None) -> None:
    assert choose_coding(accepted) == chosen


def _raw(client: Client, path: str, coding: str) -> tuple[bytes, dict[str, str]]:
    with client.stream("GET", path, headers={"Accept-Encoding": coding}) as answer:
        return b"".join(answer.iter_raw()), dict(answer.headers)


def _unpacked(coding: str, data: bytes) -> bytes:
    return (
        gzip.decompress(data)
        if coding == "gzip"
        else zstandard.ZstdDecompressor().decompressobj().decompress(data)
    )


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_long_texts_are_compressed(shared_client: Client, coding: str) -> None:
    plain = shared_client.get("/v1/schema", headers=PLAIN)
    data, headers = _raw(shared_client, "/v1/schema", coding)
    assert headers["content-encoding"] == coding
    assert int(headers["content-length"]) == len(data) < len(plain.content) / 3
    assert _unpacked(coding, data) == plain.content
    assert "Accept-Encoding" in headers["vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    head = shared_client.head("/v1/schema", headers={"Accept-Encoding": coding})
    assert head.headers["Content-Length"] == headers["content-length"]


def test_short_answers_stay_as_they_are(shared_client: Client) -> None:
    data, headers = _raw(shared_client, "/livez", "gzip, zstd")
    assert data == b'{"status":"alive"}'
    assert "content-encoding" not in headers


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_stream_is_compressed_piece_by_piece(
    client: Client, worker: PlayedWorker, monkeypatch: pytest.MonkeyPatch, coding: str
) -> None:
    made = submit(client)
    claimed = worker.claim().runs[0]
    worker.write(claimed, list(range(3000)), train_error=[0.1 * i for i in range(3000)])
    path = f"/v1/runs/{run_ids(client, made)[0]}/series?metric=train_error"
    monkeypatch.setattr("api.routes.run_series._AT_ONCE", 5)
    monkeypatch.setattr("api.series_text.SLICE", 100)
    plain = client.get(path, headers=PLAIN)
    with client.stream("GET", path, headers={"Accept-Encoding": coding}) as answer:
        assert "content-length" not in answer.headers
        texts = list(_decoded(coding, answer.iter_raw()))
    assert b"".join(texts) == plain.content
    octets = {"Accept": "application/octet-stream", "Accept-Encoding": coding}
    assert "content-encoding" not in client.get(path, headers=octets).headers


def _decoded(coding: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    stream = zlib.decompressobj(31) if coding == "gzip" else zstandard.ZstdDecompressor().decompressobj()
    for piece in pieces:
        yield stream.decompress(piece)


def test_an_etag_of_compressed_text_is_weak_and_still_known(client: Client) -> None:
    path = submit(client)["links"]["self"]
    strong = client.get(path, headers=PLAIN).headers["ETag"]
    _, headers = _raw(client, path, "zstd")
    assert headers["etag"] == f"W/{strong}"
    for coding, tag in (("zstd", f"W/{strong}"), ("identity", strong)):
        again = client.get(path, headers={"Accept-Encoding": coding, "If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
