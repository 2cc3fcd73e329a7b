"""Requests as they are on the wire."""

import socket

from httpx import Client


def answer_to(client: Client, *pieces: bytes) -> bytes:
    """What comes back until the server closes; what is sent after that is lost."""
    address = client.base_url
    found = b""
    with socket.create_connection((address.host, address.port or 80), timeout=20) as raw:
        try:
            for piece in pieces:
                raw.sendall(piece)
            while data := raw.recv(65536):
                found += data
        except ConnectionError:
            return found
    return found
