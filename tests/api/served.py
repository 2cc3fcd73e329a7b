"""The real server, on a free port, in a thread of the test."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from httpx import Client

from api.serve import make_server
from core.store import Database, open_database, upgrade
from worker.settings import Settings


@dataclass(frozen=True)
class Service:
    """A running service, with a client and its open database."""

    settings: Settings
    db: Database
    client: Client


@contextmanager
def service_in(folder: Path, **more: Any) -> Iterator[Service]:
    """A service over SQLite in this folder, with more settings."""
    url = f"sqlite:///{folder}/groklab.db"
    upgrade(url)
    settings = Settings(state_dir=folder, database_url=url, broker_url="filesystem://", **more)
    db = open_database(url)
    try:
        with served(settings) as client:
            yield Service(settings, db, client)
    finally:
        db.dispose()


@contextmanager
def served(settings: Settings) -> Iterator[Client]:
    """A client of a service with these settings."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = make_server(settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the server did not start"
                time.sleep(0.005)
            with Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=60) as client:
                yield client
        finally:
            server.handle_exit(signal.SIGTERM, None)
            thread.join()
