"""The broker goes away; what waits is trained all the same."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from api.commands.children import free_port
from tests.faults.conftest import open_lab
from tests.faults.lab import Lab, whole


def test_deleted_broker_folder_loses_no_run(shared: Lab) -> None:
    waiting = shared.submit(sweep={"seeds": {"count": 3}})
    shared.until(shared.broker_folder.exists, 5)
    shutil.rmtree(shared.broker_folder)
    worker = shared.worker()
    whole(shared.finish(waiting, 30), shared)
    running = shared.submit(steps=60_000)
    shared.midway(running)
    shutil.rmtree(shared.broker_folder)
    later = shared.submit()
    whole(shared.finish(running, 60), shared)
    whole(shared.finish(later, 30), shared)
    shared.kill(worker)


class OwnRedis:
    """A Redis server that a test may stop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        """Starts it, empty, and waits until it answers."""
        options = ["--port", str(self._port), "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        client = redis.Redis.from_url(self.url)
        for _ in range(100):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        client.close()

    def stop(self) -> None:
        """Kills it with everything it holds."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server on the PATH")
    server = OwnRedis(tmp_path)
    yield server
    server.stop()


@pytest.mark.slow
def test_redis_that_dies_and_comes_back_loses_no_run(own_redis: OwnRedis, tmp_path: Path) -> None:
    with open_lab("embedded", tmp_path, {"GROKLAB_BROKER_URL": own_redis.url}) as lab:
        worker = lab.worker()
        running = lab.submit(steps=100_000)
        lab.midway(running)
        own_redis.stop()
        later = [lab.submit(seed=seed) for seed in range(3)]
        time.sleep(2)
        own_redis.start()
        whole(lab.finish(running), lab)
        for experiment in later:
            whole(lab.finish(experiment), lab)
        worker.terminate()
        assert worker.wait(15) == 0
