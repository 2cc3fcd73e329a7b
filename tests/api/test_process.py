"""The real process: small, quick to start, without torch, and quick to end."""

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from api.serve import serve
from tests.api.played import spec
from tests.api.process import process, resident_bytes
from worker.settings import Settings

_ROOT = Path(__file__).resolve().parents[2]


def test_the_process_is_small_and_knows_no_torch(tmp_path: Path, sqlite_url: str) -> None:
    with process(tmp_path, sqlite_url) as (running, base):
        assert httpx.get(f"{base}/readyz").status_code == 200
        idle = resident_bytes(running.pid)
        assert httpx.get(f"{base}/docs").status_code == 200
        assert httpx.post(f"{base}/v1/experiments", json=spec()).status_code == 202
        maps = Path(f"/proc/{running.pid}/maps").read_text()
        resident = resident_bytes(running.pid)
    assert idle < 120e6
    # The document of all operations was built meanwhile.
    assert resident < 140e6
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
