"""Runs the API process."""

import gc
import logging
import sys
import threading
from types import FrameType

import uvicorn

from api.app import create_app
from api.heads import bounded_heads
from api.listening import refusal_to_listen
from worker.logs import configure_logging
from worker.settings import Settings

_GRACE_SECONDS = 5
_log = logging.getLogger("groklab.api")


def serve(settings: Settings) -> None:
    """Serves until a signal. Exits with 2 where it must not listen without tokens, 3 if it cannot start."""
    if (refusal := refusal_to_listen(settings)) is not None:
        sys.stderr.write(f"groklab: {refusal}\n")
        raise SystemExit(2)
    configure_logging(settings.log_level, settings.log_format)
    server = make_server(settings)
    # What was built up to here stays: the garbage collector need not look at it again and again.
    gc.freeze()
    server.run()
    if not server.started:
        raise SystemExit(3)


def make_server(settings: Settings) -> uvicorn.Server:
    """The HTTP server of an application with these settings."""
    stopping = threading.Event()
    config = uvicorn.Config(
        create_app(settings, stopping),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=bounded_heads(settings.request_read_seconds),
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return _Server(config, stopping)


class _Server(uvicorn.Server):
    """Tells waiting requests to answer before the connections are awaited."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping.set()
        super().handle_exit(sig, frame)
