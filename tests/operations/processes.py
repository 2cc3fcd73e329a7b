"""The commands of groklab as processes of a test's own, and servers that hang."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from api.commands.children import free_port

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]


class Process:
    """A command with its log; ended, with its children, by `close`."""

    def __init__(self, folder: Path, settings: Mapping[str, str], *arguments: str) -> None:
        self.log = folder / f"{arguments[0]}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", *arguments],
                env=environment(folder, settings),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def lines(self) -> list[Json]:
        """What it has logged so far."""
        whole = self.log.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def logged(self, message: str) -> list[Json]:
        """Lines with this message."""
        return [line for line in self.lines if line["message"] == message]

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def terminate(self, seconds: float) -> int:
        """Asks it to end and waits so long; its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(seconds)

    def close(self) -> None:
        """Leaves nothing behind."""
        if self.alive:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Api(Process):
    """`groklab api` on a free port."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        port = free_port()
        super().__init__(folder, settings, "api", "--port", str(port))
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)
        until(self._listens)

    def missing(self) -> dict[str, str]:
        """What /readyz says is missing; empty when it is ready."""
        answer = self.http.get("/readyz")
        found: dict[str, str] = answer.json()["missing"]
        assert answer.status_code == (503 if found else 200)
        return found

    def close(self) -> None:
        """Leaves nothing behind."""
        self.http.close()
        super().close()

    def _listens(self) -> bool:
        assert self.alive, self.log.read_text()
        try:
            return self.http.get("/livez").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


def environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """That of every command: no settings but these."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GROKLAB_")}
    own = {"PYTHONPATH": str(ROOT), "GROKLAB_STATE_DIR": str(folder / "state"), "GROKLAB_LEASE_SECONDS": "2"}
    return {**inherited, **own, **settings}


def migrate(folder: Path, settings: Mapping[str, str]) -> None:
    """Runs `groklab migrate`."""
    command = [sys.executable, "-m", "api.cli", "migrate"]
    subprocess.run(command, env=environment(folder, settings), check=True, timeout=60)


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield listener.getsockname()[1]


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Waits until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)
