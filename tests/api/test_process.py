"""The real process: small, quick to start, without torch, and quick to end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api.serve import serve
from tests.api.played import spec
from worker.settings import Settings

_SERVE = "from api.serve import serve; from worker.settings import Settings; serve(Settings())"
_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def process(folder: Path, url: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
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


def test_the_process_is_small_and_knows_no_torch(tmp_path: Path, sqlite_url: str) -> None:
    with process(tmp_path, sqlite_url) as (running, base):
        assert httpx.get(f"{base}/readyz").status_code == 200
        assert httpx.get(f"{base}/docs").status_code == 200
        assert httpx.post(f"{base}/v1/experiments", json=spec()).status_code == 202
        maps = Path(f"/proc/{running.pid}/maps").read_text()
        status = Path(f"/proc/{running.pid}/status").read_text()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    assert resident < 120 * 1024
    assert "numpy" in maps
    assert not [word for word in ("torch", "matplotlib", "pandas") if f"/{word}/" in maps]


def test_importing_the_service_imports_nothing_heavy() -> None:
    code = "import sys, api.serve; print({'torch', 'matplotlib', 'pandas', 'scipy'} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_a_signal_ends_it_soon_though_somebody_waits(tmp_path: Path, sqlite_url: str) -> None:
    with process(tmp_path, sqlite_url) as (running, base):
        made = httpx.post(f"{base}/v1/experiments", json=spec()).json()
        with ThreadPoolExecutor() as pool:
            poll = pool.submit(httpx.get, f"{base}{made['links']['self']}?wait=60", timeout=90)
            time.sleep(0.5)
            begin = time.monotonic()
            running.send_signal(signal.SIGTERM)
            running.wait(10)
            assert time.monotonic() - begin < 4
            assert poll.result().json()["state"] == "queued"
    for line in (tmp_path / "log").read_text().splitlines():
        assert {"at", "level", "message"} <= json.loads(line).keys()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", "::"])
def test_an_address_off_loopback_is_refused(
    sqlite_settings: Settings, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        serve(sqlite_settings.model_copy(update={"host": host}))
    assert ended.value.code == 2
    assert host in capsys.readouterr().err


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
