"""A real API, and a real worker, on SQLite in a folder of their own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx


@contextmanager
def state_folder() -> Iterator[dict[str, str]]:
    """The environment of a service whose database is new."""
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "GROKLAB_STATE_DIR": state}
        subprocess.run(_groklab("migrate"), env=environment, check=True, stdout=subprocess.DEVNULL)
        yield environment


@contextmanager
def api(environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """A running API: its URL and process id. Raises TimeoutError when it does not answer."""
    port = _free_port()
    with _process(_groklab("api", "--port", str(port)), environment) as process:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url)
        yield url, process.pid


@contextmanager
def serving(with_worker: bool, environment: dict[str, str] | None = None) -> Iterator[str]:
    """The URL of an API, beside a worker of one process if wanted; on a new database if none is given."""
    with ExitStack() as stack:
        environment = environment or stack.enter_context(state_folder())
        url, _ = stack.enter_context(api(environment))
        if with_worker:
            stack.enter_context(worker(environment))
        yield url


@contextmanager
def worker(environment: dict[str, str], concurrency: int = 1) -> Iterator[None]:
    """A worker of so many processes."""
    command = _groklab("worker", "--queue", "cpu", "--concurrency", str(concurrency))
    with _process(command, environment):
        yield


def wait_until_ended(http: httpx.Client, experiment: str) -> str:
    """The state in which an experiment has ended."""
    while True:
        answer = http.get(f"/v1/experiments/{experiment}?wait=20").raise_for_status()
        state = str(answer.json()["state"])
        if state not in ("queued", "running"):
            return state


def resident(pid: int) -> float:
    """Resident memory of a process, in MB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def _groklab(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("groklab")), *arguments]


def _wait_until_ready(url: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            httpx.get(f"{url}/livez").raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.01)
    raise TimeoutError(f"no answer from {url} in 30 s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
