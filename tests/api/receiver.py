"""A receiver of webhooks: an HTTP server that checks signatures and answers as it is told."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "sixteen-or-more-characters"


@dataclass
class Receiver:
    """What arrived, in its order; the first `failures` get a 500, `status` all others."""

    url: str = ""
    status: int = 204
    failures: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    forged: int = 0

    @property
    def told(self) -> list[dict[str, Any]]:
        """The bodies."""
        return [body for _, body in self.got]

    def events(self) -> list[str]:
        """What they tell of."""
        return [body["event"] for body in self.told]


def signed(headers: dict[str, str], body: bytes, secret: str = SECRET) -> bool:
    """Whether the signature is right, as a receiver looks at it."""
    parts = dict(part.split("=", 1) for part in headers["groklab-signature"].split(","))
    told = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(told, parts["v1"])


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver on a port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.forged += not signed(headers, body)
            receiver.got.append((headers, json.loads(body)))
            failing = len(receiver.got) <= receiver.failures
            self.send_response(500 if failing else receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook?x=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
