"""Databases for tests: built by the migrations, of both dialects, one set for each test process."""

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import delete

from core.store import Database, open_database, upgrade
from core.store.tables import metadata

POSTGRES_VARIABLE = "GROKLAB_TEST_POSTGRES_URL"
POSTGRES_DEFAULT = "postgresql://127.0.0.1/test"
DIALECTS = ["sqlite", "postgresql"]

_numbers = itertools.count(1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once, at the end, why tests were skipped."""
    reports = terminalreporter.stats.get("skipped", [])
    for reason in sorted(
        {str(report.longrepr[2]) for report in reports if isinstance(report.longrepr, tuple)}
    ):
        terminalreporter.write_line(reason)


def postgres_server() -> str:
    """The URL of the test server; skips where there is none, or fails where services are required."""
    url = os.environ.get(POSTGRES_VARIABLE, POSTGRES_DEFAULT)
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        message = f"no PostgreSQL at {POSTGRES_VARIABLE} [{POSTGRES_DEFAULT}]"
        if os.environ.get("GROKLAB_REQUIRE_SERVICES") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return url


@contextmanager
def postgres_database() -> Iterator[str]:
    """The URL of a database of its own, without tables; dropped at the end."""
    server = postgres_server()
    name = f"groklab_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield server.rsplit("/", 1)[0] + "/" + name
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "groklab.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _sqlite_database(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("database") / "groklab.db"
    shutil.copy(_sqlite_template, path)
    db = open_database(f"sqlite:///{path}")
    yield db
    db.dispose()


@pytest.fixture(scope="session")
def _postgres_database() -> Iterator[Database]:
    with postgres_database() as url:
        upgrade(url)
        db = open_database(url)
        yield db
        db.dispose()


def _emptied(db: Database) -> Database:
    with db.write() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(delete(table))
    return db


@pytest.fixture
def sqlite_db(_sqlite_database: Database) -> Database:
    """A migrated SQLite database without rows."""
    return _emptied(_sqlite_database)


@pytest.fixture
def postgres_db(_postgres_database: Database) -> Database:
    """A migrated PostgreSQL database without rows."""
    return _emptied(_postgres_database)


@pytest.fixture(params=["sqlite_db", "postgres_db"], ids=DIALECTS)
def db(request: pytest.FixtureRequest) -> Database:
    """A migrated database without rows, of each dialect in turn."""
    database: Database = request.getfixturevalue(request.param)
    return database


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database without rows, in a file of this test's own."""
    path = tmp_path / "groklab.db"
    shutil.copy(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_db: Database) -> str:
    """The URL of `postgres_db`."""
    return postgres_db.url


@pytest.fixture
def database_url(db: Database) -> str:
    """The URL of `db`."""
    return db.url


@pytest.fixture(params=DIALECTS)
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that no migration has seen, of each dialect in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.db'}"
    else:
        with postgres_database() as url:
            yield url
