"""A running application and a played worker for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Client

from core.store import Database, upgrade
from tests.api.played import PlayedWorker
from tests.api.served import served
from worker.settings import Settings


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, database_url=database_url, broker_url="filesystem://")


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    with served(settings) as running:
        yield running


@pytest.fixture
def worker(db: Database) -> PlayedWorker:
    return PlayedWorker(db)


@pytest.fixture
def sqlite_settings(sqlite_url: str, tmp_path: Path) -> Settings:
    """For what has nothing to do with the dialect."""
    return Settings(state_dir=tmp_path, database_url=sqlite_url, broker_url="filesystem://")


@pytest.fixture
def sqlite_client(sqlite_settings: Settings) -> Iterator[Client]:
    with served(sqlite_settings) as running:
        yield running


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One service for all tests of a module: for requests that leave nothing behind."""
    folder = tmp_path_factory.mktemp("shared")
    url = f"sqlite:///{folder}/groklab.db"
    upgrade(url)
    with served(Settings(state_dir=folder, database_url=url, broker_url="filesystem://")) as running:
        yield running
