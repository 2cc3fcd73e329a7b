"""A PostgreSQL and a Redis server that tests may stop; each leaves them running."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.servers import OwnPostgres, OwnRedis, own_postgres, own_redis
from tests.operations.processes import Api, Process


@pytest.fixture(scope="session")
def postgres() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    with own_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def running(tmp_path: Path) -> Iterator[ExitStack]:
    """Ends what a test starts."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def start_api(tmp_path: Path, running: ExitStack) -> Callable[[dict[str, str]], Api]:
    """Starts an API with these settings."""

    def start(settings: dict[str, str]) -> Api:
        api = Api(tmp_path, settings)
        running.callback(api.close)
        return api

    return start


@pytest.fixture
def start_worker(tmp_path: Path, running: ExitStack) -> Callable[[dict[str, str]], Process]:
    """Starts a worker with one process and these settings."""

    def start(settings: dict[str, str]) -> Process:
        worker = Process(tmp_path, settings, "worker", "--concurrency", "1")
        running.callback(worker.close)
        return worker

    return start
