"""`/readyz` names what is missing, answers in time whatever hangs, and recovers by itself."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.store import upgrade
from tests.faults.servers import OwnPostgres, OwnRedis
from tests.operations.processes import Api, migrate, silent_server, until

StartApi = Callable[[dict[str, str]], Api]
LONGEST = 3.0


def test_it_names_the_server_that_stopped_and_recovers(
    postgres: OwnPostgres, redis_server: OwnRedis, tmp_path: Path, start_api: StartApi
) -> None:
    settings = {"GROKLAB_DATABASE_URL": postgres.new_database(), "GROKLAB_BROKER_URL": redis_server.url}
    migrate(tmp_path, settings)
    api = start_api(settings)
    assert api.missing() == {}
    redis_server.stop()
    try:
        assert api.missing().keys() == {"broker"}
    finally:
        redis_server.start()
    until(lambda: not api.missing())
    postgres.cluster.stop()
    try:
        assert api.missing().keys() == {"database"}
        assert "groklab_database_up 0.0" in api.http.get("/metrics").text
    finally:
        postgres.cluster.start()
    until(lambda: not api.missing())
    until(lambda: "groklab_database_up 1.0" in api.http.get("/metrics").text)
    gone = [line["dependency"] for line in api.logged("dependency missing")]
    assert gone == ["broker", "database"]


def test_a_database_that_freezes_is_told_in_time_though_requests_wait_for_it(
    postgres: OwnPostgres, tmp_path: Path, start_api: StartApi
) -> None:
    settings = {"GROKLAB_DATABASE_URL": postgres.new_database()}
    migrate(tmp_path, settings)
    api = start_api(settings)
    assert api.missing() == {}
    with ThreadPoolExecutor(50) as pool:
        with postgres.frozen():
            # More than there are threads for requests.
            waiting = [pool.submit(api.http.get, "/v1/experiments", timeout=120) for _ in range(50)]
            for _ in range(2):
                begin = time.monotonic()
                assert "does not answer" in api.missing()["database"]
                assert time.monotonic() - begin < LONGEST
            begin = time.monotonic()
            assert "groklab_database_up 0.0" in api.http.get("/metrics").text
            assert time.monotonic() - begin < LONGEST
        until(lambda: not api.missing())
        assert {answer.result().status_code for answer in waiting} <= {200, 503}


def test_servers_that_take_connections_and_never_answer_are_told_in_time(start_api: StartApi) -> None:
    with silent_server() as port:
        api = start_api(
            {
                "GROKLAB_DATABASE_URL": f"postgresql://127.0.0.1:{port}/none",
                "GROKLAB_BROKER_URL": f"redis://127.0.0.1:{port}/0",
            }
        )
        for _ in range(2):
            begin = time.monotonic()
            assert api.missing().keys() == {"database", "broker"}
            assert time.monotonic() - begin < LONGEST


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB; skips where none can be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_and_one_that_cannot_be_written_are_told(small_disk: Path, start_api: StartApi) -> None:
    upgrade(f"sqlite:///{small_disk}/groklab.db")
    api = start_api({"GROKLAB_STATE_DIR": str(small_disk)})
    assert api.missing() == {}
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(bytes(8 * 2**20))
    assert "bytes are free" in api.missing()["disk"]
    filler.unlink()
    assert api.missing() == {}
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=False)
    if not os.access(small_disk, os.W_OK):
        assert "cannot be written" in api.missing()["disk"]
        subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
        until(lambda: not api.missing())
