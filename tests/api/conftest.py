"""Running services and a played worker; one service a dialect serves all tests, emptied before each."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from httpx import Client

from core.store import Database, open_database, upgrade
from core.store.tables import metadata
from tests.api.played import PlayedWorker
from tests.api.served import Service, served, service_in
from tests.databases import DIALECTS, postgres_database
from worker.settings import Settings


@pytest.fixture(scope="session", params=DIALECTS)
def _service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    with ExitStack() as stack:
        sqlite = f"sqlite:///{folder}/groklab.db"
        url = sqlite if request.param == "sqlite" else stack.enter_context(postgres_database())
        upgrade(url)
        settings = Settings(state_dir=folder, database_url=url, broker_url="filesystem://")
        db = open_database(url)
        stack.callback(db.dispose)
        yield Service(settings, db, stack.enter_context(served(settings)))


@pytest.fixture
def service(_service: Service) -> Service:
    """A service without experiments, over each dialect in turn."""
    with _service.db.write() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())
    return _service


@pytest.fixture
def client(service: Service) -> Client:
    return service.client


@pytest.fixture
def worker(service: Service) -> PlayedWorker:
    return PlayedWorker(service.db)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """For a test that starts a service, or a part of one, by itself."""
    return Settings(state_dir=tmp_path, database_url=database_url, broker_url="filesystem://")


@pytest.fixture
def own_worker(db: Database) -> PlayedWorker:
    """A worker of the database in `settings`."""
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


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of its own over SQLite, for runs that are trained once and serve all tests."""
    with service_in(tmp_path_factory.mktemp("networks")) as service:
        yield service


@pytest.fixture(scope="session")
def runs(small: Service) -> dict[str, list[str]]:
    """The trained runs of each network that is asked for, in cell order."""
    # Only these tests need torch.
    from tests.api.networks import train_asked

    return train_asked(small)
