"""A server before the service that loses answers and asks for patience."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

LOSE = "lose"
"""A fault: the request reaches the service, its answer is lost."""


@dataclass
class Flaky:
    """What goes wrong with the next requests, one each; thereafter nothing does.

    Attributes:
        faults: LOSE, or a status and its Retry-After.
        keys: Idempotency-Key of every request, in their order.
    """

    url: str = ""
    faults: list[str | tuple[int, str | None]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


@contextmanager
def flaky(behind: str) -> Iterator[Flaky]:
    """Such a server before the one at the address."""
    told = Flaky()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._pass_on()

        def do_POST(self) -> None:
            self._pass_on()

        def do_DELETE(self) -> None:
            self._pass_on()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def _pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told.keys.append(self.headers["Idempotency-Key"])
            fault = told.faults.pop(0) if told.faults else None
            if isinstance(fault, tuple):
                status, wait = fault
                self._answer(status, b"", {} if wait is None else {"Retry-After": wait})
                return
            headers = {n: v for n, v in self.headers.items() if n.lower() not in ("host", "accept-encoding")}
            with httpx.Client(trust_env=False, headers={"Accept-Encoding": "identity"}) as client:
                found = client.request(self.command, behind + self.path, content=body, headers=headers)
            if fault != LOSE:
                self._answer(
                    found.status_code, found.content, {"Content-Type": found.headers["Content-Type"]}
                )

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
