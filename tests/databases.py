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
from sqlalchemy import text

from core.store import Database, open_database, upgrade
from core.store.tables import metadata

POSTGRES_VARIABLE = "GROKLAB_TEST_POSTGRES_URL"
POSTGRES_DEFAULT = "postgresql://127.0.0.1/test"
DIALECTS = ["sqlite", "postgresql"]

_numbers = itertools.count(1)


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


@pytest.fixture
def sqlite_url(_sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database without rows."""
    path = tmp_path / "groklab.db"
    shutil.copy(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def _postgres_migrated() -> Iterator[str]:
    with postgres_database() as url:
        upgrade(url)
        yield url


@pytest.fixture
def postgres_url(_postgres_migrated: str) -> str:
    """A migrated PostgreSQL database without rows."""
    db = open_database(_postgres_migrated)
    with db.write() as conn:
        conn.execute(text("TRUNCATE " + ", ".join(metadata.tables)))
    db.dispose()
    return _postgres_migrated


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database without rows, of each dialect in turn."""
    name = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[request.param]
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """The open database of `database_url`."""
    database = open_database(database_url)
    yield database
    database.dispose()


@pytest.fixture(params=DIALECTS)
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database that no migration has seen, of each dialect in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.db'}"
    else:
        with postgres_database() as url:
            yield url
