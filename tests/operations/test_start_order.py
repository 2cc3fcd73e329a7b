"""Processes that start before their servers, or before the database is migrated: they wait, and then work."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.faults.lab import SPEC
from tests.faults.servers import OwnPostgres, OwnRedis
from tests.operations.processes import Api, Process, migrate, silent_server, until

StartApi = Callable[[dict[str, str]], Api]
StartWorker = Callable[[dict[str, str]], Process]
PROBLEM = "application/problem+json"


def unavailable(answer: httpx.Response) -> bool:
    return (
        answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        and answer.headers["Content-Type"] == PROBLEM
        and int(answer.headers["Retry-After"]) > 0
    )


def test_servers_come_up_last_and_everything_begins_to_work(
    postgres: OwnPostgres,
    redis_server: OwnRedis,
    tmp_path: Path,
    start_api: StartApi,
    start_worker: StartWorker,
) -> None:
    settings = {"GROKLAB_DATABASE_URL": postgres.new_database(), "GROKLAB_BROKER_URL": redis_server.url}
    postgres.cluster.stop()
    redis_server.stop()
    try:
        api, worker = start_api(settings), start_worker(settings)
        missing = api.missing()
        assert missing.keys() == {"database", "broker"}
        assert all("not reachable" in reason for reason in missing.values())
        assert unavailable(api.http.get("/v1/experiments"))
        assert unavailable(api.http.post("/v1/experiments", json=SPEC))
        until(lambda: len(worker.logged("dependency missing")) == 2)
    finally:
        postgres.cluster.start()
        redis_server.start()
    until(lambda: api.missing().keys() == {"migrations"})
    assert unavailable(api.http.get("/v1/experiments"))
    assert "groklab migrate" in api.http.get("/v1/experiments").json()["detail"]
    assert worker.alive
    migrate(tmp_path, settings)
    until(lambda: not api.missing())
    made = api.http.post("/v1/experiments", json=SPEC)
    assert made.status_code == httpx.codes.ACCEPTED
    path = made.json()["links"]["self"]
    until(lambda: api.http.get(path).json()["state"] == "succeeded", 120)
    assert worker.terminate(15) == 0


def test_an_embedded_service_waits_for_its_migration(
    tmp_path: Path, start_api: StartApi, start_worker: StartWorker
) -> None:
    api, worker = start_api({}), start_worker({})
    assert api.missing().keys() == {"migrations"}
    assert unavailable(api.http.get("/v1/experiments"))
    until(lambda: len(worker.logged("dependency missing")) == 1)
    migrate(tmp_path, {})
    until(lambda: not api.missing())
    until(lambda: len(api.http.get("/v1/workers").json()["items"]) == 1)
    until(lambda: bool(api.logged("dependency is back")), 15)


@pytest.mark.parametrize("hangs", [False, True], ids=["away", "hangs"])
def test_a_worker_that_waits_is_quiet_and_ends_at_once(hangs: bool, start_worker: StartWorker) -> None:
    with silent_server() as port:
        url = f"postgresql://127.0.0.1:{port if hangs else 1}/none"
        worker = start_worker({"GROKLAB_DATABASE_URL": url})
        until(lambda: bool(worker.logged("dependency missing")))
        time.sleep(3)
        assert len(worker.lines) == 1
        begin = time.monotonic()
        assert worker.terminate(10) == 0
        assert time.monotonic() - begin < 2


@pytest.mark.slow
def test_an_api_that_waits_for_a_server_that_hangs_ends_when_told(start_api: StartApi) -> None:
    with silent_server() as port:
        api = start_api({"GROKLAB_DATABASE_URL": f"postgresql://127.0.0.1:{port}/none"})
        assert api.missing().keys() == {"database"}
        begin = time.monotonic()
        api.terminate(20)
        assert time.monotonic() - begin < 10
