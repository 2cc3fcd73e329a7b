"""The real server in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

_SERVE = "from api.serve import serve; from worker.settings import Settings; serve(Settings())"
_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def process(folder: Path, url: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The API process over a migrated database, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "GROKLAB_STATE_DIR": str(folder),
        "GROKLAB_DATABASE_URL": url,
        "GROKLAB_PORT": str(port),
    }
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([sys.executable, "-c", _SERVE], cwd=_ROOT, env=environment, stderr=log)
    base = f"http://127.0.0.1:{port}"
    try:
        _await(base, running)
        yield running, base
    finally:
        running.terminate()
        running.wait(20)


def resident_bytes(pid: int) -> int:
    """The memory that a process holds now."""
    return _status(pid, "VmRSS")


@contextmanager
def peak_bytes(pid: int) -> Iterator[Callable[[], int]]:
    """By how much a process holds more memory at most, since the beginning of the block, than then."""
    before = resident_bytes(pid)
    # 5: from now on the peak is counted anew (proc_pid_clear_refs(5)).
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    yield lambda: _status(pid, "VmHWM") - before


def _status(pid: int, field: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith(field))
    return int(kibibytes) * 1024


def _await(base: str, running: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            httpx.get(f"{base}/livez")
            return
        except httpx.TransportError:
            assert running.poll() is None, "the process ended"
            assert time.monotonic() < end, "not in time"
            time.sleep(0.05)
