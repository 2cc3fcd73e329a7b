"""The services of the compose file as processes of this machine, on the PostgreSQL and Redis of the tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from api.commands.children import free_port
from tests.databases import postgres_database
from tests.deploy.compose import ROOT, SECRETS, resolved
from tests.faults.conftest import redis_settings

Process = subprocess.Popen[bytes]


class Stack:
    """Runs what the compose file says, each service in a session of its own, with its log in a file."""

    def __init__(self, folder: Path, stores: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self._stores = stores
        self._processes: list[Process] = []

    def service(self, name: str, **variables: str) -> dict[str, Any]:
        """The service, its variables filled in with the addresses of the test's stores."""
        values = {**SECRETS, "GROKLAB_PORT": str(self.port), **self._stores, **variables}
        found: dict[str, Any] = resolved(values)["services"][name]
        return found

    def environment(self, name: str, **variables: str) -> dict[str, str]:
        """The environment of its container, and what an image or this machine's test needs besides."""
        asked = {key: str(value) for key, value in self.service(name, **variables)["environment"].items()}
        image = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "GROKLAB_STATE_DIR": str(self.folder / "state"),
            "PYTHONPATH": str(ROOT),
        }
        prefix = {"GROKLAB_BROKER_PREFIX": self._stores["GROKLAB_BROKER_PREFIX"]}
        return {**image, **prefix, **asked}

    def run(self, name: str, command: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """The service's command, or another in its environment, to its end."""
        return subprocess.run(
            command or self.service(name)["command"],
            env=self.environment(name),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, name: str, **variables: str) -> Process:
        """The service's command."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                self.service(name, **variables)["command"],
                env=self.environment(name, **variables),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def healthy(self, name: str) -> bool:
        """What the service's health check says."""
        kind, *command = self.service(name)["healthcheck"]["test"]
        assert kind == "CMD"
        return self.run(name, command).returncode == 0

    def stop(self, name: str, process: Process) -> int:
        """Ends it as `docker compose stop` does; the exit status."""
        grace = self.service(name)["stop_grace_period"]
        process.send_signal(signal.SIGTERM)
        return process.wait(int(grace[:-1]))

    def until(self, holds: Callable[[], bool], seconds: float) -> None:
        """Waits until it holds; shows the ends of the logs when it does not."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                logs = (f"--- {path.name}\n{path.read_text()[-2000:]}" for path in self.folder.glob("*.log"))
                raise AssertionError(f"not within {seconds} s\n" + "\n".join(logs))
            time.sleep(0.5)

    def close(self) -> None:
        """Ends what still runs."""
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def open_stack(folder: Path) -> Iterator[Stack]:
    """A stack on a database that no migration has seen, and a key prefix of its own."""
    with redis_settings() as broker, postgres_database() as url:
        stack = Stack(folder, {**broker, "GROKLAB_DATABASE_URL": url})
        try:
            yield stack
        finally:
            stack.close()
