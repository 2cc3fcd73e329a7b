"""One attempt to deliver: where it may go, what it heeds, and what an odd receiver can do to it."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import pytest

from api.webhooks import Sender, forbidden_host, resolve, sign
from api.webhooks.addresses import Forbidden, is_public
from core.store import Due
from tests.api.receiver import SECRET, receiving, signed

PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "3fff::1",
    "192.88.99.1",
    "ff02::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "2a00:1450::1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))
    assert forbidden_host(address)
    assert forbidden_host(f"[{address}]")


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(ip_address(address))
    assert not forbidden_host(address)


def _resolver(*addresses: str) -> Callable[..., Any]:
    """Answers each question with all the addresses."""

    def answer(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return answer


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
def test_odd_ways_to_write_an_address_lead_nowhere(host: str) -> None:
    with pytest.raises((Forbidden, OSError)):
        asyncio.run(resolve(host, 80, allow_private=False))


def test_one_private_address_among_many_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _resolver("8.8.8.8", "10.0.0.1"))
    with pytest.raises(Forbidden, match=r"10\.0\.0\.1"):
        asyncio.run(resolve("example.org", 80, allow_private=False))
    monkeypatch.setattr(socket, "getaddrinfo", _resolver("8.8.8.8", "1.1.1.1"))
    assert asyncio.run(resolve("example.org", 80, allow_private=False)) == "8.8.8.8"


def due(url: str) -> Due:
    return Due("dlv_1", "run.t2", url, SECRET, b'{"id": "dlv_1"}', 1)


def test_a_name_is_asked_for_once_and_the_answer_is_where_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: str, *more: Any, **options: Any) -> Any:
        asked.append(host)
        return real("127.0.0.1" if host == "lab.example.org" else host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with receiving() as receiver:
        url = receiver.url.replace("127.0.0.1", "lab.example.org")
        (result,) = Sender("0", allow_private=True).send([due(url)])
        assert (result.status, result.error) == (204, None)
        (headers, _), *_ = receiver.got
    assert asked.count("lab.example.org") == 1
    assert headers["host"].startswith("lab.example.org:")
    assert receiver.forged == 0


def test_the_signature_is_of_time_and_body() -> None:
    header = {"groklab-signature": sign(SECRET, 1_700_000_000, b"body")}
    assert header["groklab-signature"].startswith("t=1700000000,v1=")
    assert signed(header, b"body")
    assert not signed(header, b"other")
    assert not signed(header, b"body", "another secret")
    later = {"groklab-signature": header["groklab-signature"].replace("t=17", "t=18")}
    assert not signed(later, b"body")


@contextmanager
def talking(say: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says what it likes to the first who comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                try:
                    say(connection)
                except OSError:
                    # The sender has gone, as it should.
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


def _drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X: y\r\n")
        threading.Event().wait(0.05)


def _flood(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(bytes(65536))


def _silence(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def test_an_answer_that_drips_or_never_comes_is_given_up() -> None:
    for say in (_drip, _silence):
        with talking(say) as url:
            (result,) = Sender("0", allow_private=True, seconds=0.5).send([due(url)])
        assert result.status is None
        assert result.error == "no whole answer within 0.5 s"


def test_of_an_answer_without_end_little_is_read() -> None:
    with talking(_flood) as url:
        (result,) = Sender("0", allow_private=True).send([due(url)])
    assert (result.status, result.error) == (200, None)


@pytest.mark.parametrize("answer", [b"", b"no HTTP\r\n\r\n", b"HTTP/1.1 999999 x\r\n\r\n", b"HTTP/1.1 200"])
def test_what_is_no_answer_is_an_error(answer: bytes) -> None:
    with talking(lambda connection: connection.sendall(answer)) as url:
        (result,) = Sender("0", allow_private=True).send([due(url)])
    assert result.status is None
    assert result.error


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://no-such-host.invalid/", "https://127.0.0.1:1/", "http://" + "a" * 300],
)
def test_who_is_not_there_is_an_error_and_holds_up_nobody(url: str) -> None:
    with receiving() as receiver:
        missed, arrived = Sender("0", allow_private=True).send([due(url), due(receiver.url)])
    assert missed.status is None
    assert missed.error
    assert arrived.error is None


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with receiving() as receiver:
        (result,) = Sender("0", allow_private=True).send([due(receiver.url)])
    assert result.error is None
