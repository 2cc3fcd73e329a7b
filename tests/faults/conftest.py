"""The stacks that a lab stands on, and a lab for a module or for one test."""

import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.databases import postgres_database
from tests.faults.lab import Lab
from tests.faults.servers import OwnPostgres, OwnRedis, own_postgres, own_redis

REDIS_VARIABLE = "GROKLAB_TEST_REDIS_URL"
REDIS_DEFAULT = "redis://127.0.0.1:6379"
_numbers = itertools.count(1)


@contextmanager
def redis_settings() -> Iterator[Mapping[str, str]]:
    """A key prefix of its own on the test server; skips without one, or fails where it is required."""
    url = os.environ.get(REDIS_VARIABLE, REDIS_DEFAULT)
    client = redis.Redis.from_url(url, socket_connect_timeout=5)
    try:
        client.ping()
    except redis.ConnectionError:
        message = f"no Redis at {REDIS_VARIABLE} [{REDIS_DEFAULT}]"
        if os.environ.get("GROKLAB_REQUIRE_SERVICES") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    prefix = f"groklab-test-{os.getpid()}-{next(_numbers)}:"
    try:
        yield {"GROKLAB_BROKER_URL": url, "GROKLAB_BROKER_PREFIX": prefix}
    finally:
        for key in client.scan_iter(match=f"{prefix}*"):
            client.delete(key)
        client.close()


@contextmanager
def embedded() -> Iterator[Mapping[str, str]]:
    """SQLite and the file broker."""
    yield {}


@contextmanager
def servers() -> Iterator[Mapping[str, str]]:
    """PostgreSQL and Redis."""
    with redis_settings() as broker, postgres_database() as url:
        yield {**broker, "GROKLAB_DATABASE_URL": url}


STACKS = {"embedded": embedded, "servers": servers}


@contextmanager
def open_lab(stack: str, folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Lab]:
    """A running API on the named stack, without workers."""
    with STACKS[stack]() as base:
        lab = Lab(folder, {**base, **(settings or {})})
        try:
            yield lab
        finally:
            lab.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One embedded service for the tests of a module; each ends the workers that it starts."""
    with open_lab("embedded", tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(params=STACKS)
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    """A service of its own, on each stack in turn."""
    with open_lab(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module", params=STACKS)
def stack_lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One service on each stack in turn, for the tests of a module; each ends the workers that it starts."""
    with open_lab(request.param, tmp_path_factory.mktemp("lab")) as opened:
        yield opened


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    """A Redis server that tests may stop and empty; each leaves it running."""
    with own_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[OwnPostgres]:
    """A PostgreSQL server that tests may stop; each leaves it running."""
    with own_postgres() as server:
        yield server


@pytest.fixture
def servers_lab(postgres: OwnPostgres, redis_server: OwnRedis, tmp_path: Path) -> Iterator[Lab]:
    """A service on these two."""
    settings = {"GROKLAB_DATABASE_URL": postgres.new_database(), "GROKLAB_BROKER_URL": redis_server.url}
    with open_lab("embedded", tmp_path, settings) as opened:
        yield opened
