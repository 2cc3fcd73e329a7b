"""The broker goes away; what waits is trained all the same."""

import shutil
from pathlib import Path

import pytest

from tests.faults import oracle
from tests.faults.conftest import open_lab
from tests.faults.lab import Lab, whole
from tests.faults.servers import OwnRedis
from tests.faults.sweeps import amid, settled, submit_sweep


def test_deleted_broker_folder_loses_no_run(shared: Lab) -> None:
    waiting = shared.submit(sweep={"seeds": {"count": 3}})
    shared.until(shared.broker_folder.exists, 5)
    shutil.rmtree(shared.broker_folder)
    worker = shared.worker()
    whole(shared.finish(waiting, 30), shared)
    running = shared.submit(steps=1_000_000)
    shared.midway(running)
    shutil.rmtree(shared.broker_folder)
    later = shared.submit()
    whole(shared.finish(running, 60), shared)
    whole(shared.finish(later, 30), shared)
    oracle.check(shared.database, [waiting, running, later])
    shared.kill(worker)


@pytest.mark.slow
def test_redis_emptied(servers_lab: Lab, redis_server: OwnRedis) -> None:
    # What waits when everything is forgotten, messages and queues, is trained all the same.
    waiting = [servers_lab.submit(seed=seed) for seed in range(3)]
    with redis_server.client() as client:
        servers_lab.until(lambda: client.dbsize() > 0, 30)
        client.flushall()
    worker = servers_lab.worker()
    for experiment in waiting:
        servers_lab.finish(experiment)
    running = submit_sweep(servers_lab)
    amid(servers_lab, running)
    later = [servers_lab.submit(seed=seed) for seed in range(3)]
    with redis_server.client() as client:
        client.flushall()
    settled(servers_lab, running)
    for experiment in later:
        servers_lab.finish(experiment)
    oracle.check(servers_lab.database, [*waiting, *later])
    worker.terminate()
    assert worker.wait(60) == 0


@pytest.mark.slow
def test_redis_with_what_is_no_message(servers_lab: Lab, redis_server: OwnRedis) -> None:
    worker = servers_lab.worker()
    with redis_server.client() as client:
        for bad in (b"garbage", b"\xff\xfe", b"[1]", b"{}", b""):
            client.lpush("groklab:cpu", bad)
        servers_lab.until(lambda: client.llen("groklab:cpu") == 0, 30)
    servers_lab.finish(servers_lab.submit(), 60)
    assert "dropped what is no message" in servers_lab.log("worker")
    worker.terminate()
    assert worker.wait(60) == 0


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_redis_stopped_and_started(
    redis_server: OwnRedis, tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    settings = {"GROKLAB_BROKER_URL": redis_server.url, "GROKLAB_BROKER_PREFIX": f"{database}:"}
    if database == "postgresql":
        settings["GROKLAB_DATABASE_URL"] = request.getfixturevalue("postgres").new_database()
    with open_lab("embedded", tmp_path, settings) as lab:
        worker = lab.worker()
        running = submit_sweep(lab)
        amid(lab, running)
        redis_server.stop()
        try:
            later = [lab.submit(seed=seed) for seed in range(3)]
            lab.until(lambda: "wake not sent" in lab.log("api"), 60)
        finally:
            redis_server.start()
        settled(lab, running)
        for experiment in later:
            lab.finish(experiment)
        oracle.check(lab.database, later)
        worker.terminate()
        assert worker.wait(60) == 0
