"""Redis and PostgreSQL servers that a test may stop, break and empty: nobody else uses them."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from api.commands.children import free_port
from tests.faults.lab import children_of
from tests.postgres_cluster import PostgresCluster

_numbers = count(1)


class OwnRedis:
    """A Redis server on a free port, empty, that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        """Starts it, empty, and waits until it answers."""
        options = ["--port", str(self._port), "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        end = time.monotonic() + 30
        with self.client() as client:
            while not _pings(client):
                assert time.monotonic() < end, "redis-server does not answer"
                time.sleep(0.05)

    def client(self) -> Any:
        """A client of this server."""
        return redis.Redis.from_url(self.url)

    def stop(self) -> None:
        """Kills it with everything it holds."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


def _pings(client: Any) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


class OwnPostgres:
    """A PostgreSQL cluster on a free port."""

    def __init__(self, folder: Path) -> None:
        self.cluster = PostgresCluster(folder)
        self.cluster.start()

    def new_database(self) -> str:
        """The URL of a new database without tables."""
        name = f"groklab_{next(_numbers)}"
        with self.admin() as admin:
            admin.execute(f"CREATE DATABASE {name}".encode())
        return self.cluster.url.rsplit("/", 1)[0] + "/" + name

    def admin(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """A connection of the cluster's owner, each statement a transaction."""
        return psycopg.connect(self.cluster.url, autocommit=True, connect_timeout=10)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server and its sessions stand still: they take what is sent to them, and answer nothing."""
        server = self.cluster.pid
        os.kill(server, signal.SIGSTOP)  # First, so that no more children come.
        while not _stands(server):
            time.sleep(0.001)  # The signal may reach it in the middle of one more fork.
        stopped = children_of(server)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in (*stopped, server):
                # A child that was about to end is gone as soon as it may go on, and may be so already.
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def cut_connections(self) -> int:
        """Ends every other session of the cluster: how many."""
        query = (
            b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        )
        with self.admin() as admin:
            return len(admin.execute(query + b" AND pid <> pg_backend_pid()").fetchall())


@contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    """A server for as long as it is needed; skips where none is installed."""
    _require("redis-server", shutil.which("redis-server") is not None)
    server = OwnRedis(folder)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A cluster for as long as it is needed; skips where none is installed."""
    _require("initdb", PostgresCluster.installed())
    # The server may have to run as another user, who cannot enter the folders of this one.
    folder = Path(tempfile.mkdtemp(prefix="groklab-postgres-"))
    folder.chmod(0o755)
    try:
        server = OwnPostgres(folder)
        try:
            yield server
        finally:
            server.cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _require(program: str, there: bool) -> None:
    if there:
        return
    message = f"no {program} on the PATH"
    if os.environ.get("GROKLAB_REQUIRE_SERVICES") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def _stands(pid: int) -> bool:
    """Whether a process has been stopped by a signal."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
